// Lambda's runtime for Node.js, as far as a consumer notices: loads `_HANDLER` from LAMBDA_TASK_ROOT, and calls it once for
// each event of the Runtime API. AWS's own client, the npm package aws-lambda-ric, compiles curl and a native module when it
// is installed, and needs cmake.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

async function post(path, content) {
  const response = await fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(content ?? null) });
  await response.arrayBuffer();
}

function spelled(error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { errorType: name, errorMessage: message, trace: stack?.split("\n") };
}

async function load() {
  const [file, name] = process.env._HANDLER.split(".");
  const root = process.env.LAMBDA_TASK_ROOT;
  // Lambda's order.
  const path = [".js", ".mjs", ".cjs"].map((ending) => join(root, file + ending)).find(existsSync);
  if (path === undefined) {
    throw new Error(`${file} is missing in ${root}`);
  }
  const handler = (await import(pathToFileURL(path).href))[name];
  if (typeof handler !== "function") {
    throw new Error(`${process.env._HANDLER} is not a function`);
  }
  return handler;
}

function context(headers) {
  const deadline = Number(headers.get("lambda-runtime-deadline-ms"));
  return {
    awsRequestId: headers.get("lambda-runtime-aws-request-id"),
    invokedFunctionArn: headers.get("lambda-runtime-invoked-function-arn"),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

let handler;
try {
  handler = await load();
} catch (error) {
  console.error(error);
  await post("init/error", spelled(error));
  process.exit(1);
}

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const event = await next.json();
  const id = next.headers.get("lambda-runtime-aws-request-id");
  try {
    await post(`invocation/${id}/response`, await handler(event, context(next.headers)));
  } catch (error) {
    console.error(error);
    await post(`invocation/${id}/error`, spelled(error));
  }
}
