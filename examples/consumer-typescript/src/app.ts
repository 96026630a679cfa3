/** Lambda's handler, `app.handler`. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Dispatcher } from "prelude-events";
import { consumer } from "prelude-events/powertools";

import { addCharge, chargeOf, type ChargedEvent } from "./cost.js";
import { ignored } from "./log.js";
import { settings } from "./settings.js";
import { saveChange, subscriptionChange } from "./subscription.js";

const { name, idempotencyTable, dataTable } = settings(process.env);
const client = new DynamoDBClient({});

const count = async (event: ChargedEvent): Promise<void> => {
  const charge = chargeOf(event);
  if (charge === undefined) return ignored(event);
  await addCharge(client, dataTable, charge);
};

const dispatcher = new Dispatcher<Promise<void>>(async (event) => ignored(event))
  .on("marketing.subscription.stop", (event) => saveChange(client, dataTable, subscriptionChange(event)))
  .on("marketing.subscription.start", (event) => saveChange(client, dataTable, subscriptionChange(event)))
  .on("verify.authentication", count)
  .on("verify.attempt", count)
  .on("verify.delivery_status", count)
  .on("authentication", count)
  .on("attempt", count);

export const handler = consumer({ dispatcher, name, table: idempotencyTable, client });
