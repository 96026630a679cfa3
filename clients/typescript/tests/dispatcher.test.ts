import assert from "node:assert/strict";
import { test } from "node:test";

import { Dispatcher, parse, RegistrationError, type Event, type UserDeleted, type VerifyAttempt } from "prelude-events";

const ATTEMPT = '{"type":"verify.attempt","payload":{"id":"att_1"}}';
const NEWER = '{"type":"verify.future"}';

const attempt = (event: VerifyAttempt): string => `attempt ${event.payload.id}`;
const deleted = (event: UserDeleted): string => `deleted ${event.payload.user_id}`;
const fallback = (event: Event): string => `fallback ${event.type} ${event.known}`;

test("each type has its handler", () => {
  const dispatcher = new Dispatcher(fallback).on("verify.attempt", attempt).on("user.deleted", deleted);
  assert.equal(dispatcher.dispatch(parse(ATTEMPT)), "attempt att_1");
  assert.equal(dispatcher.dispatch(parse('{"type":"user.deleted","payload":{"user_id":"usr_1"}}')), "deleted usr_1");
  assert.equal(dispatcher.dispatch(parse(NEWER)), "fallback verify.future false");
  assert.equal(dispatcher.dispatch(parse('{"type":"attempt"}')), "fallback attempt true");
});

test("a second argument reaches each handler", () => {
  const dispatcher = new Dispatcher((event, context: { id: string }) => `${event.type} ${context.id}`);
  dispatcher.on("verify.attempt", (event, { id }) => `${event.payload.id} ${id}`);
  assert.equal(dispatcher.dispatch(parse(ATTEMPT), { id: "one" }), "att_1 one");
  assert.equal(dispatcher.dispatch(parse(NEWER), { id: "two" }), "verify.future two");
  // @ts-expect-error
  assert.throws(() => dispatcher.dispatch(parse(ATTEMPT)), TypeError);
  // @ts-expect-error
  dispatcher.dispatch(parse(ATTEMPT), { id: 1 });
});

test("the fallback is mandatory", () => {
  // @ts-expect-error
  assert.throws(() => new Dispatcher(), TypeError);
});

test("a wrong registration is an error", () => {
  const dispatcher = new Dispatcher(fallback);
  dispatcher.on("verify.attempt", attempt);
  assert.throws(() => dispatcher.on("verify.attempt", attempt), RegistrationError);
  // @ts-expect-error
  assert.throws(() => dispatcher.on("verify.atempt", attempt), RegistrationError);
  // @ts-expect-error
  assert.throws(() => dispatcher.on("user.deleted"), TypeError);
  dispatcher.dispatch(parse(NEWER));
  assert.throws(() => dispatcher.on("user.deleted", deleted), RegistrationError);
});

test("an error of a handler passes", async () => {
  const broken = new Dispatcher<Promise<void>>(async () => {});
  broken.on("verify.attempt", async () => {
    throw new RangeError("mine");
  });
  await assert.rejects(broken.dispatch(parse(ATTEMPT)), RangeError);
});
