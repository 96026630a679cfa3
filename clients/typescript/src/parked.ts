import { gunzipSync } from "node:zlib";

import { attribute, idempotencyKey, type Attributes } from "./attributes.js";
import { DecodeError } from "./errors.js";
import { hasSurrogate } from "./json.js";

/** A body with its attributes, or a message as a Lambda event or an AWS SDK spells it. */
export type Message =
  | readonly [body: string, attributes: Attributes]
  | { readonly body: string; readonly messageAttributes?: Attributes }
  | { readonly Body?: string | undefined; readonly MessageAttributes?: Attributes };

/** Far above any request. No receiver parks a body that decodes to more. */
const MAX_DECODED = 64 * 1024 * 1024;

const PART = /^gzip\+base64;part=([0-9]{1,9})\/([0-9]{1,9})$/;

/**
 * The bytes that the receiver got, from the body of one parked message.
 *
 * Throws `DecodeError` if the message is one of several parts, or not encoded as its attribute `encoding` says.
 */
export function decode(body: string, attributes: Attributes): Uint8Array {
  const encoding = attribute(attributes, "encoding");
  switch (encoding) {
    case undefined:
      return utf8(body);
    case "base64":
      return unbase64(body);
    case "gzip+base64":
      return gunzip(unbase64(body));
  }
  if (partOf(encoding) !== undefined) {
    throw new DecodeError("the message is one part of an event: expected all parts, in `joinParts`");
  }
  throw new DecodeError("the encoding is unknown: expected base64, gzip+base64 or a part");
}

/**
 * The bytes that the receiver got, from all parts of one event, in any order. A part may come more than once.
 *
 * Throws `DecodeError` if a part is missing, or if the messages belong to several events.
 */
export function joinParts(messages: Iterable<Message>): Uint8Array {
  const bodies = new Map<number, string>();
  const events = new Map<string, number>();
  for (const message of messages) {
    const [body, attributes] = bodyAndAttributes(message);
    const part = partOf(attribute(attributes, "encoding") ?? "");
    if (part === undefined) {
      throw new DecodeError("the message is not a part: expected the encoding gzip+base64;part=<i>/<n>");
    }
    const known = bodies.get(part.index);
    if (known !== undefined && known !== body) {
      throw new DecodeError("two messages with the same part differ: expected the parts of one event");
    }
    bodies.set(part.index, body);
    events.set(`${part.count} ${idempotencyKey(attributes)}`, part.count);
  }
  const [count] = events.values();
  if (count === undefined || events.size !== 1) {
    throw new DecodeError(`the messages belong to ${events.size} events: expected the parts of one event`);
  }
  if (bodies.size !== count) {
    throw new DecodeError(`${bodies.size} of ${count} parts are there: expected all`);
  }
  const ordered = [...bodies].sort(([left], [right]) => left - right);
  return gunzip(unbase64(ordered.map(([, body]) => body).join("")));
}

function bodyAndAttributes(message: Message): readonly [string, Attributes] {
  const [body, attributes] = isPair(message)
    ? message
    : "body" in message
      ? [message.body, message.messageAttributes]
      : [message.Body, message.MessageAttributes];
  if (typeof body !== "string") throw new DecodeError("the message has no body: expected a text");
  return [body, attributes];
}

function isPair(message: Message): message is readonly [string, Attributes] {
  return Array.isArray(message);
}

function partOf(encoding: string): { index: number; count: number } | undefined {
  const match = PART.exec(encoding);
  if (match === null) return undefined;
  const [index, count] = [Number(match[1]), Number(match[2])];
  return index >= 1 && index <= count ? { index, count } : undefined;
}

function utf8(body: string): Uint8Array {
  if (hasSurrogate(body)) throw new DecodeError("the body is not Unicode");
  return Buffer.from(body);
}

function unbase64(body: string): Buffer {
  // SQS refuses an empty body, so padding alone stands for no bytes.
  if (body === "====") return Buffer.alloc(0);
  const bytes = Buffer.from(body, "base64");
  // Node.js accepts other spellings of the same bytes, and other characters. The receiver writes one spelling.
  if (bytes.toString("base64") !== body) throw new DecodeError("the body is not base64");
  return bytes;
}

function gunzip(bytes: Buffer): Uint8Array {
  let raw: Buffer | undefined;
  let tooLong = false;
  try {
    raw = gunzipSync(bytes, { maxOutputLength: MAX_DECODED });
  } catch (error) {
    tooLong = error instanceof RangeError;
  }
  if (tooLong) throw new DecodeError(`the body decodes to more than ${MAX_DECODED} bytes`);
  // The receiver writes one member, which ends with its length. Node.js joins further members, and skips zeros behind.
  if (raw === undefined || bytes.readUInt32LE(bytes.length - 4) !== raw.length) {
    throw new DecodeError("the body is not gzip");
  }
  return raw;
}
