/** Message attributes, as a Lambda event (`stringValue`) or an AWS SDK (`StringValue`) spells them. */
export type Attributes = { readonly [name: string]: unknown } | null | undefined;

const IDENTITY = ["source", "app_id", "event_type", "event_id"];

/**
 * `<source>#<app_id>#<event_type>#<event_id>`, the same for every copy of an event. Absent values are empty.
 *
 * SQS's message id is no substitute, because a retry of Prelude is a new message. SQS returns attributes only on request
 * (`MessageAttributeNames: ["All"]`): without them the keys of all events are equal. Lambda requests them.
 */
export function idempotencyKey(attributes: Attributes): string {
  return IDENTITY.map((name) => attribute(attributes, name) ?? "").join("#");
}

/** The value of a message attribute; `undefined` if it is absent. */
export function attribute(attributes: Attributes, name: string): string | undefined {
  let value = attributes != null && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (typeof value === "object" && value !== null) {
    const spellings: { stringValue?: unknown; StringValue?: unknown } = value;
    value = spellings.stringValue || spellings.StringValue;
  }
  return typeof value === "string" ? value : undefined;
}
