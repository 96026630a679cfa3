/** Reports failed records without personal data. */

import { attribute } from "./attributes.js";
import { DecodeError, ParseError, RegistrationError } from "./errors.js";
import type { SqsRecord } from "./lambda.js";

/** An error of one record. Its text is logged, so it must not hold personal data. */
export class RecordError extends Error {
  static {
    this.prototype.name = "RecordError";
  }
}

/** The record was not started. SQS delivers it again. */
export class NotStartedError extends RecordError {
  static {
    this.prototype.name = "NotStartedError";
  }
}

/** A failed record, as it is logged. */
export interface Failure {
  readonly level: "ERROR" | "WARN";
  readonly message: "record failed" | "record not started";
  /** Name of the consumer. */
  readonly consumer: string;
  readonly message_id: string;
  readonly event_type: string | undefined;
  readonly event_id: string | undefined;
  /** Name of the error. */
  readonly error: string;
  /** Text of the error. Only this package's errors and subclasses of `RecordError` have one here. */
  readonly reason: string | undefined;
  /** The calls that led to any other error, without its text. */
  readonly stack: readonly string[] | undefined;
  /** Name of the error's cause, e.g. of the AWS SDK's error. */
  readonly cause: string | undefined;
}

const SAFE = [RecordError, ParseError, DecodeError, RegistrationError];

/** Describes the failure of a record. */
export function failureOf(consumer: string, record: SqsRecord, thrown: Error): Failure {
  const error =
    thrown.name === "SqsFifoMessageGroupShortCircuitError"
      ? new NotStartedError("an earlier record of the group failed or was not started")
      : thrown;
  const isStarted = !(error instanceof NotStartedError);
  const isSafe = SAFE.some((safe) => error instanceof safe);
  return {
    level: isStarted ? "ERROR" : "WARN",
    message: isStarted ? "record failed" : "record not started",
    consumer,
    message_id: record.messageId,
    event_type: attribute(record.messageAttributes, "event_type"),
    event_id: attribute(record.messageAttributes, "event_id"),
    error: error.name,
    reason: isSafe ? error.message : undefined,
    stack: isSafe ? undefined : callsOf(error),
    cause: error.cause instanceof Error ? error.cause.name : undefined,
  };
}

/** The lines behind the error's text; none if the text has changed, because then its end is not known. */
function callsOf({ stack = "", message }: Error): string[] | undefined {
  const name = /^[^:\n]*/.exec(stack)?.[0] ?? "";
  const head = message === "" ? `${name}\n` : `${name}: ${message}\n`;
  if (!stack.startsWith(head)) return undefined;
  return stack.slice(head.length).split("\n").map((line) => line.trim().replace(/^at /, ""));
}

/** Writes the line past Lambda's `console`, which would put text before the JSON. */
export function printFailure(failure: Failure): void {
  const line = { timestamp: new Date().toISOString(), ...failure };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The error itself. Anything else that was thrown would make Powertools fail the whole batch. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new RecordError("the handler threw something other than an error");
}
