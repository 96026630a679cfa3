import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { decode, joinParts } from "prelude-events";

const bytes = decode("e30=", { encoding: { stringValue: "base64" } });
assert.equal(new TextDecoder().decode(bytes), "{}");

const text = gzipSync('{"type": "user.created"}').toString("base64");
const parts = [text.slice(0, 16), text.slice(16)].map((Body, index) => ({
  Body,
  MessageAttributes: { encoding: { StringValue: `gzip+base64;part=${index + 1}/2` } },
}));
assert.equal(new TextDecoder().decode(joinParts(parts)), '{"type": "user.created"}');
