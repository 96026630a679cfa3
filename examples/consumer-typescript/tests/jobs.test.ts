import assert from "node:assert/strict";
import { test } from "node:test";

import type { DynamoDBClient, TransactWriteItemsCommandInput } from "@aws-sdk/client-dynamodb";
import { parse } from "prelude-events";
import { RecordError, type SqsRecord } from "prelude-events/powertools";

import { isSignedEvent } from "../src/authentication.js";
import { addCharge, chargeOf, type Charge, type ChargedEvent } from "../src/cost.js";
import { settings } from "../src/settings.js";
import { subscriptionChange, type SubscriptionEvent } from "../src/subscription.js";

const event = <E>(type: string, payload: object, createdAt?: string): E =>
  parse(JSON.stringify({ type, created_at: createdAt, payload })) as E;

test("a STOP and a START are changes", () => {
  const payload = { from: "+33639980001", to: "36184", received_at: "2025-10-24T08:59:10.736909995Z" };
  for (const [word, isSubscribed] of [["stop", false], ["start", true]] as const) {
    assert.deepStrictEqual(subscriptionChange(event(`marketing.subscription.${word}`, payload), true), {
      id: "subscription#36184#+33639980001",
      isSubscribed,
      time: { text: payload.received_at, nanos: 1_761_296_350_736_909_995n },
    });
  }
});

test("the event's own time stands in for an absent or unreadable one", () => {
  for (const received_at of [undefined, "", "soon"]) {
    const stop = event<SubscriptionEvent>("marketing.subscription.stop", { from: "a", to: "b", received_at }, "2025-01-01T00:00:00Z");
    assert.equal(subscriptionChange(stop, true).time.text, "2025-01-01T00:00:00Z");
  }
});

test("a change without a number or a time fails, and the error does not show a number", () => {
  const received_at = "2025-01-01T00:00:00Z";
  for (const payload of [{ to: "+336", received_at }, { from: "+336", received_at }, { from: "+336", to: "+336" }]) {
    const stop = event<SubscriptionEvent>("marketing.subscription.stop", payload);
    assert.throws(() => subscriptionChange(stop, true), (error) => error instanceof RecordError && !error.message.includes("+336"));
  }
});

test("an unsigned STOP is a change, and an unsigned START is an error", () => {
  const payload = { from: "+33639980001", to: "36184", received_at: "2025-10-24T08:59:10.736909995Z" };
  assert.equal(subscriptionChange(event("marketing.subscription.stop", payload), false).isSubscribed, false);
  const start = event<SubscriptionEvent>("marketing.subscription.start", payload);
  assert.throws(() => subscriptionChange(start, false), { name: "RecordError", message: /^START is not signed/ });
});

test("the attribute authentication tells whether an event is signed", () => {
  const signed = (messageAttributes: SqsRecord["messageAttributes"]): boolean =>
    isSignedEvent({ messageId: "", body: "", attributes: {}, eventSourceARN: "", messageAttributes });
  assert.equal(signed({ authentication: { stringValue: "signature" } }), true);
  assert.equal(signed({ authentication: { stringValue: "secret_path" } }), false);
  for (const unknown of [{}, undefined, { authentication: {} }, { authentication: { stringValue: "newer" } }]) {
    assert.throws(() => signed(unknown), RecordError);
  }
});

/** A client that keeps the input of each command. */
function noting(): { client: DynamoDBClient; sent: unknown[] } {
  const sent: unknown[] = [];
  const client = { send: async (command: { input: unknown }) => void sent.push(command.input) };
  return { client: client as unknown as DynamoDBClient, sent };
}

test("an unsigned charge is marked, and has a sum of its own", async () => {
  for (const isVerified of [true, false]) {
    const { client, sent } = noting();
    await addCharge(client, "data", { id: "attempt#a", amount: "0.03", currency: "EUR", month: "2025-04", isVerified });
    const [{ TransactItems }] = sent as [TransactWriteItemsCommandInput];
    const [put, update] = TransactItems!;
    assert.deepStrictEqual(put?.Put?.Item, {
      id: { S: "charge#attempt#a" },
      amount: { N: "0.03" },
      currency: { S: "EUR" },
      ...(isVerified ? {} : { unverified: { BOOL: true } }),
    });
    assert.deepStrictEqual(update?.Update?.Key, { id: { S: isVerified ? "cost#EUR#2025-04" : "cost#unverified#EUR#2025-04" } });
  }
});

const price = { amount: 0.03, currency: "EUR" };
const time = "2025-03-31T23:30:00-01:00";

test("each charge has its id, and the month in UTC", () => {
  for (const [type, payload, id] of [
    ["verify.authentication", { verification_id: "vrf_1" }, "verification#vrf_1"],
    ["verify.attempt", { id: "att_1", verification_id: "vrf_1" }, "attempt#att_1"],
    ["verify.delivery_status", { id: "dls_1", attempt_id: "att_1" }, "attempt#att_1"],
    ["authentication", { id: "1", auth_uuid: "2" }, "authentication#2"],
    ["attempt", { id: "1", auth_uuid: "2", attempt_uuid: "3" }, "attempt#3"],
  ] as const) {
    for (const isVerified of [true, false]) {
      const read = (members: object, createdAt?: string) =>
        chargeOf(event<ChargedEvent>(type, members, createdAt), isVerified);
      const expected: Charge = { id, amount: "0.03", currency: "EUR", month: "2025-04", isVerified };
      assert.deepStrictEqual(read({ ...payload, price, time }), expected);
      assert.equal(read({ ...payload, time }), undefined);
      assert.throws(() => read({ price, time }), RecordError);
      assert.throws(() => read({ ...payload, price }), RecordError);
      assert.throws(() => read({ ...payload, price: { amount: 1 }, time }), RecordError);
      assert.equal(read({ ...payload, price }, time)?.month, "2025-04");
    }
  }
});

test("an amount keeps its digits", () => {
  for (const amount of ["0.1000000000000000000000000000000000001", "12345678901234567890", "1e-3", "0.0300"]) {
    const body = `{"type":"verify.attempt","payload":{"id":"a","time":"${time}","price":{"amount":${amount},"currency":"EUR"}}}`;
    assert.equal(chargeOf(parse(body) as ChargedEvent, true)?.amount, amount);
  }
});

test("missing variables are reported together", () => {
  assert.throws(() => settings({ CONSUMER_NAME: "a" }), /IDEMPOTENCY_TABLE, DATA_TABLE/);
  assert.deepStrictEqual(settings({ CONSUMER_NAME: "a", IDEMPOTENCY_TABLE: "b", DATA_TABLE: "c" }), {
    name: "a",
    idempotencyTable: "b",
    dataTable: "c",
  });
});
