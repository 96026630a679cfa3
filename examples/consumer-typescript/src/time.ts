import { unixNanos, type Timestamp } from "prelude-events";
import { RecordError } from "prelude-events/powertools";

/** A time as it was sent, and its nanoseconds since 1970. */
export interface Moment {
  readonly text: Timestamp;
  readonly nanos: bigint;
}

/** The first readable time. */
export function firstTime(...times: (Timestamp | undefined)[]): Moment {
  for (const text of times) {
    const nanos = text === undefined ? undefined : unixNanos(text);
    if (text !== undefined && nanos !== undefined) return { text, nanos };
  }
  throw new RecordError("the time is missing or unreadable: expected RFC 3339");
}
