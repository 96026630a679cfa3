/** README's example, whose client takes its address from the environment. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { table } from "./dynamodb.js";
import { batch, contextOf, record } from "./records.js";

test("the handler of README runs", async (context) => {
  const store = await table();
  context.after(() => store.close());
  Object.assign(process.env, {
    IDEMPOTENCY_TABLE: store.name,
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  const { handler } = await import("./readme/lambda.js");
  const log = context.mock.method(console, "log", () => {});
  const payload = { id: "att_1", price: { amount: 0.03, currency: "EUR" } };
  const body = JSON.stringify({ type: "verify.attempt", payload });
  const signed = record({ body, attributes: { authentication: "signature" } });
  const unsigned = record({ body, attributes: { authentication: "secret_path" } });
  const broken = record({ body: "{" });
  const records = [signed, broken, unsigned, signed, record({ type: "verify.future" })];
  const { batchItemFailures } = await handler(batch(...records), contextOf());
  assert.deepStrictEqual(batchItemFailures, [broken, unsigned].map((one) => ({ itemIdentifier: one.messageId })));
  assert.deepStrictEqual(
    log.mock.calls.map((call) => (call.arguments as unknown[]).join(" ")),
    ["charge att_1 0.03 EUR", "ignored: verify.future"],
  );
});
