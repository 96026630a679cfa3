/**
 * A table of DynamoDB behind HTTP, with faults at chosen calls.
 *
 * With `PRELUDE_CLI_TEST_MOTO` the calls reach moto's server. Otherwise they reach a table in this process, with the few
 * operations and expressions that Powertools' idempotency uses.
 */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** The moment of a fault, relative to the effect of its call. */
export type Moment = "before" | "after";

/** A call that fails, e.g. the 1st `PutItem`. The connection breaks, as if the network or the process did. */
export interface Fault {
  readonly operation: string;
  readonly moment: Moment;
  /** True if every later call fails too, as in a process that died. */
  readonly isCrash: boolean;
}

export interface Table {
  readonly name: string;
  readonly endpoint: string;
  client(maxAttempts?: number): DynamoDBClient;
  /** Sets the fault of the next call of its operation, or removes it. */
  fail(fault: Fault | undefined): void;
  items(): Promise<Item[]>;
  close(): Promise<void>;
}

export type Item = Record<string, Value>;
type Value = { S?: string; N?: string };
type Backend = (operation: string, body: string, headers: Record<string, string>) => Promise<[status: number, body: string]>;

export async function table(): Promise<Table> {
  const moto = process.env["PRELUDE_CLI_TEST_MOTO"];
  const name = `idempotency-${randomUUID()}`;
  const backend = moto === undefined ? memory() : forwarded(moto);
  let fault: Fault | undefined;
  let isDead = false;

  const server = createServer((request, response) => {
    void (async () => {
      const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
      const body = await textOf(request);
      const moment = isDead ? "before" : fault?.operation === operation ? fault.moment : undefined;
      if (!isDead && moment !== undefined) {
        isDead = fault?.isCrash === true;
        fault = undefined;
      }
      if (moment === "before") return request.socket.destroy();
      const [status, answer] = await backend(operation, body, {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": String(request.headers["x-amz-target"]),
        authorization: String(request.headers.authorization),
      });
      if (moment === "after") return request.socket.destroy();
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(answer);
      return undefined;
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const send = async (operation: string, input: object): Promise<{ Items?: Item[] }> => {
    const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request";
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` };
    const [status, answer] = await backend(operation, JSON.stringify(input), { ...headers, authorization });
    if (status !== 200) throw new Error(answer);
    return JSON.parse(answer) as { Items?: Item[] };
  };
  await send("CreateTable", {
    TableName: name,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  return {
    name,
    endpoint,
    client: (maxAttempts = 1) => new DynamoDBClient({ endpoint, region: "eu-west-1", credentials, maxAttempts }),
    fail(next) {
      fault = next;
      isDead = false;
    },
    items: async () => (await send("Scan", { TableName: name })).Items ?? [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function forwarded(url: string): Backend {
  return async (_operation, body, headers) => {
    const response = await fetch(url, { method: "POST", body, headers });
    return [response.status, await response.text()];
  };
}

interface Input {
  readonly Item: Item;
  readonly Key: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
}

function memory(): Backend {
  const items = new Map<string, Item>();
  return async (operation, body) => {
    const input = JSON.parse(body) as Input;
    const id = (input.Item ?? input.Key)?.["id"]?.S ?? "";
    const stored = items.get(id) ?? {};
    if (input.ConditionExpression !== undefined && !holds(input.ConditionExpression, stored, input)) {
      const type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
      return [400, JSON.stringify({ __type: type, message: "The conditional request failed", Item: stored })];
    }
    switch (operation) {
      case "PutItem":
        items.set(id, input.Item);
        break;
      case "UpdateItem":
        items.set(id, { ...stored, ...input.Key, ...assigned(input) });
        break;
      case "DeleteItem":
        items.delete(id);
        break;
      case "Scan":
        return [200, JSON.stringify({ Items: [...items.values()] })];
      case "CreateTable":
        break;
      default:
        throw new Error(`operation ${operation} is not implemented`);
    }
    return [200, "{}"];
  };
}

/** `SET a = :b, c = :d`. */
function assigned({ UpdateExpression, ...input }: Input): Item {
  const pairs = UpdateExpression.replace(/^SET /, "").split(", ");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", value = ""] = pair.split(" = ");
      return [nameOf(name, input), input.ExpressionAttributeValues?.[value] ?? {}];
    }),
  );
}

/** Alternatives of conjunctions of functions and comparisons. Parentheses only group conjunctions. */
function holds(expression: string, item: Item, input: Names): boolean {
  return expression.split(" OR ").some((alternative) =>
    alternative
      .replace(/^\((.*)\)$/, "$1")
      .split(" AND ")
      .every((term) => holdsTerm(term, item, input)),
  );
}

function holdsTerm(term: string, item: Item, input: Names): boolean {
  const [, negated, attribute = ""] = /^attribute_(not_)?exists\((\S+)\)$/.exec(term) ?? [];
  if (attribute !== "") return nameOf(attribute, input) in item === (negated === undefined);
  const [, name = "", operator, value = ""] = /^(\S+) (<|=) (\S+)$/.exec(term) ?? [];
  const [left, right] = [item[nameOf(name, input)], input.ExpressionAttributeValues?.[value]];
  if (operator === undefined || right === undefined) throw new Error(`condition ${term} is not implemented`);
  if (left === undefined) return false;
  return operator === "=" ? left.S === right.S && left.N === right.N : Number(left.N) < Number(right.N);
}

type Names = Pick<Input, "ExpressionAttributeNames" | "ExpressionAttributeValues">;

function nameOf(name: string, { ExpressionAttributeNames = {} }: Names): string {
  return ExpressionAttributeNames[name] ?? name;
}
