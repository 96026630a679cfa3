// Validates clients/asyncapi.yaml by AsyncAPI's own parser. Fails on errors and on warnings.
"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");

const { DiagnosticSeverity, Parser } = require("@asyncapi/parser");

const CLIENTS = join(__dirname, "../../clients");

async function main() {
  const { document, diagnostics } = await new Parser().parse(readFileSync(join(CLIENTS, "asyncapi.yaml"), "utf8"));
  for (const { code, message, path, severity } of diagnostics) {
    console.log(DiagnosticSeverity[severity], code, path.join("."), message);
  }
  const faults = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
  const counts = document && {
    channels: document.channels().length,
    messages: document.messages().length,
    operations: document.operations().length,
  };
  console.log(counts);
  // One for each event type, and one for the parking queue.
  const expected = readdirSync(join(CLIENTS, "schemas/codegen")).length + 1;
  return faults.length === 0 && Object.values(counts).every((count) => count === expected) ? 0 : 1;
}

main().then((code) => {
  process.exitCode = code;
});
