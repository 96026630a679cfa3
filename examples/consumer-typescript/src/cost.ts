/**
 * Adds up what verification cost: each price once, and with its exact digits.
 *
 * Unsigned charges have sums of their own, because anyone who learns the secret path can send them. Compare these sums with
 * the invoice.
 */

import { TransactionCanceledException, TransactWriteItemsCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Decimal, KnownEventOf } from "prelude-events";
import { RecordError } from "prelude-events/powertools";

import { firstTime } from "./time.js";

/** A price that Prelude charged. */
export interface Charge {
  /** The same for all events that report this charge. */
  readonly id: string;
  readonly amount: Decimal;
  readonly currency: string;
  /** Month in UTC, e.g. `2025-03`. */
  readonly month: string;
  readonly isVerified: boolean;
}

export type ChargedEvent = KnownEventOf<
  "verify.authentication" | "verify.attempt" | "verify.delivery_status" | "authentication" | "attempt"
>;

/**
 * Reads the charge; `undefined` for an event without a price.
 *
 * Throws `RecordError` for a price without its currency, id or readable time.
 */
export function chargeOf(event: ChargedEvent, isSigned: boolean): Charge | undefined {
  const { amount, currency } = event.payload.price ?? {};
  if (amount === undefined) return undefined;
  if (currency === undefined) throw new RecordError("the price has no currency: expected one");
  const id = chargeId(event);
  const { nanos } = firstTime(event.payload.time, event.createdAt);
  const month = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 7);
  return { id, amount, currency, month, isVerified: isSigned };
}

/** Adds the charge to the month's cost, unless it was added before. */
export async function addCharge(client: DynamoDBClient, table: string, charge: Charge): Promise<void> {
  const { id, currency, month, isVerified } = charge;
  // DynamoDB's numbers are decimals of 38 digits, and the SDK sends the text as it is.
  const amount = { N: charge.amount };
  const command = new TransactWriteItemsCommand({
    TransactItems: [
      {
        Put: {
          TableName: table,
          Item: {
            id: { S: `charge#${id}` },
            amount,
            currency: { S: currency },
            ...(isVerified ? {} : { unverified: { BOOL: true } }),
          },
          ConditionExpression: "attribute_not_exists(id)",
        },
      },
      {
        Update: {
          TableName: table,
          Key: { id: { S: `cost#${isVerified ? "" : "unverified#"}${currency}#${month}` } },
          UpdateExpression: "ADD amount :amount, charges :one",
          ExpressionAttributeValues: { ":amount": amount, ":one": { N: "1" } },
        },
      },
    ],
  });
  try {
    await client.send(command);
  } catch (error) {
    if (!isCounted(error)) throw error;
  }
}

/** An attempt and its delivery reports carry the same price. */
function chargeId(event: ChargedEvent): string {
  switch (event.type) {
    case "verify.authentication":
      return idOf("verification", event.payload.verification_id);
    case "verify.attempt":
      return idOf("attempt", event.payload.id);
    case "verify.delivery_status":
      return idOf("attempt", event.payload.attempt_id);
    case "authentication":
      return idOf("authentication", event.payload.auth_uuid);
    case "attempt":
      return idOf("attempt", event.payload.attempt_uuid);
  }
}

function idOf(kind: string, id: string | undefined): string {
  if (id === undefined) throw new RecordError(`the price has no ${kind} id: expected one`);
  return `${kind}#${id}`;
}

/** Any other reason, e.g. a conflict of two transactions, fails the record, so that SQS delivers it again. */
function isCounted(error: unknown): boolean {
  return (
    error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === "ConditionalCheckFailed"
  );
}
