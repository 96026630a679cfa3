/** Types that the compiler checks. A test runs so that the file shows in the results. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Dispatcher,
  parse,
  type DeliveryStatus,
  type Event,
  type EventType,
  type KnownEventOf,
  type UnknownEvent,
  type UserDeleted,
  type VerifyAttempt,
  type VerifyAttemptPayload,
} from "prelude-events";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(_?: T): void => {};

test("type narrows the payload", () => {
  const event = parse('{"type":"verify.attempt","payload":{"delivery_status":"newer"}}');
  if (!event.known) {
    holds<Same<typeof event, UnknownEvent>>();
    return assert.fail();
  }
  switch (event.type) {
    case "verify.attempt":
      holds<Same<typeof event, VerifyAttempt>>();
      holds<Same<typeof event.payload, VerifyAttemptPayload>>();
      holds<Same<typeof event.source, "verify">>();
      // @ts-expect-error A payload has documented members only.
      assert.equal(event.payload.user_id, undefined);
      // @ts-expect-error A payload does not change.
      assert.throws(() => (event.payload.id = "other"), TypeError);
      break;
    case "user.deleted":
      holds<Same<typeof event.payload.user_id, string | undefined>>();
      break;
    // @ts-expect-error No such type.
    case "verify.atempt":
      break;
    default:
      holds<Same<typeof event.known, true>>();
  }
});

test("every known type can be handled", () => {
  const rest = (event: Event): string => {
    if (!event.known) return event.type;
    const source: "notify" | "session" | "verify" | "verify_v1" = event.source;
    return source;
  };
  assert.equal(rest(parse('{"type":"a"}')), "a");
  holds<Same<KnownEventOf<"user.deleted">, UserDeleted>>();
});

test("words are open", () => {
  const newer: DeliveryStatus = "newer";
  // The known words stay, so that editors offer them.
  holds<Same<Extract<DeliveryStatus, "delivered">, "delivered">>();
  assert.equal(newer, "newer");
});

test("a handler has the event of its type", () => {
  const dispatcher = new Dispatcher<void>(() => {});
  dispatcher.on("user.deleted", (event) => holds<Same<typeof event, UserDeleted>>());
  // @ts-expect-error The handler of another type.
  dispatcher.on("user.created", (event: UserDeleted) => void event);
  const both = (event: KnownEventOf<"attempt" | "verify.attempt">): void => void event;
  dispatcher.on("attempt", both).on("verify.attempt", both);
  holds<Same<Parameters<typeof dispatcher.on>[0], EventType>>();
});
