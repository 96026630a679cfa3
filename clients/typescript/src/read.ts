/** Reads payloads in the form that Prelude documents. */

import { isDecimal, units } from "./decimal.js";
import { hasSurrogate, isBlank, JsonNumber, JsonObject, kind, plain, writeJson, type Json } from "./json.js";
import { printablePayload } from "./print.js";
import type { Form, Shape } from "./shape.js";

/** Path and kind of a value of an undocumented form. The value itself is not kept. */
export class Misfit {
  readonly found: string;
  readonly path: string;

  constructor(found: string, path = "") {
    this.found = found;
    this.path = path;
  }

  /** The same with a step before its path: the name of a member, or an index in brackets. */
  below(step: string): Misfit {
    const separator = this.path === "" || this.path.startsWith("[") ? "" : ".";
    return new Misfit(this.found, `${step}${separator}${this.path}`);
  }
}

/** Reads an object. Throws `Misfit`. */
export function readObject(shape: Shape, value: Json): object {
  if (!(value instanceof JsonObject) || [...value.members.keys()].some(hasSurrogate)) throw new Misfit(kind(value));
  const values: Record<string, unknown> = {};
  for (const { name, form } of shape.members) {
    // Readers differ in which of two values they take.
    if (value.repeated?.has(name)) throw new Misfit(kind(value));
    const found = value.members.get(name);
    if (!isBlank(found)) values[name] = below(name, form, found);
  }
  return printablePayload(shape, values);
}

/** Reads a number as its digits. */
export function readText(value: Json): string {
  if (value instanceof JsonNumber) return value.digits;
  if (typeof value !== "string" || hasSurrogate(value)) throw new Misfit(kind(value));
  return value;
}

/** Accepts any value, because an unreadable time must not cost the event. */
export function readTime(value: Json): string {
  return typeof value === "string" && !hasSurrogate(value) ? value : writeJson(value);
}

function read(form: Form, value: Json): unknown {
  switch (form) {
    case "text":
      return readText(value);
    case "count":
      return readCount(value);
    case "decimal":
      return readDecimal(value);
    case "time":
      return readTime(value);
    case "json":
      return plain(value);
  }
  return "element" in form ? readList(form.element, value) : readObject(form, value);
}

function readList(element: Form, value: Json): readonly unknown[] {
  if (!Array.isArray(value)) throw new Misfit(kind(value));
  return Object.freeze(value.map((item, index) => below(`[${index}]`, element, item)));
}

/**
 * Reads a whole number: a number of any notation, or a text of 1 to 19 digits.
 *
 * A number above `Number.MAX_SAFE_INTEGER` is a misfit, because it would be rounded.
 */
function readCount(value: Json): number {
  const text = value instanceof JsonNumber ? value.digits : value;
  const isCount = value instanceof JsonNumber || (typeof value === "string" && /^[0-9]{1,19}$/.test(value));
  const count = isCount && typeof text === "string" ? units(text, 0) : undefined;
  if (count === undefined || count < 0n || count > BigInt(Number.MAX_SAFE_INTEGER)) throw new Misfit(kind(value));
  return Number(count);
}

function readDecimal(value: Json): string {
  const text = value instanceof JsonNumber ? value.digits : value;
  if (typeof text !== "string" || !isDecimal(text)) throw new Misfit(kind(value));
  return text;
}

function below(step: string, form: Form, value: Json): unknown {
  try {
    return read(form, value);
  } catch (error) {
    throw error instanceof Misfit ? error.below(step) : error;
  }
}
