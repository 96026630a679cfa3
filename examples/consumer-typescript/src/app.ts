/** Lambda's handler, `app.handler`. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Dispatcher } from "prelude-events";
import { consumer } from "prelude-events/powertools";

import { isSignedEvent } from "./authentication.js";
import { addCharge, chargeOf, type ChargedEvent } from "./cost.js";
import { ignored } from "./log.js";
import { settings } from "./settings.js";
import { saveChange, subscriptionChange, type SubscriptionEvent } from "./subscription.js";

const { name, idempotencyTable, dataTable } = settings(process.env);
const client = new DynamoDBClient({});

const change = (event: SubscriptionEvent, isSigned: boolean): Promise<void> =>
  saveChange(client, dataTable, subscriptionChange(event, isSigned));

const count = async (event: ChargedEvent, isSigned: boolean): Promise<void> => {
  const charge = chargeOf(event, isSigned);
  if (charge === undefined) return ignored(event);
  await addCharge(client, dataTable, charge);
};

const dispatcher = new Dispatcher<Promise<void>, boolean>(async (event) => ignored(event))
  .on("marketing.subscription.stop", change)
  .on("marketing.subscription.start", change)
  .on("verify.authentication", count)
  .on("verify.attempt", count)
  .on("verify.delivery_status", count)
  .on("authentication", count)
  .on("attempt", count);

export const handler = consumer({
  // Also fails ignored events of an unknown sender.
  handle: async (event, record) => dispatcher.dispatch(event, isSignedEvent(record)),
  name,
  table: idempotencyTable,
  client,
});
