/** Bodies that try to crash the process, to take long, or to show what they hold. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";

import { decode, DecodeError, parse, ParseError, units, unixNanos, type Event } from "prelude-events";

import { cases, text } from "./golden.js";
import { random } from "./random.js";

const MIB = 1024 * 1024;

function problem(body: string | Uint8Array): string {
  try {
    parse(body);
  } catch (error) {
    assert(error instanceof ParseError, inspect(error));
    return error.problem;
  }
  return "none";
}

function attempt(payload: string): Extract<Event, { type: "verify.attempt" }>["payload"] {
  const event = parse(`{"type":"verify.attempt","payload":${payload}}`);
  assert(event.known && event.type === "verify.attempt");
  return event.payload;
}

test("deep nesting is an error", () => {
  for (const depth of [129, 1_000, 10_000, 100_000, 500_000]) {
    for (const [opening, closing] of [["[", "]"], ['{"a":', "}"]] as const) {
      const deep = opening.repeat(depth) + "1" + closing.repeat(depth);
      for (const body of [
        `{"type":"verify.attempt","payload":{"later":${deep}}}`,
        `{"type":"verify.attempt","payload":{"id":${deep}}}`,
        `{"type":"user.created","payload":{"profile":${deep}}}`,
        `{"type":"verify.future","payload":${deep}}`,
        `{"type":${deep}}`,
        deep,
        opening.repeat(depth),
      ]) {
        assert.equal(problem(body), "too_deep");
      }
    }
  }
});

test("what is not deep is read", () => {
  assert.deepStrictEqual(attempt(`{"later":${"[".repeat(126)}1${"]".repeat(126)}}`), {});
  assert.equal(problem(`{"type":"a","payload":${"[".repeat(127)}1${"]".repeat(127)}}`), "none");
  assert.deepStrictEqual(attempt(`{"later":[${Array(1_000).fill("[[]]").join(",")}]}`), {});
});

test("long numbers keep their digits or are errors", () => {
  const digits = "9".repeat(100_000);
  assert.equal(attempt(`{"id":${digits}}`).id, digits);
  assert.equal(attempt(`{"id":-${digits}.${digits}e${digits}}`).id, `-${digits}.${digits}e${digits}`);
  for (const amount of [`${digits}.5`, `1e${digits}`, "1e99999999999999999999", `0.${digits}`]) {
    const found = attempt(`{"price":{"amount":${amount}}}`).price?.amount;
    assert.equal(found, amount);
    assert.equal(units(amount, 6), undefined);
  }
  for (const count of [digits, `1e${digits}`, `0.${digits}`, `"${digits}"`, "1e999999", `${digits}e-100000`]) {
    const body = `{"type":"transactional.message.failed","payload":{"segment_count":${count}}}`;
    assert.equal(problem(body), "payload");
  }
  const event = parse(`{"type":"verify.future","payload":[${digits},1e${digits},-${digits}]}`);
  assert.deepStrictEqual(event.payload, [digits, `1e${digits}`, `-${digits}`]);
});

test("a name from JavaScript is a name like any other", () => {
  for (const name of ["__proto__", "constructor", "toString", "toJSON", "hasOwnProperty"]) {
    const event = parse(`{"type":"${name}","payload":{"${name}":{"polluted":1}},"${name}":{"polluted":1}}`);
    assert.equal(event.known, false);
    assert.equal(event.type, name);
    attempt(`{"${name}":{"polluted":1}}`);
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test("units are exact or absent", () => {
  for (const [decimal, decimals, expected] of [
    ["0.0300", 6, 30_000n],
    ["-0.03", 2, -3n],
    ["1e-3", 3, 1n],
    ["1.5e1", 0, 15n],
    ["0.009", 2, undefined],
    ["-0.000", 0, 0n],
    ["170141183460469231731687303715884105727", 0, 2n ** 127n - 1n],
    ["170141183460469231731687303715884105728", 0, undefined],
    ["", 2, undefined],
    ["1,50", 2, undefined],
    [" 1", 2, undefined],
    ["1e", 2, undefined],
    ["1.", 2, undefined],
    [".5", 2, undefined],
  ] as const) {
    assert.equal(units(decimal, decimals), expected, decimal);
  }
});

test("a body of 1 MiB takes linear time", () => {
  const fill = (unit: string, size: number): string => unit.repeat(Math.floor(size / unit.length));
  const shapes: Record<string, (size: number) => string> = {
    "one text": (n) => `{"type":"verify.future","payload":"${fill("x", n)}"}`,
    escapes: (n) => `{"type":"verify.attempt","payload":{"id":"${fill("\\u0041", n)}"}}`,
    "escaped quotes": (n) => `{"type":"verify.future","payload":"${fill('\\"', n)}"}`,
    "open text": (n) => `{"type":"verify.future","payload":"${fill('\\"', n)}`,
    "one number": (n) => `{"type":"verify.attempt","payload":{"price":{"amount":${fill("7", n)}}}}`,
    "one number, kept": (n) => `{"type":"verify.future","payload":${fill("7", n)}}`,
    "one count": (n) => `{"type":"transactional.message.failed","payload":{"segment_count":${fill("7", n)}}}`,
    zeros: (n) => `{"type":"transactional.message.failed","payload":{"segment_count":0.${fill("0", n)}}}`,
    "zeros between": (n) => `{"type":"verify.future","payload":1${fill("0", n)}1}`,
    "one time": (n) => `{"type":"verify.attempt","payload":{"time":"${fill("2", n)}"}}`,
    numbers: (n) => `{"type":"verify.future","payload":[${fill("7,", n)}7]}`,
    "empty arrays": (n) => `{"type":"verify.future","payload":[${fill("[],", n)}7]}`,
    members: (n) =>
      `{"type":"verify.attempt",${Array.from({ length: n / 14 }, (_, index) => `"m${index}":${index}`).join(",")}}`,
    "one name": (n) => `{"type":"verify.attempt",${fill('"later":1,', n)}"z":1}`,
    "repeated member": (n) => `{"type":"verify.attempt","payload":{${fill('"id":"a",', n)}"z":1}}`,
    identifiers: (n) =>
      `{"type":"user.created","payload":{"identifiers":[${fill('{"type":"a","value":"b"},', n)}{}]}}`,
    "white space": (n) => `{"type":${fill(" \n", n)}"verify.future"}`,
    "arrays, open": (n) => fill("[", n),
    "line ends, broken": (n) => `${fill("\n", n)}x`,
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const [quarter, whole] = [seconds(shape(MIB / 4)), seconds(shape(MIB))];
    // Four times the size takes four times as long. Quadratic code would take sixteen times.
    assert(whole < 9 * quarter + 0.05, `${name}: ${quarter} ${whole}`);
    assert(whole < 5, `${name}: ${whole}`);
  }
});

/** Seconds of the processor, because other processes lengthen the time of the clock. */
function seconds(body: string): number {
  let best = Infinity;
  for (let run = 0; run < 5; run += 1) {
    const started = process.cpuUsage();
    try {
      void `${parse(body)}`;
    } catch (error) {
      assert(error instanceof ParseError, inspect(error));
    }
    const { user, system } = process.cpuUsage(started);
    best = Math.min(best, (user + system) / 1_000_000);
  }
  return best;
}

test("every mutation of a sample is an event or an error", () => {
  const below = random(17);
  const alphabet = ['"', "{", "}", "[", "]", ":", ",", "\\", "0", "9", ".", "e", "-", "null", "true", "\ud800", "\0", "é"];
  const outcomes = { event: 0, error: 0 };
  for (const item of cases("samples")) {
    for (let run = 0; run < 200; run += 1) {
      let body = text(item, "body") ?? "";
      for (let edit = 0; edit <= below(3); edit += 1) {
        const start = below(body.length);
        body = body.slice(0, start) + alphabet[below(alphabet.length)] + body.slice(start + [0, 1, 1, 5][below(4)]!);
      }
      try {
        inspect(parse(body));
        outcomes.event += 1;
      } catch (error) {
        assert(error instanceof ParseError, inspect(error));
        outcomes.error += 1;
      }
    }
  }
  assert(Math.min(outcomes.event, outcomes.error) > 500, JSON.stringify(outcomes));
});

test("another argument is a programming error", () => {
  for (const body of [null, undefined, 7, { type: "a" }, ["a"]]) {
    assert.throws(() => parse(body as never), TypeError);
  }
});

test("a time of any length is read at once", () => {
  assert.equal(unixNanos("2".repeat(MIB)), undefined);
});

test("a body that decodes to too much is refused", () => {
  const attributes = { encoding: { stringValue: "gzip+base64" } };
  assert.throws(() => decode(gzipSync(Buffer.alloc(64 * MIB + 1)).toString("base64"), attributes), DecodeError);
  assert.equal(decode(gzipSync(Buffer.alloc(64 * MIB)).toString("base64"), attributes).length, 64 * MIB);
});

test("data behind the gzip member is an error", () => {
  const attributes = { encoding: { stringValue: "gzip+base64" } };
  const member = gzipSync("{}");
  assert.equal(decode(member.toString("base64"), attributes).length, 2);
  for (const behind of [gzipSync("{}"), gzipSync(""), Buffer.alloc(1), Buffer.alloc(9), Buffer.from("junk")]) {
    assert.throws(() => decode(Buffer.concat([member, behind]).toString("base64"), attributes), DecodeError);
  }
});

test("an error of decoding holds nothing of the body", () => {
  for (const encoding of ["base64", "gzip+base64", "secret"]) {
    for (const body of ["secret{}", Buffer.from("secret").toString("base64"), "\ud800"]) {
      try {
        decode(body, { encoding: { stringValue: encoding } });
      } catch (error) {
        assert(error instanceof DecodeError);
        assert(!error.message.includes("secret") && error.cause === undefined);
      }
    }
  }
  assert.throws(() => decode("\ud800", {}), DecodeError);
});
