/** Hand-made events of Lambda. */

import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { LambdaContext } from "prelude-events/powertools";

export interface Parts {
  readonly id?: string;
  readonly type?: string;
  readonly body?: string;
  readonly group?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

let count = 0;

/** A message as the receiver sends it. Each has its own message id, as a retry of Prelude has. */
export function record({ id, type = "verify.attempt", body, group, attributes }: Parts = {}): SQSRecord {
  count += 1;
  const eventId = id ?? `evt_${count}`;
  const values = { source: "verify", event_type: type, event_id: eventId, ...attributes };
  const spelled = Object.entries(values).map(([name, stringValue]) => [name, { stringValue, dataType: "String" }]);
  return {
    messageId: `message-${count}`,
    receiptHandle: "handle",
    body: body ?? JSON.stringify({ id: eventId, type, payload: { id: eventId } }),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "0",
      SenderId: "sender",
      ApproximateFirstReceiveTimestamp: "0",
      ...(group === undefined ? {} : { MessageGroupId: group }),
    },
    messageAttributes: Object.fromEntries(spelled) as SQSRecord["messageAttributes"],
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:verify-attempt${group === undefined ? "" : ".fifo"}`,
    awsRegion: "eu-west-1",
  };
}

export const batch = (...records: SQSRecord[]): SQSEvent => ({ Records: records });

/** A context whose time runs out `ms` from now. */
export function contextOf(ms = 10_000): LambdaContext {
  const deadline = Date.now() + ms;
  return { getRemainingTimeInMillis: () => deadline - Date.now() };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
