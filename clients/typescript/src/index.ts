/** Typed webhook events of Prelude, for consumers of the SQS queues that the `prelude-webhooks` receiver fills. */

export { attribute, idempotencyKey, type Attributes } from "./attributes.js";
export { units, type Decimal } from "./decimal.js";
export { deliveryStatusFollows } from "./delivery.js";
export { Dispatcher } from "./dispatcher.js";
export { DecodeError, ParseError, RegistrationError, type Problem } from "./errors.js";
export type { EventBase, UnknownEvent } from "./event.js";
export type { JsonValue } from "./json.js";
export { decode, joinParts, type Message } from "./parked.js";
export { parse } from "./parse.js";
export { toDate, unixNanos, type Timestamp } from "./timestamp.js";
export type * from "./types.js";
