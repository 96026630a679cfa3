import assert from "node:assert/strict";
import { inspect } from "node:util";

import { idempotencyKey, parse, units } from "prelude-events";

const body = `{"id": "evt_01jnh50110f1gt7n74yb6kcrzb", "type": "verify.attempt", "payload": {
    "verification_id": "vrf_01jnh4zt8vfq5r71n1sx9yvx5m", "delivery_status": "delivered",
    "price": {"amount": 0.0300, "currency": "EUR"},
    "target": {"type": "phone_number", "value": "+33639980001"}}}`;
const attributes = {
  source: { stringValue: "verify", dataType: "String" },
  event_type: { stringValue: "verify.attempt", dataType: "String" },
  event_id: { stringValue: "evt_01jnh50110f1gt7n74yb6kcrzb", dataType: "String" },
};

const key = idempotencyKey(attributes);
assert.equal(key, "verify##verify.attempt#evt_01jnh50110f1gt7n74yb6kcrzb");

const event = parse(body);
if (event.known) {
  switch (event.type) {
    case "verify.attempt": {
      const { price, target } = event.payload;
      assert.equal(price?.amount, "0.0300"); // the digits as sent, never a float
      assert.equal(units(price.amount, 6), 30_000n); // exact micros
      assert.equal(target?.value, "+33639980001");
      assert(!inspect(event, { depth: null }).includes("+336")); // safe to log
      break;
    }
    case "marketing.subscription.stop":
      console.log("stop", event.payload.received_at);
      break;
    default: // known, and of no interest here
  }
} else {
  console.log("a newer type:", event.type);
}
