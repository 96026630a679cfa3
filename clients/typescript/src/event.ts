/** What every event has, whatever its type. */

import type { JsonValue } from "./json.js";
import type { Timestamp } from "./timestamp.js";

/** An event: the body of one message. */
export interface EventBase {
  /** The event's own id, `evt_…`. Events of several types can share it: see `idempotencyKey`. */
  readonly id: string | undefined;
  /** The time at which Prelude created the event. Verify V1 has `time` in the payload instead. */
  readonly createdAt: Timestamp | undefined;
  /** The body itself, with everything that the types do not cover. */
  readonly raw: string;
}

/** An event of a type that is newer than this version. */
export interface UnknownEvent extends EventBase {
  readonly known: false;
  /** The type as received. */
  readonly type: string;
  readonly source: undefined;
  /** The payload as received. A number that a JavaScript number would round is the text of its digits. */
  readonly payload: JsonValue;
}
