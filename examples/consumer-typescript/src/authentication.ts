import { attribute } from "prelude-events";
import { RecordError, type SqsRecord } from "prelude-events/powertools";

/** Tells a signed event from an unsigned one. Throws `RecordError` for a record that is neither. */
export function isSignedEvent({ messageAttributes }: SqsRecord): boolean {
  switch (attribute(messageAttributes, "authentication")) {
    case "signature":
      return true;
    case "secret_path":
      return false;
    default:
      // A newer receiver, or another sender.
      throw new RecordError("authentication is missing or unknown: expected signature or secret_path");
  }
}
