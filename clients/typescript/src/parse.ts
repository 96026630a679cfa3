import { ParseError } from "./errors.js";
import { hasSurrogate, isBlank, JsonFault, JsonObject, kind, plain, readJson, type Json } from "./json.js";
import { printableEvent } from "./print.js";
import { Misfit, readObject, readText, readTime } from "./read.js";
import type { EventShape } from "./shape.js";
import { TABLE } from "./table.js";
import type { Event } from "./types.js";

/**
 * Reads the body of one message: a text, or its bytes in UTF-8.
 *
 * A type that this version does not know gives an event with `known: false`.
 *
 * Throws `ParseError` if the body is not a JSON object with a type, or if the payload of a known type has an undocumented
 * form. The error holds no value of the body.
 */
export function parse(body: string | Uint8Array): Event {
  const raw = typeof body === "string" ? body : utf8(body);
  if (hasSurrogate(raw)) throw new ParseError("not_json");
  try {
    return event(raw, readJson(raw));
  } catch (error) {
    throw error instanceof JsonFault ? new ParseError(error.problem) : error;
  }
}

function utf8(body: Uint8Array): string {
  if (!(body instanceof Uint8Array)) throw new TypeError("the body is neither a text nor bytes");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new ParseError("not_json");
  }
}

function event(raw: string, envelope: Json): Event {
  if (!(envelope instanceof JsonObject)) throw new ParseError("not_an_object", { found: kind(envelope) });
  const { members } = envelope;
  if ([...members.keys()].some(hasSurrogate)) throw new JsonFault("not_json");
  const type = typeText(members.get("type")) ?? typeText(members.get("event"));
  if (type === undefined) throw new ParseError("missing_type");
  const createdAt = members.get("created_at");
  const beside = {
    id: optionalText(members.get("id")),
    createdAt: isBlank(createdAt) ? undefined : readTime(createdAt),
    raw,
  };
  const payload = [members.get("payload"), members.get("data")].find((value) => !isBlank(value)) ?? envelope;
  const shape = TABLE.get(type);
  if (shape === undefined) {
    const unknown = { type, known: false as const, source: undefined, payload: plain(payload), ...beside };
    return printableEvent(unknown, "UnknownEvent", undefined);
  }
  const known = { type, known: true, source: shape.source, payload: payloadOf(type, shape, payload), ...beside };
  return printableEvent(known, shape.name, shape.payload) as Event;
}

function payloadOf(eventType: string, shape: EventShape, value: Json): object {
  try {
    return readObject(shape.payload, value);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new ParseError("payload", { eventType, path: error.path, found: error.found });
  }
}

/** Only a text counts, because the receiver routes by texts only. */
function typeText(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" && !hasSurrogate(value) ? value : undefined;
}

/** Counts any other value as absent, because no member around the payload is worth losing the event. */
function optionalText(value: Json | undefined): string | undefined {
  if (isBlank(value)) return undefined;
  try {
    return readText(value);
  } catch {
    return undefined;
  }
}
