/** The built handler against a DynamoDB at `AWS_ENDPOINT_URL_DYNAMODB`, e.g. moto's server or DynamoDB local. */

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { CreateTableCommand, DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import type { SqsBatchResponse, SqsEvent, LambdaContext } from "prelude-events/powertools";

type Handler = (event: SqsEvent, context: LambdaContext) => Promise<SqsBatchResponse>;

const skip = process.env["AWS_ENDPOINT_URL_DYNAMODB"] === undefined && "AWS_ENDPOINT_URL_DYNAMODB is not set";
const suffix = `-${process.pid}-${Date.now()}`;
Object.assign(process.env, {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  CONSUMER_NAME: "example",
  IDEMPOTENCY_TABLE: `idempotency${suffix}`,
  DATA_TABLE: `data${suffix}`,
});

const client = new DynamoDBClient({});
let handler: Handler;

before(async () => {
  if (skip) return;
  for (const TableName of [`idempotency${suffix}`, `data${suffix}`]) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      }),
    );
  }
  const built = new URL("../dist/app.mjs", import.meta.url).href;
  ({ handler } = (await import(built)) as { handler: Handler });
});

let count = 0;

function record(
  type: string,
  payload: string,
  { eventId = `evt_${(count += 1)}`, authentication = "signature" } = {},
): SqsEvent["Records"][number] {
  const values = { source: "any", event_type: type, event_id: eventId, authentication };
  return {
    messageId: `message-${(count += 1)}`,
    body: `{"id":"${eventId}","type":"${type}","payload":${payload}}`,
    attributes: {},
    messageAttributes: Object.fromEntries(
      Object.entries(values).map(([name, stringValue]) => [name, { stringValue, dataType: "String" }]),
    ),
    eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:queue",
  };
}

async function deliver(...Records: SqsEvent["Records"]): Promise<string[]> {
  const { batchItemFailures } = await handler({ Records }, { getRemainingTimeInMillis: () => 10_000 });
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

async function item(id: string): Promise<Record<string, AttributeValue> | undefined> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: `data${suffix}` }));
  return Items.find((found) => found["id"]?.S === id);
}

test("the later of STOP and START wins, in any order of arrival", { skip }, async () => {
  const change = (word: string, fraction: string): SqsEvent["Records"][number] =>
    record(`marketing.subscription.${word}`, `{"from":"+336","to":"36184","received_at":"2025-10-24T08:59:10.${fraction}Z"}`);
  const subscribed = async (): Promise<unknown> => (await item("subscription#36184#+336"))?.["subscribed"]?.BOOL;
  assert.deepStrictEqual(await deliver(change("start", "000000002")), []);
  assert.equal(await subscribed(), true);
  assert.deepStrictEqual(await deliver(change("stop", "000000001")), [], "too late");
  assert.equal(await subscribed(), true);
  assert.deepStrictEqual(await deliver(change("stop", "000000002")), []);
  assert.equal(await subscribed(), false, "STOP wins at the same time");
  assert.deepStrictEqual(await deliver(change("start", "000000002")), []);
  assert.equal(await subscribed(), false);
  assert.deepStrictEqual(await item("subscription#36184#+336"), {
    id: { S: "subscription#36184#+336" },
    subscribed: { BOOL: false },
    as_of: { S: "2025-10-24T08:59:10.000000002Z" },
    as_of_nanos: { N: "1761296350000000002" },
  });
});

test("a charge counts once, with its digits", { skip }, async () => {
  const price = (amount: string, month = "03"): string =>
    `"price":{"amount":${amount},"currency":"EUR"},"time":"2025-${month}-04T17:59:25Z"`;
  const attempt = record("verify.attempt", `{"id":"att_1",${price("0.1")}}`);
  const report = record("verify.delivery_status", `{"id":"dls_1","attempt_id":"att_1",${price("0.1")}}`);
  const other = record("attempt", `{"attempt_uuid":"2",${price("0.2")}}`);
  const long = record("authentication", `{"auth_uuid":"3",${price("12345678.0123456789012345", "04")}}`);
  assert.deepStrictEqual(await deliver(attempt, report, other, attempt, long), []);
  assert.deepStrictEqual(await deliver(attempt), []);
  const cost = { id: { S: "cost#EUR#2025-03" }, amount: { N: "0.3" }, charges: { N: "2" } };
  assert.deepStrictEqual(await item("cost#EUR#2025-03"), cost);
  const charge = { amount: { N: "12345678.0123456789012345" }, currency: { S: "EUR" } };
  assert.deepStrictEqual(await item("charge#authentication#3"), { id: { S: "charge#authentication#3" }, ...charge });
});

test("an unsigned event does no harm", { skip }, async () => {
  const authentication = "secret_path";
  const numbers = (fraction: number): string => `{"from":"+337","to":"36184","received_at":"2025-10-24T08:59:10.${fraction}Z"}`;
  const start = record("marketing.subscription.start", numbers(1), { authentication });
  assert.deepStrictEqual(await deliver(start), [start.messageId]);
  assert.equal(await item("subscription#36184#+337"), undefined);
  assert.deepStrictEqual(await deliver(record("marketing.subscription.start", numbers(1))), []);
  assert.deepStrictEqual(await deliver(record("marketing.subscription.stop", numbers(2), { authentication })), []);
  assert.equal((await item("subscription#36184#+337"))?.["subscribed"]?.BOOL, false);

  const price = '"price":{"amount":0.5,"currency":"EUR"},"time":"2025-05-04T17:59:25Z"';
  const unsigned = [
    record("authentication", `{"auth_uuid":"v1",${price}}`, { authentication }),
    record("verify.attempt", `{"id":"unsigned",${price}}`, { authentication }),
  ];
  assert.deepStrictEqual(await deliver(...unsigned, record("verify.attempt", `{"id":"signed",${price}}`)), []);
  const charged = { amount: { N: "0.5" }, currency: { S: "EUR" } };
  const sum = (charges: string, amount: string): object => ({ amount: { N: amount }, charges: { N: charges } });
  for (const [id, expected] of [
    ["charge#authentication#v1", { ...charged, unverified: { BOOL: true } }],
    ["charge#attempt#unsigned", { ...charged, unverified: { BOOL: true } }],
    ["charge#attempt#signed", charged],
    ["cost#unverified#EUR#2025-05", sum("2", "1.0")],
    ["cost#EUR#2025-05", sum("1", "0.5")],
  ] as const) {
    assert.deepStrictEqual(await item(id), { id: { S: id }, ...expected });
  }

  for (const value of ["", "newer"]) {
    const unknown = [
      record("marketing.subscription.stop", numbers(3), { authentication: value }),
      record("verify.attempt", `{"id":"unknown",${price}}`, { authentication: value }),
      record("verify.future", "{}", { authentication: value }),
    ];
    assert.deepStrictEqual(await deliver(...unknown), unknown.map(({ messageId }) => messageId));
  }
  assert.equal(await item("charge#attempt#unknown"), undefined);
});

test("a broken record fails alone, and other events are ignored", { skip }, async () => {
  const bad = [
    record("verify.attempt", '{"id":["a"]}'),
    record("marketing.subscription.stop", '{"from":"+336"}'),
    record("verify.attempt", '{"id":"a","price":{"amount":1}}'),
    record("verify.attempt", "{}", { eventId: "" }),
  ];
  const ignored = [
    record("marketing.subscription.help", "{}"),
    record("marketing.subscription.carrier_disconnect", "{}"),
    record("verify.future", '{"from":"+336"}'),
    record("delivery_status", "{}"),
    record("verify.attempt", "{}"),
  ];
  assert.deepStrictEqual(await deliver(...bad, ...ignored), bad.map(({ messageId }) => messageId));
});
