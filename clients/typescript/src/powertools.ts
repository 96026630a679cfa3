/** The Lambda handler of an SQS queue, a thin layer over AWS Powertools: import it from `prelude-events/powertools`. */

import {
  BatchProcessor,
  EventType as BatchType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from "@aws-lambda-powertools/batch";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";

import { attribute, idempotencyKey } from "./attributes.js";
import type { Dispatcher } from "./dispatcher.js";
import { asError, failureOf, NotStartedError, printFailure, RecordError, type Failure } from "./failure.js";
import type { LambdaContext, SqsBatchResponse, SqsEvent, SqsRecord } from "./lambda.js";
import { parse } from "./parse.js";
import type { Event } from "./types.js";

export { NotStartedError, RecordError, type Failure } from "./failure.js";
export type { LambdaContext, SqsBatchResponse, SqsEvent, SqsRecord } from "./lambda.js";

/** A handler of every event, or a `Dispatcher`. Both get the record as well. */
export type ConsumerOptions = Settings &
  (
    | { readonly handle: (event: Event, record: SqsRecord) => unknown; readonly dispatcher?: undefined }
    | { readonly dispatcher: Pick<Dispatcher<unknown, SqsRecord>, "dispatch">; readonly handle?: undefined }
  );

interface Settings {
  /** Name of the consumer. Every id in the table begins with it, so that consumers that share a table stay apart. */
  readonly name: string;
  /** Name of the DynamoDB table, in the form that Powertools' idempotency documents. */
  readonly table: string;
  /**
   * Seconds for which the table remembers an event.
   *
   * The default is 30 days: two weeks of Prelude's retries, and two of the queue.
   */
  readonly expiresAfter?: number | undefined;
  /** The AWS SDK's `DynamoDBClient`; otherwise one with the SDK's defaults. */
  readonly client?: Client | undefined;
  /** Writes the line of a failed record; otherwise the line is JSON on the standard output. */
  readonly log?: ((failure: Failure) => void) | undefined;
}

/** The part of the AWS SDK's clients that Powertools looks for. */
interface Client {
  readonly config: object;
  readonly middlewareStack: object;
  readonly send: (...args: never[]) => unknown;
}

const DEFAULT_EXPIRY = 30 * 86_400;

/** A day in milliseconds is longer, so a mistaken unit shows at start. */
const MAX_EXPIRY = 400 * 86_400;

/**
 * The Lambda handler of a queue with `ReportBatchItemFailures`.
 *
 * It handles one record after another: claims the event in the table, awaits the handler, then marks the event as done.
 * An error of one record fails that record, and on a FIFO queue the rest of its group. An error outside of any record is
 * thrown, and so fails the invocation.
 */
export function consumer(
  options: ConsumerOptions,
): (event: SqsEvent, context: LambdaContext) => Promise<SqsBatchResponse> {
  const handle = handlerOf(options);
  const { name, table, log = printFailure, expiresAfter = DEFAULT_EXPIRY } = options;
  if (typeof name !== "string" || name === "" || name !== name.trim()) {
    throw new TypeError("the name of the consumer is missing, or has white space at an end: expected a text");
  }
  if (typeof table !== "string" || table === "") {
    throw new TypeError("the table is missing: expected the name of a DynamoDB table");
  }
  // Powertools adds it to the time, and would append a text.
  if (typeof expiresAfter !== "number" || !(expiresAfter > 0 && expiresAfter <= MAX_EXPIRY)) {
    throw new TypeError(`expiresAfter is out of range: expected a number of up to ${MAX_EXPIRY} seconds`);
  }
  if (typeof log !== "function") throw new TypeError("log has an unexpected form: expected a function");
  const store = new DynamoDBPersistenceLayer({ tableName: table, ...clientOf(options) });

  return async (event, context) => {
    // An invocation has its own, because Lambda may run several at a time in one process.
    const config = new IdempotencyConfig({ expiresAfterSeconds: expiresAfter, throwOnNoIdempotencyKey: true });
    config.registerLambdaContext(deadlineOf(context));
    let lastTook = 1;

    const once = async (record: SqsRecord): Promise<void> => {
      if (!attribute(record.messageAttributes, "event_id")) {
        throw new RecordError("attribute event_id is missing or empty: expected a message of the receiver");
      }
      const parsed = parse(record.body);
      let thrown: Error | undefined;
      const claimed = makeIdempotent(
        async (_key: string) => {
          try {
            // Returns nothing, because Powertools stores what this returns.
            await handle(parsed, record);
          } catch (error) {
            throw (thrown = asError(error));
          }
        },
        { persistenceStore: store, config, keyPrefix: name },
      );
      try {
        await claimed(idempotencyKey(record.messageAttributes));
      } catch (error) {
        // Powertools reports its failure to release the claim in place of the handler's error.
        throw thrown ?? error;
      }
    };

    const inTime = async (record: SqsRecord): Promise<void> => {
      if (context.getRemainingTimeInMillis() < lastTook) {
        throw new NotStartedError("the time left is less than the last record took");
      }
      const started = performance.now();
      try {
        await once(record);
      } finally {
        lastTook = Math.max(1, performance.now() - started);
      }
    };

    const records = recordsOf(event);
    return processPartialResponse({ Records: records as never[] }, inTime, processorOf(records, name, log), {
      processInParallel: false,
      skipGroupOnError: true,
      throwOnFullBatchFailure: false,
    } as object);
  };
}

function handlerOf({ handle, dispatcher }: ConsumerOptions): (event: Event, record: SqsRecord) => unknown {
  if ((handle === undefined) === (dispatcher === undefined)) {
    throw new TypeError("the handler is missing, or there are two: expected handle or dispatcher");
  }
  if (dispatcher !== undefined) return (event, record) => dispatcher.dispatch(event, record);
  if (typeof handle !== "function") throw new TypeError("handle has an unexpected form: expected a function");
  return handle;
}

function clientOf({ client }: ConsumerOptions): object {
  return client === undefined ? {} : { awsSdkV3Client: client };
}

/**
 * The end of the invocation, which ends its claims too.
 *
 * At least a millisecond is left, because Powertools gives a claim without any time no end.
 */
function deadlineOf(context: LambdaContext): Parameters<IdempotencyConfig["registerLambdaContext"]>[0] {
  if (typeof context?.getRemainingTimeInMillis !== "function") {
    throw new TypeError("the context is missing: expected the context of a Lambda function");
  }
  const deadline = { getRemainingTimeInMillis: () => Math.max(1, context.getRemainingTimeInMillis()) };
  return deadline as Parameters<IdempotencyConfig["registerLambdaContext"]>[0];
}

function recordsOf(event: SqsEvent): SqsEvent["Records"] {
  if (!Array.isArray(event?.Records)) throw new TypeError("the event has no records: expected an event of SQS");
  return event.Records;
}

/** A new processor for each invocation, because processors of older versions remember failed groups. */
function processorOf(
  records: SqsEvent["Records"],
  name: string,
  log: (failure: Failure) => void,
): BatchProcessor {
  // All records come from one queue.
  const isFifo = records[0]?.eventSourceARN.endsWith(".fifo");
  const processor = isFifo ? new SqsFifoPartialProcessorAsync() : new BatchProcessor(BatchType.SQS);
  const fail = processor.failureHandler.bind(processor);
  processor.failureHandler = (record, error) => {
    log(failureOf(name, record as SqsRecord, error));
    return fail(record, error);
  };
  return processor;
}
