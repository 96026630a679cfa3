import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

test("the examples of README.md are the files of tests/readme", () => {
  const blocks = [...read("README.md").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  const files = readdirSync(new URL("tests/readme/", ROOT)).map((name) => read(`tests/readme/${name}`));
  assert.deepStrictEqual(blocks.sort(), files.sort());
  assert.equal(blocks.length, 4);
});

// Mandatory for lambda.ts.
process.env["IDEMPOTENCY_TABLE"] = "idempotency";

for (const name of readdirSync(new URL("tests/readme/", ROOT))) {
  test(`${name} runs`, async () => {
    await import(new URL(`build/readme/${name.replace(/ts$/, "js")}`, ROOT).href);
  });
}
