/**
 * JSON as received: numbers keep their digits, and objects remember repeated names.
 *
 * `JSON.parse` loses both, and on Node.js 20 it gives no access to the digits.
 */

/** Levels of objects and arrays. Without a limit, the depth of the caller's stack would decide. */
const MAX_DEPTH = 128;

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;

/** A number, as its digits. */
export class JsonNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** An object. Of a repeated name, the last value counts. */
export class JsonObject {
  readonly members = new Map<string, Json>();
  repeated: Set<string> | undefined;
}

/** Any JSON, as users see it. A number that a JavaScript number would round is the text of its digits. */
export type JsonValue = null | boolean | string | number | JsonValue[] | { [name: string]: JsonValue };

/** The text is not JSON, or is nested too deeply. */
export class JsonFault {
  readonly problem: "not_json" | "too_deep";

  constructor(problem: "not_json" | "too_deep") {
    this.problem = problem;
  }
}

/** Reads JSON in linear time. Throws `JsonFault`. */
export function readJson(text: string): Json {
  return new Reader(text).whole();
}

/** The kind of a value, in words for an error message. */
export function kind(value: Json): string {
  if (value === null) return "null";
  if (value instanceof JsonObject) return "an object";
  if (Array.isArray(value)) return "an array";
  if (value instanceof JsonNumber) return "a number";
  return typeof value === "string" ? "a string" : "a boolean";
}

/** Tells whether a value counts as absent: `null` and `""` do. */
export function isBlank(value: Json | undefined): value is null | undefined | "" {
  return value === undefined || value === null || value === "";
}

/** Tells whether a text holds half of a surrogate pair, so that it is not Unicode. */
export function hasSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** The value for users. */
export function plain(value: Json): JsonValue {
  if (value instanceof JsonNumber) return plainNumber(value.digits);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof JsonObject)) return value;
  const object: { [name: string]: JsonValue } = {};
  for (const [name, member] of value.members) {
    if (name === "__proto__") {
      // An assignment would set the prototype.
      Object.defineProperty(object, name, { value: plain(member), enumerable: true, configurable: true, writable: true });
    } else {
      object[name] = plain(member);
    }
  }
  return object;
}

/** The shortest JSON of a value, with the digits of its numbers. */
export function writeJson(value: Json): string {
  if (value instanceof JsonNumber) return value.digits;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (!(value instanceof JsonObject)) return JSON.stringify(value);
  const members = [...value.members].map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`);
  return `{${members.join(",")}}`;
}

/** A decimal number: digits, and the power of ten that they are multiplied by. */
export interface Parts {
  readonly negative: boolean;
  /** Digits before and after the point. */
  readonly digits: string;
  /** Digits after the point. */
  readonly scale: number;
  /** The text of the exponent, with its sign; "" without one. */
  readonly exponent: string;
  readonly leadingZero: boolean;
}

/** The parts of a number: an optional `-`, digits, an optional fraction, an optional exponent. */
export function parts(text: string): Parts | undefined {
  const negative = text.startsWith("-");
  const start = negative ? 1 : 0;
  const point = endOfDigits(text, start);
  if (point === start) return undefined;
  const integer = text.slice(start, point);
  let fraction = "";
  let at = point;
  if (text[at] === ".") {
    at = endOfDigits(text, point + 1);
    fraction = text.slice(point + 1, at);
    if (fraction === "") return undefined;
  }
  let exponent = "";
  if (text[at] === "e" || text[at] === "E") {
    const sign = text[at + 1] === "+" || text[at + 1] === "-" ? 1 : 0;
    const end = endOfDigits(text, at + 1 + sign);
    exponent = text.slice(at + 1, end);
    if (exponent.length === sign) return undefined;
    at = end;
  }
  if (at !== text.length) return undefined;
  const leadingZero = integer.length > 1 && integer.startsWith("0");
  return { negative, digits: integer + fraction, scale: fraction.length, exponent, leadingZero };
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function plainNumber(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) && value(text) === value(String(number)) ? number : text;
}

/** A spelling that equal numbers share. A number that a JavaScript number holds has 17 significant digits at most. */
function value(text: string): string | undefined {
  const found = parts(text);
  if (found === undefined) return undefined;
  const { digits } = found;
  let first = 0;
  while (digits[first] === "0") first += 1;
  let end = digits.length;
  while (end > first && digits[end - 1] === "0") end -= 1;
  if (end === first) return "0";
  const exponent = Number(found.exponent || "0") - found.scale + (digits.length - end);
  return `${found.negative ? "-" : ""}${digits.slice(first, end)}e${exponent}`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) throw new JsonFault("not_json");
    return value;
  }

  #value(depth: number): Json {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const object = new JsonObject();
    this.#open(depth);
    if (this.#takes("}")) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw new JsonFault("not_json");
      const name = this.#string();
      this.#expect(":");
      const value = this.#value(depth);
      if (object.members.has(name)) (object.repeated ??= new Set()).add(name);
      object.members.set(name, value);
    } while (this.#takes(","));
    this.#expect("}");
    return object;
  }

  #array(depth: number): Json[] {
    const array: Json[] = [];
    this.#open(depth);
    if (this.#takes("]")) return array;
    do array.push(this.#value(depth));
    while (this.#takes(","));
    this.#expect("]");
    return array;
  }

  #string(): string {
    const start = this.#at;
    let isEscaped = false;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return isEscaped ? unescaped(this.#text.slice(start, at + 1)) : this.#text.slice(start + 1, at);
      }
      if (code < 0x20) break;
      if (code === BACKSLASH) {
        isEscaped = true;
        at += 1;
      }
    }
    throw new JsonFault("not_json");
  }

  #number(): JsonNumber {
    const start = this.#at;
    while (isPartOfNumber(this.#text.charCodeAt(this.#at))) this.#at += 1;
    const digits = this.#text.slice(start, this.#at);
    const found = parts(digits);
    if (found === undefined || found.leadingZero) throw new JsonFault("not_json");
    return new JsonNumber(digits);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonFault("not_json");
    this.#at += word.length;
    return value;
  }

  #open(depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonFault("too_deep");
    this.#at += 1;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw new JsonFault("not_json");
  }

  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}

/** The text of a JSON string. It stands on one line, so `JSON.parse` reads it in linear time. */
function unescaped(json: string): string {
  let text: unknown;
  try {
    text = JSON.parse(json);
  } catch {
    // Its error quotes the text.
  }
  if (typeof text !== "string") throw new JsonFault("not_json");
  return text;
}

function isPartOfNumber(code: number): boolean {
  // `+`, `-`, `.`, `E`, `e`.
  return isDigit(code) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65;
}
