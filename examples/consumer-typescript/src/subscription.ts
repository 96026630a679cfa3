/** Keeps who is subscribed, in the order of the events and not of their arrival. */

import { ConditionalCheckFailedException, UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KnownEventOf } from "prelude-events";
import { RecordError } from "prelude-events/powertools";

import { firstTime, type Moment } from "./time.js";

/** A user's STOP or START. */
export interface Change {
  readonly id: string;
  readonly isSubscribed: boolean;
  readonly time: Moment;
}

export type SubscriptionEvent = KnownEventOf<"marketing.subscription.stop" | "marketing.subscription.start">;

/**
 * Reads the change. Throws `RecordError` if the event lacks a number or a readable time, and for an unsigned START.
 *
 * An unsigned STOP is a change, because an unsubscription only protects the user.
 */
export function subscriptionChange({ type, payload, createdAt }: SubscriptionEvent, isSigned: boolean): Change {
  const { from, to, received_at } = payload;
  const isSubscribed = type === "marketing.subscription.start";
  if (isSubscribed && !isSigned) throw new RecordError("START is not signed: expected authentication signature");
  if (from === undefined || to === undefined) throw new RecordError("a number is missing: expected from and to");
  return {
    id: `subscription#${to}#${from}`,
    isSubscribed,
    time: firstTime(received_at, createdAt),
  };
}

/** Writes the change, unless the table holds a later one. At the same time, STOP wins. */
export async function saveChange(client: DynamoDBClient, table: string, change: Change): Promise<void> {
  const { id, isSubscribed, time } = change;
  const command = new UpdateItemCommand({
    TableName: table,
    Key: { id: { S: id } },
    UpdateExpression: "SET subscribed = :subscribed, as_of = :as_of, as_of_nanos = :nanos",
    ConditionExpression: `attribute_not_exists(as_of_nanos) OR as_of_nanos ${isSubscribed ? "<" : "<="} :nanos`,
    ExpressionAttributeValues: {
      ":subscribed": { BOOL: isSubscribed },
      ":as_of": { S: time.text },
      ":nanos": { N: String(time.nanos) },
    },
  });
  try {
    await client.send(command);
  } catch (error) {
    // The event came late: the table is right already.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
