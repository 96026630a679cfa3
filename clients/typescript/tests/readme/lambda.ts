import { Dispatcher } from "prelude-events";
import { consumer } from "prelude-events/powertools";

const dispatcher = new Dispatcher<Promise<void>>(async (event) => console.log("ignored:", event.type));
dispatcher.on("marketing.subscription.stop", async (event) => unsubscribe(event.payload.from));

export const handler = consumer({ dispatcher, name: "crm", table: process.env["IDEMPOTENCY_TABLE"] ?? "idempotency" });

async function unsubscribe(number: string | undefined): Promise<void> {
  console.log("unsubscribe a number of", number?.length, "characters");
}
