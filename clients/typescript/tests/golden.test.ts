import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import {
  decode,
  DecodeError,
  deliveryStatusFollows,
  idempotencyKey,
  joinParts,
  parse,
  ParseError,
  toDate,
  unixNanos,
  type Message,
} from "prelude-events";

import { JsonObject, plain, type Json } from "../dist/json.js";
import { cases, member, PARSED, spellings, text } from "./golden.js";

/** Results that differ from those of the Rust crate, with the reason. */
const EXCEPTIONS: Record<string, object> = {
  // A JavaScript number would round it.
  "the count 18446744073709551615": count("transactional.message.delivered"),
  'the count "9999999999999999999"': count("transactional.message.delivered"),
};

function count(event_type: string): object {
  const found = "a number";
  return { problem: "payload", event_type, path: "segment_count", found };
}

for (const file of PARSED) {
  test(`every body of ${file} has the expected result`, () => {
    for (const item of cases(file)) {
      const name = text(item, "name") ?? "";
      const body = text(item, "body");
      const bytes = body === undefined ? Buffer.from(text(item, "body_base64") ?? "", "base64") : Buffer.from(body);
      for (const spelling of body === undefined ? [bytes] : [bytes, body]) {
        const exception = EXCEPTIONS[name];
        if (exception !== undefined) {
          const found = name.includes('"') ? "a string" : "a number";
          checkError(name, { ...exception, found }, spelling);
        } else if (item.members.has("event")) {
          checkEvent(name, member(item, "event"), spelling, body);
        } else {
          checkError(name, plain(member(item, "error")) as object, spelling);
        }
      }
    }
  });
}

function checkEvent(name: string, expected: Json, body: string | Uint8Array, raw: string | undefined): void {
  const event = parse(body);
  const { payload, ...beside } = event;
  assert.deepStrictEqual(
    beside,
    {
      type: text(expected, "type"),
      known: member(expected, "known"),
      id: text(expected, "id"),
      source: text(expected, "source"),
      createdAt: text(expected, "created_at"),
      raw,
    },
    name,
  );
  const wanted = plain(member(expected, "payload"));
  assert.deepStrictEqual(payload, wanted, name);
  // In the documented order.
  assert.equal(JSON.stringify(payload), JSON.stringify(wanted), name);
}

function checkError(name: string, expected: object, body: string | Uint8Array): void {
  assert.throws(
    () => parse(body),
    (error) => {
      assert(error instanceof ParseError, name);
      const { problem, eventType, path, found } = error;
      const all = Object.entries({ problem, event_type: eventType, path, found });
      assert.deepStrictEqual(Object.fromEntries(all.filter(([, value]) => value !== undefined)), expected, name);
      for (const shown of [String(error), inspect(error), JSON.stringify(error)]) {
        // The path of this file holds no secret, so the stack may show.
        assert(!shown.includes("secret"), name);
      }
      assert.equal(error.cause, undefined);
      return true;
    },
    name,
  );
}

test("there are many cases", () => {
  const all = PARSED.flatMap(cases);
  assert(all.filter((item) => item.members.has("event")).length > 300);
  assert(all.filter((item) => item.members.has("error")).length > 300);
  const names = all.map((item) => text(item, "name"));
  for (const name of Object.keys(EXCEPTIONS)) assert(names.includes(name), name);
});

test("times have the expected nanoseconds", () => {
  for (const item of cases("times")) {
    const time = text(item, "text") ?? "";
    const expected = text(item, "unix_nanos");
    assert.equal(unixNanos(time), expected === undefined ? undefined : BigInt(expected), time);
    const millis = expected === undefined ? undefined : Number(BigInt(expected) / 1_000_000n);
    const found = toDate(time)?.getTime();
    // A division rounds toward zero, a date down.
    assert(found === millis || (found !== undefined && found + 1 === millis && found < 0), time);
  }
  assert.equal(toDate("1969-12-31T23:59:59.999999999Z")?.toISOString(), "1969-12-31T23:59:59.999Z");
});

test("parked bodies decode to the expected bytes", () => {
  for (const item of cases("parked")) {
    for (const attributes of spellings(member(item, "attributes"))) {
      const run = (): string => Buffer.from(decode(text(item, "body") ?? "", attributes)).toString("base64");
      const expected = text(item, "bytes_base64");
      if (expected === undefined) assert.throws(run, DecodeError, text(item, "name"));
      else assert.equal(run(), expected, text(item, "name"));
    }
  }
});

test("parts join to the expected bytes", () => {
  for (const item of cases("parts")) {
    const messages = member(item, "messages");
    assert(Array.isArray(messages));
    const each = (spell: (body: string, lambda: object, sdk: object) => Message): Message[] =>
      messages.map((message) => {
        assert(message instanceof JsonObject);
        return spell(text(message, "body") ?? "", ...spellings(member(message, "attributes")));
      });
    for (const spelling of [
      each((body, lambda) => [body, { ...lambda }]),
      each((body, lambda) => ({ body, messageAttributes: { ...lambda } })),
      each((Body, _, sdk) => ({ Body, MessageAttributes: { ...sdk } })),
    ]) {
      const run = (): string => Buffer.from(joinParts(spelling.values())).toString("base64");
      const expected = text(item, "bytes_base64");
      if (expected === undefined) assert.throws(run, DecodeError, text(item, "name"));
      else assert.equal(run(), expected, text(item, "name"));
    }
  }
});

test("keys are the expected ones", () => {
  for (const item of cases("keys")) {
    for (const attributes of spellings(member(item, "attributes"))) {
      assert.equal(idempotencyKey(attributes), text(item, "key"));
    }
  }
  for (const attributes of [{}, undefined, null]) assert.equal(idempotencyKey(attributes), "###");
});

test("a delivery status follows the expected ones", () => {
  for (const item of cases("follows")) {
    const [status, earlier] = [text(item, "status"), text(item, "earlier")];
    assert.equal(deliveryStatusFollows(status, earlier), member(item, "follows"), `${status} after ${earlier}`);
    assert.equal(deliveryStatusFollows(status, undefined), deliveryStatusFollows(status, "unknown"));
  }
  assert.equal(deliveryStatusFollows(undefined, undefined), false);
});
