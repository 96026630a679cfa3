import { attribute, Dispatcher } from "prelude-events";
import { consumer, RecordError, type SqsRecord } from "prelude-events/powertools";

const dispatcher = new Dispatcher<Promise<void>, SqsRecord>(async (event) => console.log("ignored:", event.type));
dispatcher.on("verify.attempt", async ({ payload }, record) => {
  // A RecordError fails this record alone, and its text is logged.
  if (payload.id === undefined) throw new RecordError("attempt has no id");
  if (attribute(record.messageAttributes, "authentication") !== "signature") throw new RecordError("event is not signed");
  console.log("charge", payload.id, payload.price?.amount, payload.price?.currency);
});

const table = process.env["IDEMPOTENCY_TABLE"];
if (!table) throw new Error("IDEMPOTENCY_TABLE is missing: expected the name of a DynamoDB table");

export const handler = consumer({ dispatcher, name: "prices", table });
