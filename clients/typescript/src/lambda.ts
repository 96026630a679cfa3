/** The parts of Lambda's types that a consumer needs. Those of `@types/aws-lambda` fit. */

import type { Attributes } from "./attributes.js";

/** A message of a queue. */
export interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  /** The attributes that the receiver set, e.g. `authentication`. */
  readonly messageAttributes: Attributes;
  /** The attributes that SQS set. */
  readonly attributes: {
    readonly ApproximateReceiveCount?: string | undefined;
    readonly SentTimestamp?: string | undefined;
    /** Group of the message, on FIFO queues. */
    readonly MessageGroupId?: string | undefined;
  };
  readonly eventSourceARN: string;
}

/** An event of Lambda's event source mapping. */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/** Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** The answer that reports the failed records. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}
