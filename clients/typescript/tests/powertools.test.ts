import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { SQSEvent, SQSHandler, SQSRecord } from "aws-lambda";
import { attribute, Dispatcher, type Event } from "prelude-events";
import {
  consumer,
  NotStartedError,
  RecordError,
  type ConsumerOptions,
  type Failure,
  type SqsBatchResponse,
  type SqsRecord,
} from "prelude-events/powertools";

import { table, type Table } from "./dynamodb.js";
import { batch, contextOf, record, sleep } from "./records.js";

let store: Table;
before(async () => {
  store = await table();
});
after(() => store.close());

/** A consumer that notes what it handled, and what it logged. */
function noting(options: { name?: string; handle?: (event: Event) => unknown; expiresAfter?: number } = {}) {
  const handled: string[] = [];
  const logged: Failure[] = [];
  const handler = consumer({
    name: options.name ?? "test",
    table: store.name,
    client: store.client(),
    log: (failure) => logged.push(failure),
    handle: async (event) => {
      handled.push(event.id ?? "");
      return options.handle?.(event);
    },
    ...(options.expiresAfter === undefined ? {} : { expiresAfter: options.expiresAfter }),
  });
  return { handler, handled, logged };
}

const failed = (response: SqsBatchResponse): string[] => response.batchItemFailures.map((item) => item.itemIdentifier);
const idOf = (one: SQSRecord): string => one.messageAttributes["event_id"]?.stringValue ?? "";
const isOneOf =
  (...ids: (string | undefined)[]) =>
  (event: Event): void => {
    if (ids.includes(event.id)) throw new RangeError("+33639980001");
  };

test("a bad record fails alone, whatever is thrown", async () => {
  for (const thrown of [new RangeError("+33639980001"), "+33639980001", undefined, null, 7, {}]) {
    const [good, bad, last] = [record(), record(), record()];
    const { handler, handled, logged } = noting({
      handle: (event) => {
        if (event.id !== idOf(bad)) return undefined;
        throw thrown;
      },
    });
    assert.deepStrictEqual(failed(await handler(batch(good, bad, last), contextOf())), [bad.messageId]);
    assert.deepStrictEqual(handled, [good, bad, last].map(idOf));
    assert.deepStrictEqual(logged.length, 1);
    assert.match(logged[0]?.error ?? "", /^(Range|Record)Error$/);
    assert(!JSON.stringify(logged).includes("+336"));
  }
});

test("a batch of which every record fails is a list of failures", async () => {
  const { handler, logged } = noting({ handle: () => assert.fail() });
  const records = [record(), record()];
  assert.deepStrictEqual(failed(await handler(batch(...records), contextOf())), records.map((one) => one.messageId));
  assert.deepStrictEqual(failed(await handler(batch(record()), contextOf())).length, 1);
  assert.equal(logged.length, 3);
  assert.deepStrictEqual(await handler(batch(), contextOf()), { batchItemFailures: [] });
});

test("each record is parsed alone", async () => {
  const { handler, handled, logged } = noting();
  const bodies = ["{", "[]", "null", "", '{"type":"verify.attempt","payload":{"id":["+33639980001"]}}', "9".repeat(1_000)];
  const bad = bodies.map((body) => record({ body }));
  const future = record({ type: "verify.future" });
  const response = await handler(batch(...bad, future), contextOf());
  assert.deepStrictEqual(failed(response), bad.map((one) => one.messageId));
  assert.deepStrictEqual(handled, [idOf(future)]);
  assert.deepStrictEqual(logged[0], {
    level: "ERROR",
    message: "record failed",
    consumer: "test",
    message_id: bad[0]?.messageId,
    event_type: "verify.attempt",
    event_id: idOf(bad[0]!),
    error: "ParseError",
    reason: "body is not JSON",
    stack: undefined,
    cause: undefined,
  });
  assert.equal(logged[4]?.reason, "member `id` of verify.attempt has an unexpected form: found an array");
});

test("an event is handled once, however often it comes", async () => {
  const { handler, handled } = noting();
  const copies = [record({ id: "evt_copy" }), record({ id: "evt_copy" })];
  const other = record({ id: "evt_copy", type: "verify.authentication" });
  assert.deepStrictEqual(failed(await handler(batch(...copies, other), contextOf())), []);
  assert.deepStrictEqual(failed(await handler(batch(...copies), contextOf())), []);
  assert.deepStrictEqual(handled, ["evt_copy", "evt_copy"], "two events share the id, and differ in type");
});

test("a failed event is handled again", async () => {
  let isBroken = true;
  const { handler, handled } = noting({ handle: () => isBroken && assert.fail() });
  const one = record();
  assert.deepStrictEqual(failed(await handler(batch(one), contextOf())), [one.messageId]);
  isBroken = false;
  assert.deepStrictEqual(failed(await handler(batch(one), contextOf())), []);
  assert.deepStrictEqual(handled, [idOf(one), idOf(one)]);
});

test("consumers with different names do not suppress each other", async () => {
  const [first, second] = [noting({ name: "first" }), noting({ name: "second" })];
  const one = record();
  await first.handler(batch(one), contextOf());
  await second.handler(batch(one), contextOf());
  assert.deepStrictEqual([first.handled, second.handled], [[idOf(one)], [idOf(one)]]);
  const names = (await store.items()).map((item) => item["id"]?.S?.split("#")[0]);
  for (const name of ["first", "second"]) assert.equal(names.filter((found) => found === name).length, 1);
});

test("the table holds an id, times and a status, and nothing of the event", async () => {
  const { handler } = noting({ name: "contents", handle: () => ({ number: "+33639980001" }) });
  const started = Date.now() / 1_000;
  await handler(batch(record({ body: '{"type":"verify.future","payload":"+33639980001"}' })), contextOf(5_000));
  const items = (await store.items()).filter((item) => item["id"]?.S?.startsWith("contents#"));
  const [item] = items;
  assert(item !== undefined && items.length === 1);
  assert.deepStrictEqual(Object.keys(item).sort(), ["expiration", "id", "in_progress_expiration", "status"]);
  assert.match(item["id"]?.S ?? "", /^contents#[0-9A-Za-z+/]{22}==$/);
  assert.equal(item["status"]?.S, "COMPLETED");
  const expiry = Number(item["expiration"]?.N) - started;
  assert(expiry >= 30 * 86_400 - 1 && expiry < 30 * 86_400 + 60, String(expiry));
  const deadline = Number(item["in_progress_expiration"]?.N) / 1_000 - started;
  assert(deadline > 4 && deadline <= 5.1, String(deadline));
});

test("a claim in progress fails its record", async () => {
  let release = (): void => {};
  const { handler, handled, logged } = noting({ handle: () => new Promise<void>((resolve) => (release = resolve)) });
  const one = record();
  const first = handler(batch(one), contextOf());
  while (handled.length === 0) await sleep(1);
  assert.deepStrictEqual(failed(await handler(batch(one), contextOf())), [one.messageId]);
  assert.equal(logged[0]?.error, "IdempotencyAlreadyInProgressError");
  release();
  assert.deepStrictEqual(failed(await first), []);
  assert.deepStrictEqual(failed(await handler(batch(one), contextOf())), [], "the event is done");
  assert.equal(handled.length, 1);
});

test("the end of a claim is that of its own invocation", async () => {
  const { handler } = noting({ name: "deadlines", handle: () => sleep(20) });
  await Promise.all([handler(batch(record()), contextOf(60_000)), handler(batch(record()), contextOf(1_000))]);
  const items = (await store.items()).filter((item) => item["id"]?.S?.startsWith("deadlines#"));
  const ends = items.map((item) => Number(item["in_progress_expiration"]?.N) - Date.now()).sort((a, b) => a - b);
  assert(ends[0]! < 1_000 && ends[1]! > 50_000, String(ends));
});

test("a claim has an end, even if it is made at the last moment", async () => {
  let asked = 0;
  const context = { getRemainingTimeInMillis: () => ((asked += 1) === 1 ? 100 : 0) };
  const { handler } = noting({ name: "late", handle: () => assert.fail() });
  store.fail({ operation: "DeleteItem", moment: "before", isCrash: true });
  const one = record();
  assert.deepStrictEqual(failed(await handler(batch(one), context)), [one.messageId]);
  store.fail(undefined);
  await sleep(5);
  const again = noting({ name: "late" });
  assert.deepStrictEqual(failed(await again.handler(batch(one), contextOf())), []);
  assert.equal(again.handled.length, 1);
});

test("an empty or missing event id fails the record", async () => {
  const { handler, handled, logged } = noting();
  const empty = record({ attributes: { event_id: "" } });
  const missing = record();
  delete missing.messageAttributes["event_id"];
  const none = { ...record(), messageAttributes: {} };
  const response = await handler(batch(empty, missing, none), contextOf());
  assert.deepStrictEqual(failed(response), [empty, missing, none].map((one) => one.messageId));
  assert.deepStrictEqual(handled, []);
  assert.match(logged[0]?.reason ?? "", /event_id/);
});

test("records run one after another, and none starts without time for it", async (context) => {
  let clock = 0;
  let running = 0;
  const { handler, handled, logged } = noting({
    handle: async () => {
      assert.equal((running += 1), 1);
      await sleep(1);
      clock += 200;
      running -= 1;
    },
  });
  context.mock.method(performance, "now", () => clock);
  const records = [record(), record(), record(), record()];
  const response = await handler(batch(...records), { getRemainingTimeInMillis: () => 599 - clock });
  context.mock.restoreAll();
  assert.deepStrictEqual(failed(response), records.slice(2).map((one) => one.messageId));
  assert.equal(handled.length, 2);
  assert.deepStrictEqual(logged.map(({ message, error }) => `${message}: ${error}`), [
    "record not started: NotStartedError",
    "record not started: NotStartedError",
  ]);
});

test("no record starts without any time", async () => {
  const { handler, handled } = noting();
  for (const left of [0, -5]) {
    const one = record();
    assert.deepStrictEqual(failed(await handler(batch(one), { getRemainingTimeInMillis: () => left })), [one.messageId]);
  }
  assert.deepStrictEqual(handled, []);
});

test("a failure in a FIFO group returns the rest of the group only", async () => {
  const groups = ["a", "b", "a", "b", "c", "a", "b"];
  const records = groups.map((group) => record({ group }));
  const broken = records[2]!;
  const { handler, handled, logged } = noting({ handle: isOneOf(idOf(broken)) });
  const response = await handler(batch(...records), contextOf());
  assert.deepStrictEqual(failed(response), [broken, records[5]!].map((one) => one.messageId));
  assert.deepStrictEqual(handled, [0, 1, 2, 3, 4, 6].map((index) => idOf(records[index]!)));
  assert.deepStrictEqual(logged.map(({ message, error }) => `${message}: ${error}`), [
    "record failed: RangeError",
    "record not started: NotStartedError",
  ]);
  // The next invocation starts anew.
  const next = record({ group: "a" });
  assert.deepStrictEqual(failed(await handler(batch(next), contextOf())), []);
});

test("a FIFO group whose record cannot be read is returned too", async () => {
  const records = [record({ group: "a", body: "{" }), record({ group: "a" }), record({ group: "b" })];
  const { handler, handled } = noting();
  assert.deepStrictEqual(failed(await handler(batch(...records), contextOf())), records.slice(0, 2).map((one) => one.messageId));
  assert.deepStrictEqual(handled, [idOf(records[2]!)]);
});

test("an error outside of any record fails the invocation", async () => {
  const { handler } = noting();
  for (const event of [undefined, null, {}, { Records: {} }, { Records: "a" }]) {
    await assert.rejects(handler(event as never, contextOf()), TypeError);
  }
  await assert.rejects(handler(batch(record()), undefined as never), TypeError);
  const broken = consumer({
    name: "log",
    table: store.name,
    client: store.client(),
    handle: () => assert.fail(),
    log: () => {
      throw new RangeError();
    },
  });
  await assert.rejects(broken(batch(record()), contextOf()), RangeError);
});

test("a dispatcher handles events", async () => {
  const found: string[] = [];
  const dispatcher = new Dispatcher<Promise<void>>(async (event) => void found.push(`fallback ${event.type}`));
  dispatcher.on("verify.attempt", async (event) => void found.push(`attempt ${event.payload.id}`));
  const handler = consumer({ dispatcher, name: "dispatcher", table: store.name, client: store.client() });
  const one = record();
  assert.deepStrictEqual(failed(await handler(batch(one, record({ type: "verify.future" })), contextOf())), []);
  assert.deepStrictEqual(found, [`attempt ${idOf(one)}`, "fallback verify.future"]);
});

test("a dispatcher's handlers get the record", async () => {
  const found: unknown[] = [];
  const note = async (_event: Event, { messageAttributes }: SqsRecord): Promise<unknown> =>
    found.push(attribute(messageAttributes, "authentication"));
  const dispatcher = new Dispatcher(note).on("verify.attempt", note);
  const handler = consumer({ dispatcher, name: "attributes", table: store.name, client: store.client() });
  const signed = record({ attributes: { authentication: "signature" } });
  const unsigned = record({ type: "verify.future", attributes: { authentication: "secret_path" } });
  assert.deepStrictEqual(failed(await handler(batch(signed, unsigned), contextOf())), []);
  assert.deepStrictEqual(found, ["signature", "secret_path"]);
});

test("a handler gets the record, with its attributes", async () => {
  let authentication: unknown;
  const handler = consumer({
    name: "record",
    table: store.name,
    client: store.client(),
    handle: (_event, { messageAttributes }) => (authentication = messageAttributes?.["authentication"]),
  });
  await handler(batch(record({ attributes: { authentication: "signature" } })), contextOf());
  assert.deepStrictEqual(authentication, { stringValue: "signature", dataType: "String" });
});

test("wrong options are errors at start", () => {
  const right = { name: "a", table: "b", handle: () => {} };
  for (const wrong of [
    { name: "" },
    { name: " " },
    { name: "a " },
    { name: undefined },
    { table: "" },
    { table: undefined },
    { handle: undefined },
    { handle: "a" },
    { dispatcher: new Dispatcher(() => {}) },
    { expiresAfter: 0 },
    { expiresAfter: -1 },
    { expiresAfter: Number.NaN },
    { expiresAfter: 86_400_000 },
    { expiresAfter: "2592000" },
    { log: 5 },
  ]) {
    assert.throws(() => consumer({ ...right, ...wrong } as ConsumerOptions), TypeError, JSON.stringify(wrong));
  }
  // @ts-expect-error The name is mandatory.
  assert.throws(() => consumer({ table: "b", handle: () => {} }), TypeError);
  // @ts-expect-error One of the two.
  assert.throws(() => consumer({ ...right, dispatcher: new Dispatcher<void>(() => {}) }), TypeError);
  // @ts-expect-error The handlers expect something other than the record.
  consumer({ name: "a", table: "b", dispatcher: new Dispatcher((_event, _context: Date) => {}) });
});

test("an event comes back after the consumer's own expiry", async () => {
  const { handler, handled } = noting({ name: "expiry", expiresAfter: 1 });
  const one = record();
  await handler(batch(one), contextOf());
  // Powertools rounds to seconds.
  await sleep(2_100);
  await handler(batch(one), contextOf());
  assert.equal(handled.length, 2);
});

test("only errors that hold no personal data are logged with their text", async () => {
  class MissingMember extends RecordError {}
  for (const [thrown, reason] of [
    [new MissingMember("price has no currency"), "price has no currency"],
    [new NotStartedError("later"), "later"],
    [new TypeError("+33639980001"), undefined],
    [new TypeError("a\n    at +33639980001"), undefined],
    [new Error("+33639980001", { cause: new URIError("+33639980001") }), undefined],
  ] as const) {
    const { handler, logged } = noting({
      handle: () => {
        throw thrown;
      },
    });
    await handler(batch(record()), contextOf());
    assert.equal(logged[0]?.reason, reason);
    assert.equal(logged[0]?.cause, thrown.cause === undefined ? undefined : "URIError");
    assert.equal(logged[0]?.stack?.some((call) => call.includes("powertools.test")), reason === undefined || undefined);
    assert(!JSON.stringify(logged).includes("+336"));
  }
});

test("an error whose text has changed is logged without its calls", async () => {
  for (const message of ["changed", ""]) {
    const { handler, logged } = noting({
      handle: () => {
        const error = new Error("\n    at +33639980001");
        // The first access fixes the text in it.
        void error.stack;
        throw Object.assign(error, { message });
      },
    });
    await handler(batch(record()), contextOf());
    assert.deepStrictEqual([logged[0]?.error, logged[0]?.stack], ["Error", undefined]);
  }
});

test("the failure is one line of JSON", async (context) => {
  const lines: string[] = [];
  const handler = consumer({
    name: "line",
    table: store.name,
    client: store.client(),
    handle: () => assert.fail("+33639980001"),
  });
  const one = record({ id: "evt\n1" });
  const write = process.stdout.write.bind(process.stdout);
  // The test runner reports through the same stream.
  const mock = context.mock.method(process.stdout, "write", (...given: Parameters<typeof write>) => {
    return String(given[0]).includes(one.messageId) ? lines.push(String(given[0])) > 0 : write(...given);
  });
  await handler(batch(one), contextOf());
  mock.mock.restore();
  const [line = ""] = lines;
  assert.equal(line.indexOf("\n"), line.length - 1);
  const { timestamp, stack, ...rest } = JSON.parse(line) as Record<string, string>;
  assert(stack !== undefined && stack.length > 0);
  assert(!Number.isNaN(Date.parse(timestamp ?? "")));
  assert.deepStrictEqual(rest, {
    level: "ERROR",
    message: "record failed",
    consumer: "line",
    message_id: one.messageId,
    event_type: "verify.attempt",
    event_id: "evt\n1",
    error: "AssertionError",
  });
});

test("the types are those of a Lambda handler", async () => {
  const handler: (...given: Parameters<SQSHandler>) => ReturnType<SQSHandler> = consumer({
    name: "types",
    table: store.name,
    client: store.client(),
    handle: () => {},
  });
  const event: SQSEvent = batch();
  assert.deepStrictEqual(await handler(event, contextOf() as never, () => {}), { batchItemFailures: [] });
});
