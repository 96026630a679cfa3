import assert from "node:assert/strict";

import { Dispatcher, parse } from "prelude-events";

const dispatcher = new Dispatcher((event) => `ignore ${event.type}`);
dispatcher.on("verify.attempt", (event) => `charge ${event.payload.verification_id}`);

const body = '{"type": "verify.attempt", "payload": {"verification_id": "vrf_1"}}';
assert.equal(dispatcher.dispatch(parse(body)), "charge vrf_1");
assert.equal(dispatcher.dispatch(parse('{"type": "verify.newer"}')), "ignore verify.newer");
