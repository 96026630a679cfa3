import assert from "node:assert/strict";
import { test } from "node:test";

import { JsonFault, JsonNumber, JsonObject, plain, readJson, writeJson, type Json } from "../dist/json.js";
import { cases, text } from "./golden.js";
import { random } from "./random.js";

/** The value as `JSON.parse` gives it. */
function rounded(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.digits);
  if (Array.isArray(value)) return value.map(rounded);
  if (!(value instanceof JsonObject)) return value;
  // Unlike an assignment, this also defines `__proto__`.
  return Object.fromEntries([...value.members].map(([name, member]) => [name, rounded(member)]));
}

/** Both readers accept the text with the same value, or both refuse it. */
function compare(json: string): boolean {
  let expected: unknown;
  try {
    expected = JSON.parse(json);
  } catch {
    assert.throws(() => readJson(json), JsonFault, json);
    return false;
  }
  assert.deepStrictEqual(rounded(readJson(json)), expected, json);
  return true;
}

const TOKENS = [
  "{", "}", "[", "]", ":", ",", '"', "\\", '"a"', '"\\u0041"', '"\\ud800"', '"\\n"', '"é😀"', '""', '"__proto__"',
  "0", "-0", "-", "1", "01", "1.5", "1.", ".5", "1e3", "1E-3", "1e", "1e+", "123456789012345678901234567890", "1e400",
  "true", "false", "null", "tru", "NaN", "Infinity", "+1", " ", "\n", "\t", "\r", "\u00a0", "\ufeff", "\0", "'a'", "//",
]; // prettier-ignore

test("any row of tokens is read as JSON.parse does", () => {
  const below = random(7);
  let accepted = 0;
  for (let run = 0; run < 60_000; run += 1) {
    const tokens = Array.from({ length: 1 + below(4) }, () => TOKENS[below(TOKENS.length)]);
    if (compare(tokens.join(""))) accepted += 1;
  }
  assert(accepted > 1_000, `${accepted}`);
});

test("any valid JSON is read as JSON.parse does, and keeps its digits", () => {
  const below = random(11);
  const one = (options: readonly string[]): string => options[below(options.length)] ?? "";
  const space = (): string => one(["", "", "", " ", "\n ", "\t\r"]);
  const generate = (depth: number): string => {
    switch (depth > 0 ? below(4) : below(2)) {
      case 0:
        return one(["true", "false", "null", '"a"', '"\\u00e9\\"\\\\"', '""', '"\\ud83d\\ude00"', '"\\ud800"']);
      case 1:
        return one(["0", "-0", "1.50", "-12e-3", "1E+30", "9007199254740993", "0.1", "5e-324", "1e-400"]);
      case 2:
        return `[${Array.from({ length: below(4) }, () => space() + generate(depth - 1) + space()).join(",")}]`;
      default: {
        const name = (): string => one(['"a"', '"b"', '"a"', '"__proto__"', '"constructor"', '""', '"1"']);
        const member = (): string => `${space()}${name()}${space()}:${space()}${generate(depth - 1)}${space()}`;
        return `{${Array.from({ length: below(4) }, member).join(",")}}`;
      }
    }
  };
  for (let run = 0; run < 20_000; run += 1) {
    const json = space() + generate(5) + space();
    assert(compare(json), json);
    const value = readJson(json);
    const short = writeJson(value);
    assert.equal(writeJson(readJson(short)), short);
    if (!json.includes("__proto__")) assert.deepStrictEqual(JSON.parse(short), JSON.parse(json));
  }
});

test("every mutation of a sample is read as JSON.parse does", () => {
  const below = random(13);
  for (const item of cases("samples")) {
    const body = text(item, "body") ?? "";
    for (let run = 0; run < 300; run += 1) {
      const at = below(body.length);
      compare(body.slice(0, at) + TOKENS[below(TOKENS.length)] + body.slice(at + below(3)));
    }
  }
});

test("a repeated name is remembered, and its last value counts", () => {
  const value = readJson('{"a":1,"b":2,"\\u0061":3}');
  assert(value instanceof JsonObject);
  assert.deepStrictEqual(value.repeated, new Set(["a"]));
  assert.deepStrictEqual(plain(value), { a: 3, b: 2 });
});

test("a number for users is exact, or the text of its digits", () => {
  for (const digits of ["0", "7", "1.50", "0.1", "1e3", "1E+2", "-12.0e-1", "123456789012345680000", "9007199254740992"]) {
    assert.equal(plain(readJson(digits)), Number(digits));
  }
  for (const digits of ["9007199254740993", "1e400", "-1e400", "1e-400", "0.1000000000000000055511151231257827", "9".repeat(1_000)]) {
    assert.equal(plain(readJson(digits)), digits);
  }
});

test("a name of any kind is a member", () => {
  const value = plain(readJson('{"__proto__":{"a":1},"constructor":2,"toString":3}')) as object;
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepStrictEqual(Object.keys(value), ["__proto__", "constructor", "toString"]);
});
