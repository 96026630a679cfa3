// The receiver's job as a user would write it: checks the signature, groups the events by type, and sends each to the
// queue of its type with the attributes of docs/messages.md. Accepts events of Verify and Session.

import { constants, createHash, createPublicKey, verify } from "node:crypto";
import { SQSClient, SendMessageBatchCommand } from "@aws-sdk/client-sqs";

const SCHEME = "rsassa-pss-sha256=";
const MAX_ENTRIES = 10;

// Otherwise the host of a queue's URL would win over AWS_ENDPOINT_URL_SQS.
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const prefix = process.env.PRELUDE_QUEUE_URL_PREFIX;
const accountKey = readKey(process.env.PRELUDE_PUBLIC_KEYS);
const appKeys = new Map(
  JSON.parse(process.env.PRELUDE_APPS).map((app) => [app.app_id, readKey(app.public_keys[0])]),
);

/** Reads a PEM text that may have lost its line ends, and names the key by its RFC 7638 thumbprint. */
function readKey(pem) {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, "");
  const key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  const { e, n } = key.export({ format: "jwk" });
  const id = createHash("sha256").update(JSON.stringify({ e, kty: "RSA", n })).digest("base64url");
  return { key, id };
}

function isSigned(body, header, key) {
  if (!header?.startsWith(SCHEME)) {
    return false;
  }
  const signature = Buffer.from(header.slice(SCHEME.length), "base64url");
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return verify("sha256", body, pss, signature);
}

/** The text of each element of a batch's array, as it was sent. */
function* elements(text) {
  const start = text.indexOf("[", text.indexOf('"events"'));
  let depth = 0;
  let begin = 0;
  let inString = false;
  for (let i = start + 1; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") {
        i++;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = true;
    } else if (character === "{" || character === "[") {
      if (depth++ === 0) {
        begin = i;
      }
    } else if (character === "}" || character === "]") {
      if (depth-- === 0) {
        return;
      }
      if (depth === 0) {
        yield text.slice(begin, i + 1);
      }
    }
  }
}

const attribute = (StringValue) => ({ DataType: "String", StringValue });

export async function handler(event, context) {
  const body = Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8");
  const text = body.toString("utf8");
  const delivery = JSON.parse(text);
  const isBatch = Array.isArray(delivery.events);
  const signer = isBatch ? appKeys.get(delivery.app_id) : accountKey;
  if (signer === undefined || !isSigned(body, event.headers["x-webhook-signature"], signer.key)) {
    return { statusCode: 401, body: "unauthorized" };
  }

  const common = {
    source: attribute(isBatch ? "session" : "verify"),
    authentication: attribute("signature"),
    key_id: attribute(signer.id),
    request_id: attribute(context.awsRequestId),
    received_at: attribute(new Date().toISOString()),
  };
  if (isBatch) {
    common.app_id = attribute(delivery.app_id);
  }
  const queues = new Map();
  for (const raw of isBatch ? elements(text) : [text]) {
    const { id, type } = JSON.parse(raw);
    const queue = prefix + type.replace(/[._]/g, "-");
    const entries = queues.get(queue) ?? [];
    queues.set(queue, entries);
    entries.push({
      Id: String(entries.length % MAX_ENTRIES),
      MessageBody: raw,
      MessageAttributes: { ...common, event_type: attribute(type), event_id: attribute(id) },
    });
  }

  const calls = [];
  for (const [QueueUrl, entries] of queues) {
    for (let start = 0; start < entries.length; start += MAX_ENTRIES) {
      const Entries = entries.slice(start, start + MAX_ENTRIES);
      calls.push(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
    }
  }
  const answers = await Promise.all(calls);
  if (answers.some((answer) => answer.Failed?.length > 0)) {
    return { statusCode: 503, body: "unavailable" };
  }
  const accepted = isBatch ? delivery.events.length : 1;
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ accepted }) };
}
