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
  const type = "marketing.subscription.stop";
  const stop = record({ type, body: JSON.stringify({ type, payload: { from: "+33639980001" } }) });
  const broken = record({ body: "{" });
  const { batchItemFailures } = await handler(batch(stop, broken, stop, record({ type: "verify.future" })), contextOf());
  assert.deepStrictEqual(batchItemFailures, [{ itemIdentifier: broken.messageId }]);
  assert.deepStrictEqual(
    log.mock.calls.map((call) => (call.arguments as unknown[]).join(" ")),
    ["unsubscribe a number of 12 characters", "ignored: verify.future"],
  );
});
