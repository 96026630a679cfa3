//! Checks the work of a contender before it is measured: a fast function that loses events is not fast.

use std::collections::BTreeMap;

use prelude_events::EventType;
use prelude_local::{aws::guard::wire::Entry, prelude::samples::QUEUE_PREFIX};
use serde_json::Value;

use crate::{
    case::{Case, Delivery},
    contender::Kind,
    error::Result,
    process::Function,
};

/// Attributes of every message ([docs/messages.md]); `app_id` is one of a Session event only.
const ATTRIBUTES: [&str; 7] =
    ["authentication", "event_id", "event_type", "key_id", "received_at", "request_id", "source"];

/// Invokes the function once and checks its messages. Returns their number, or its answer if it refuses the request.
pub(crate) async fn inspect(
    function: &Function,
    kind: Kind,
    case: Case,
    delivery: &Delivery,
) -> Result<std::result::Result<u64, String>> {
    function.sqs().inspect();
    let answer = function.invoke(&delivery.invocation).await?;
    let calls = function.sqs().inspected();
    if answer.status != Some(200) {
        let status = answer.status.map_or("an error".to_owned(), |status| status.to_string());
        return Ok(Err(status));
    }
    let mut messages = 0;
    let mut missing: BTreeMap<&str, u32> = BTreeMap::new();
    for event in &delivery.events {
        *missing.entry(event).or_default() += 1;
    }
    for call in &calls {
        for entry in &call.entries {
            messages += 1;
            check_attributes(entry, kind, case).map_err(|problem| function.failure(&problem))?;
            // Nobody but the receiver accepts the largest event, and it sends that one in parts.
            if case == Case::Largest {
                continue;
            }
            check_queue(entry, call.queue()).map_err(|problem| function.failure(&problem))?;
            match missing.get_mut(entry.message_body.as_str()) {
                Some(count) if *count > 0 => *count -= 1,
                _ => return Err(function.failure("it sent a message that is not an event of the request")),
            }
        }
    }
    let lost: u32 = if case == Case::Largest { missing_parts(&calls) } else { missing.values().sum() };
    if lost > 0 {
        return Err(function.failure(&format!("{}: it lost {lost} messages", case.label())));
    }
    Ok(Ok(messages))
}

fn check_attributes(entry: &Entry, kind: Kind, case: Case) -> std::result::Result<(), String> {
    if !kind.has_attributes() {
        return Ok(());
    }
    let app_id = matches!(case, Case::Batch(_)).then_some("app_id");
    match ATTRIBUTES.into_iter().chain(app_id).find(|name| entry.attribute(name).is_none()) {
        Some(missing) => Err(format!("its messages lack the attribute {missing}")),
        None => Ok(()),
    }
}

/// Checks that the message went to the queue of its type.
fn check_queue(entry: &Entry, queue: &str) -> std::result::Result<(), String> {
    let event: Value = serde_json::from_str(&entry.message_body).unwrap_or_default();
    let slug = event
        .get("type")
        .and_then(Value::as_str)
        .and_then(EventType::known)
        .and_then(|kind| kind.queue_slug());
    match slug {
        Some(slug) if queue == format!("{QUEUE_PREFIX}{slug}") => Ok(()),
        _ => Err(format!("it sent an event to the wrong queue {queue}")),
    }
}

/// Number of missing parts of an event, by the attribute that numbers them. Every part is missing without a message.
fn missing_parts(calls: &[prelude_local::aws::guard::wire::BatchRequest]) -> u32 {
    let entries: Vec<_> = calls.iter().flat_map(|call| &call.entries).collect();
    let sent = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let encoding = entries.first().and_then(|entry| entry.attribute("encoding"));
    let parts = encoding.and_then(|encoding| encoding.rsplit_once('/')?.1.parse().ok()).unwrap_or(1);
    u32::abs_diff(parts, sent)
}
