import assert from "node:assert/strict";
import { test } from "node:test";
import { format, inspect } from "node:util";

import { parse } from "prelude-events";

import { cases, text } from "./golden.js";

const SECRETS = ["+33639980001", "ada@example.com", "Lovelace", "hello there", "metadata-secret"];

test("no personal value is printed", () => {
  for (const body of [
    '{"type":"verify.attempt","payload":{"target":{"type":"phone_number","value":"+33639980001"},"metadata":{"correlation_id":"metadata-secret"}}}',
    '{"type":"user.created","payload":{"identifiers":[{"value":"ada@example.com"}],"profile":{"last_name":"Lovelace"}}}',
    '{"type":"user.session.created","payload":{"metadata":{"a":"metadata-secret"}}}',
    '{"type":"user.passkey.registered","payload":{"credential":{"nickname":"Lovelace"}}}',
    '{"type":"transactional.message.created","payload":{"to":"+33639980001","variables":{"n":"Lovelace"}}}',
    '{"type":"marketing.subscription.stop","payload":{"from":"+33639980001","to":"+33639980001"}}',
    '{"type":"inbound.message.received","payload":{"text":"hello there","from":"+33639980001"}}',
    '{"type":"attempt","recipient_phone_number":"+33639980001"}',
    '{"type":"verify.future","payload":{"number":"+33639980001"}}',
    '{"type":"verify.attempt","created_at":"+33639980001","payload":{"time":"+33639980001"}}',
    '{"type":"verify.attempt","payload":{"later":"+33639980001"},"later":"ada@example.com"}',
  ]) {
    const event = parse(body);
    const { payload } = event;
    const options = { depth: null, showHidden: true };
    const shown = [`${event}`, inspect(event), inspect(event, options), inspect([[event]], options), format("%o", event)];
    shown.push(format("%s %j", event, event), JSON.stringify({ event }));
    if (event.type === "verify.attempt" && event.known) shown.push(inspect(event.payload.metadata));
    // The payload of an unknown type may be any JSON, so only the event hides it.
    if (event.known) shown.push(`${payload}`, inspect(payload), inspect({ payload }, options), format("%s", payload));
    for (const secret of SECRETS) assert(!shown.some((printed) => printed.includes(secret)), shown.join("\n"));
  }
});

const EVENT = parse(
  '{"type":"verify.attempt","id":"evt_1","created_at":"2025-03-04T17:59:25.984640901Z",' +
    '"payload":{"id":"att_1","price":{"amount":0.0300,"currency":"EUR"},"target":{"value":"+1"}}}',
);

test("the rest is printed", () => {
  const json =
    '{"type":"verify.attempt","known":true,"id":"evt_1","source":"verify","createdAt":"2025-03-04T17:59:25.984640901Z",' +
    '"payload":{"id":"att_1","price":{"amount":"0.0300","currency":"EUR"},"target":{"value":"<redacted>"}}}';
  assert.equal(`${EVENT}`, `VerifyAttempt ${json}`);
  assert.equal(JSON.stringify(EVENT), json);
  assert.equal(
    inspect(EVENT, { breakLength: Infinity, compact: true }),
    "VerifyAttempt { type: 'verify.attempt', known: true, id: 'evt_1', source: 'verify', " +
      "createdAt: '2025-03-04T17:59:25.984640901Z', payload: { id: 'att_1', price: { amount: '0.0300', currency: 'EUR' }, " +
      "target: { value: '<redacted>' } } }",
  );
  assert.equal(`${parse('{"type":"a","created_at":"soon"}')}`.includes("<unreadable time of 4 characters>"), true);
});

test("data stays data", () => {
  for (const item of cases("samples")) {
    const event = parse(text(item, "body") ?? "");
    assert.deepStrictEqual(structuredClone(event), { ...event });
    assert.deepStrictEqual(JSON.parse(JSON.stringify(event.payload)), event.payload);
    assert.equal(event.raw, text(item, "body"));
  }
});

test("events do not change", () => {
  const event = parse('{"type":"user.created","payload":{"user_id":"a","identifiers":[{"value":"a"}]}}');
  assert(event.known && event.type === "user.created");
  for (const target of [event, event.payload, event.payload.identifiers, event.payload.identifiers?.[0]]) {
    assert(Object.isFrozen(target));
  }
});
