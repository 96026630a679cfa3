/** Reads the golden files, which all clients share. */

import { readFileSync } from "node:fs";

import { JsonObject, readJson, type Json } from "../dist/json.js";

const FOLDER = new URL("../../golden/", import.meta.url);

export const PARSED = ["samples", "newer", "swaps", "absent", "broken", "envelopes"];

/** The cases of a file. Numbers keep their digits, so `JSON.parse` cannot read it. */
export function cases(name: string): JsonObject[] {
  const found = readJson(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
  if (!Array.isArray(found) || found.length === 0) throw new Error(`${name} is empty`);
  return found as JsonObject[];
}

/** A member of an object, `null` if it is absent. */
export function member(object: Json, name: string): Json {
  return object instanceof JsonObject ? (object.members.get(name) ?? null) : null;
}

/** A member that is a text or absent. */
export function text(object: Json, name: string): string | undefined {
  const value = member(object, name);
  return typeof value === "string" ? value : undefined;
}

/** Attributes as a Lambda event and as an SDK spells them. */
export function spellings(attributes: Json): [Spelled, Spelled] {
  const [lambda, sdk]: [Spelled, Spelled] = [{}, {}];
  if (!(attributes instanceof JsonObject)) throw new Error("no attributes");
  for (const [name, value] of attributes.members) {
    lambda[name] = { stringValue: value, stringListValues: [], binaryListValues: [], dataType: "String" };
    sdk[name] = { StringValue: value, DataType: "String" };
  }
  return [lambda, sdk];
}

type Spelled = Record<string, unknown>;
