/// Names of the message attributes that identify an event together.
const IDENTITY: [&str; 4] = ["source", "app_id", "event_type", "event_id"];

/// `<source>#<app_id>#<event_type>#<event_id>`, the same for every copy of an event. Absent attributes are empty.
///
/// `attribute` returns the text of a message attribute by its name, so any SQS client fits. Key idempotency on the
/// result, and keep the keys for at least 30 days. SQS's message id does not identify an event, because a retry of
/// Prelude is a new message.
///
/// SQS returns attributes only on request (`MessageAttributeNames: ["All"]`). Lambda requests them. Without them the keys of
/// all events are equal.
///
/// ```
/// use std::collections::HashMap;
///
/// let attributes = HashMap::from([
///     ("source", "verify"),
///     ("event_type", "verify.attempt"),
///     ("event_id", "evt_01jnh50110f1gt7n74yb6kcrzb"),
/// ]);
/// let key = prelude_events::idempotency_key(|name| attributes.get(name).copied());
/// assert_eq!(key, "verify##verify.attempt#evt_01jnh50110f1gt7n74yb6kcrzb");
/// ```
#[must_use]
pub fn idempotency_key<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> String {
    IDENTITY.map(|name| attribute(name).unwrap_or_default()).join("#")
}
