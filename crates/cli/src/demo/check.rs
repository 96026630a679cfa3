//! Compares the answer and the messages of a delivery with the expected ones.

use serde_json::Value;

use super::{
    mail::{Mail, joined},
    plan::{Destination, Expected, Planned},
    report::{Kind, Row},
};
use prelude_local::{aws::sqs::ReceivedMessage, receiver::Answer};

/// Builds the row of a delivery, and takes its messages out of the mail.
pub(super) fn judge(planned: &Planned, expected: &Expected, answer: &Answer, mail: &mut Mail) -> Row {
    let mut row = Row {
        kind: Kind::Routed,
        sent: planned.sent.clone(),
        status: Some(answer.status),
        answer: answer.body.clone(),
        queue: None,
        messages: Vec::new(),
        note: None,
        ok: false,
        expected: None,
    };
    let mut wanted = Vec::new();
    if answer.status != expected.status || !same_json(&answer.body, &expected.body) {
        wanted.push(format!("the answer {} {}", expected.status, expected.body));
    }
    match &planned.destination {
        Destination::Challenge => {
            row.kind = Kind::Activation;
            row.note = Some("challenge answered".to_owned());
        }
        Destination::Refused => {
            row.kind = Kind::Refused;
            row.note = Some(refusal(answer));
        }
        Destination::Routed { queue, event_type, authentication, body } => {
            row.queue = Some(queue.clone());
            let same_type = |message: &ReceivedMessage| message.attribute("event_type") == Some(event_type);
            match mail.take(queue, |message| message.body == *body).or_else(|| mail.take(queue, same_type)) {
                Some(message) => {
                    wanted.extend(body_difference(&message, body));
                    wanted.extend(attribute_difference(&message, "event_type", event_type));
                    wanted.extend(attribute_difference(&message, "authentication", authentication));
                    row.messages.push(message.message_id);
                }
                None => wanted.push(format!("a message in {queue}")),
            }
        }
        Destination::Parked { queue, reason: "oversize", body } => {
            row.kind = Kind::Parked;
            row.queue = Some(queue.clone());
            let parts = mail.take_parts(queue, "oversize");
            row.note = Some(format!("oversize, {} parts", parts.len()));
            match joined(&parts) {
                _ if parts.is_empty() => wanted.push(format!("messages in {queue} with reason `oversize`")),
                Ok(event) if event == *body => {}
                Ok(_) => wanted.push("the event byte for byte in its parts".to_owned()),
                Err(expected) => wanted.push(expected),
            }
            row.messages = parts.into_iter().map(|part| part.message_id).collect();
        }
        Destination::Parked { queue, reason, body } => {
            row.kind = Kind::Parked;
            row.queue = Some(queue.clone());
            match mail.take(queue, |message| message.body == *body) {
                Some(message) => {
                    wanted.extend(attribute_difference(&message, "reason", reason));
                    row.note = message.attribute("reason").map(str::to_owned);
                    row.messages.push(message.message_id);
                }
                None => wanted.push(format!("its body byte for byte in {queue}")),
            }
        }
    }
    row.ok = wanted.is_empty();
    row.expected = (!wanted.is_empty()).then(|| wanted.join("; "));
    row
}

/// Builds the row of a message that no delivery explains, such as an accepted forgery or a duplicate.
pub(super) fn unexpected(queue: String, message: &ReceivedMessage) -> Row {
    Row {
        kind: Kind::Unexpected,
        sent: format!("(not sent: {})", message.attribute("event_type").unwrap_or("unknown")),
        status: None,
        answer: String::new(),
        queue: Some(queue),
        messages: vec![message.message_id.clone()],
        note: message.attribute("reason").map(str::to_owned),
        ok: false,
        expected: Some("no such message".to_owned()),
    }
}

fn body_difference(message: &ReceivedMessage, body: &str) -> Option<String> {
    (message.body != body)
        .then(|| format!("the body as sent, {} bytes, not {}", body.len(), message.body.len()))
}

fn attribute_difference(message: &ReceivedMessage, name: &str, value: &str) -> Option<String> {
    let found = message.attribute(name);
    (found != Some(value)).then(|| format!("`{name}` to be `{value}`, not `{}`", found.unwrap_or_default()))
}

fn same_json(one: &str, two: &str) -> bool {
    let parse = |text| serde_json::from_str::<Value>(text).ok();
    one == two || (parse(one).is_some() && parse(one) == parse(two))
}

/// Code of the refusal in the answer, with its cause if known.
fn refusal(answer: &Answer) -> String {
    let body = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
    let code = body.get("error").and_then(Value::as_str).unwrap_or("not refused");
    match &answer.cause {
        Some(cause) => format!("{code}: {cause}"),
        None => code.to_owned(),
    }
}
