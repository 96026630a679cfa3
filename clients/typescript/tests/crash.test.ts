/** A crash or a fault at every step: claim, do, complete, and release after an error. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { consumer } from "prelude-events/powertools";

import { table, type Fault, type Moment, type Table } from "./dynamodb.js";
import { batch, contextOf, record, sleep } from "./records.js";

let store: Table;
before(async () => {
  store = await table();
});
after(() => store.close());

interface Plan {
  readonly fault?: Omit<Fault, "isCrash">;
  /** The moment at which the handler throws, relative to its effect. */
  readonly thrown?: Moment;
  /** Effects if no later try of the SDK mends the fault. */
  readonly effects: number;
}

/** An effect is repeated only where the table holds no trace of it. */
const PLANS: Plan[] = [
  { effects: 1 },
  { fault: { operation: "PutItem", moment: "before" }, effects: 1 },
  { fault: { operation: "PutItem", moment: "after" }, effects: 1 },
  { fault: { operation: "UpdateItem", moment: "before" }, effects: 2 },
  { fault: { operation: "UpdateItem", moment: "after" }, effects: 1 },
  { thrown: "before", effects: 1 },
  { thrown: "before", fault: { operation: "DeleteItem", moment: "before" }, effects: 1 },
  { thrown: "before", fault: { operation: "DeleteItem", moment: "after" }, effects: 1 },
  { thrown: "after", effects: 2 },
  { thrown: "after", fault: { operation: "DeleteItem", moment: "before" }, effects: 2 },
  { thrown: "after", fault: { operation: "DeleteItem", moment: "after" }, effects: 2 },
];

/** An invocation that ends soon after its last call. */
const ENDING = { getRemainingTimeInMillis: () => 100 };

for (const { fault, thrown, effects } of PLANS) {
  for (const isCrash of [true, false]) {
    for (const maxAttempts of [1, 3]) {
      const place = `${fault?.moment ?? "no fault"} ${fault?.operation ?? ""}, throws ${thrown ?? "never"}`;
      test(`${place}, ${isCrash ? "crash" : "fault"}, ${maxAttempts} attempts`, async () => {
        let done = 0;
        let toThrow = thrown;
        const handler = consumer({
          name: "crash",
          table: store.name,
          client: store.client(maxAttempts),
          log: () => {},
          handle: () => {
            const moment = toThrow;
            toThrow = undefined;
            if (moment === "before") throw new Error();
            done += 1;
            if (moment === "after") throw new Error();
          },
        });
        const one = record();
        store.fail(fault === undefined ? undefined : { ...fault, isCrash });
        let isDelivered = false;
        for (let delivery = 1; !isDelivered && delivery <= 5; delivery += 1) {
          const { batchItemFailures } = await handler(batch(one), ENDING);
          isDelivered = batchItemFailures.length === 0;
          store.fail(undefined);
          // A queue delivers again after the visibility timeout, which outlasts the invocation.
          if (!isDelivered) await sleep(ENDING.getRemainingTimeInMillis() + 5);
        }
        assert(isDelivered);
        const isMended = !isCrash && maxAttempts > 1 && fault?.operation === "UpdateItem";
        assert.equal(done, isMended ? 1 : effects);
        const count = done;
        assert.deepStrictEqual(await handler(batch(one), contextOf()), { batchItemFailures: [] });
        assert.equal(done, count, "the event is done");
      });
    }
  }
}

test("a process that dies while it works is followed by another", async () => {
  let started = 0;
  let done = 0;
  const options = { name: "death", table: store.name, client: store.client(), log: () => {} };
  const dying = consumer({
    ...options,
    handle: () => {
      started += 1;
      return new Promise<never>(() => {});
    },
  });
  const one = record();
  void dying(batch(one), contextOf(1_000));
  while (started === 0) await sleep(1);
  const following = consumer({ ...options, handle: () => (done += 1) });
  assert.equal((await following(batch(one), contextOf())).batchItemFailures.length, 1, "the claim is held");
  await sleep(1_000);
  assert.deepStrictEqual(await following(batch(one), contextOf()), { batchItemFailures: [] });
  assert.deepStrictEqual([started, done], [1, 1]);
});

test("the line of a failure names the AWS SDK's error", async () => {
  const lines: unknown[] = [];
  const handler = consumer({
    name: "sdk",
    table: `${store.name}-missing`,
    client: store.client(),
    handle: () => {},
    log: (failure) => lines.push(`${failure.error} ${failure.cause}`),
  });
  store.fail({ operation: "PutItem", moment: "before", isCrash: false });
  await handler(batch(record()), contextOf());
  assert.match(String(lines[0]), /^IdempotencyPersistenceLayerError (TimeoutError|Error)$/);
});
