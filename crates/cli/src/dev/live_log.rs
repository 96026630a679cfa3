//! The live log: one line for a delivery and one for each of its messages, or JSON.

use super::delivery::{Delivery, Outcome, Summary};
use crate::terminal::{DIM, GREEN, Look, RED, YELLOW};

/// Largest number of messages shown for one delivery. The rest is counted.
const SHOWN: usize = 12;

/// Formats a delivery for people, with a line end after each line.
pub fn lines(delivery: &Delivery, look: Look) -> String {
    let Summary { received_at, types, method, outcome, code, reason, status, ms, .. } = &delivery.summary;
    let style = match outcome {
        Outcome::Accepted | Outcome::Activated => GREEN,
        Outcome::Parked => YELLOW,
        Outcome::Refused | Outcome::Failed => RED,
    };
    let what = match types.as_slice() {
        [] if *outcome == Outcome::Activated => "activation".to_owned(),
        [] if method == "GET" => "GET".to_owned(),
        [] => "(no event)".to_owned(),
        [(name, 1)] => name.clone(),
        [(name, count)] => format!("{count} × {name}"),
        types => format!("{} events", types.iter().map(|(_, count)| count).sum::<usize>()),
    };
    let result = match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Activated => "activated".to_owned(),
        Outcome::Parked => format!("parked: {reason}"),
        Outcome::Refused | Outcome::Failed => format!("{code}: {reason}"),
    };
    let mut text = format!(
        "{}  {}  {what:<42} {ms:>5} ms  {}\n",
        look.paint(&clock(*received_at), DIM),
        look.paint(&status.to_string(), style.bold()),
        look.paint(&result, style),
    );
    for message in delivery.messages.iter().take(SHOWN) {
        let line = format!("               → {}  {}", message.queue, message.message_id);
        text.push_str(&look.paint(&line, DIM));
        text.push('\n');
    }
    if delivery.messages.len() > SHOWN {
        text.push_str(
            &look.paint(&format!("               and {} more", delivery.messages.len() - SHOWN), DIM),
        );
        text.push('\n');
    }
    text
}

/// Formats a delivery for programs, as one line without its content.
pub fn json_line(delivery: &Delivery) -> String {
    let mut line = serde_json::to_value(&delivery.summary).unwrap_or_default();
    let messages = delivery.messages.iter().map(|message| {
        serde_json::json!({
            "queue": message.queue,
            "message_id": message.message_id,
            "event_type": message.attributes.get("event_type"),
            "reason": message.attributes.get("reason"),
        })
    });
    if let Some(members) = line.as_object_mut() {
        members.insert("messages".to_owned(), messages.collect());
    }
    format!("{line}\n")
}

/// Time of day in UTC.
fn clock(millis: u64) -> String {
    let seconds = millis / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
