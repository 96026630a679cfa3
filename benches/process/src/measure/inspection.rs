//! Checks the work of a contender before it is measured: a fast function that loses events is not fast.

use std::collections::BTreeMap;

use prelude_events::EventType;
use prelude_local::{
    aws::guard::wire::{BatchRequest, Entry},
    prelude::samples::QUEUE_PREFIX,
};
use serde_json::Value;

use crate::{
    case::{Case, Delivery},
    contender::Kind,
    error::Result,
    process::Function,
};

/// Answer of a contender that does not accept a request.
pub(crate) struct Refused(pub(crate) String);

/// Invokes the function once and checks its messages. Returns their number.
///
/// # Errors
/// The function accepts the request, but loses or changes an event.
pub(crate) async fn inspect(
    function: &Function,
    kind: Kind,
    case: Case,
    delivery: &Delivery,
) -> Result<std::result::Result<u64, Refused>> {
    function.sqs().inspect();
    let answer = function.invoke(&delivery.invocation).await?;
    let calls = function.sqs().inspected();
    if answer.status != Some(200) {
        let status = answer.status.map_or("an error".to_owned(), |status| status.to_string());
        return Ok(Err(Refused(status)));
    }
    match check(&calls, kind, case, &delivery.events) {
        Ok(messages) => Ok(Ok(messages)),
        Err(problem) => Err(function.failure(&format!("{}: {problem}", case.label()))),
    }
}

/// Compares the messages with the events of the request. Returns the number of messages.
fn check(
    calls: &[BatchRequest],
    kind: Kind,
    case: Case,
    events: &[String],
) -> std::result::Result<u64, String> {
    let entries =
        || calls.iter().flat_map(|call| call.entries.iter().map(move |entry| (call.queue(), entry)));
    for (_, entry) in entries().filter(|_| kind.has_attributes()) {
        check_attributes(entry, case)?;
    }
    let messages = u64::try_from(entries().count()).unwrap_or(u64::MAX);
    if case == Case::Largest {
        return check_parts(entries().map(|(_, entry)| entry), messages);
    }
    let mut missing: BTreeMap<&str, u32> = BTreeMap::new();
    for event in events {
        *missing.entry(event).or_default() += 1;
    }
    for (queue, entry) in entries() {
        check_queue(entry, queue)?;
        match missing.get_mut(entry.message_body.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => return Err("a message is not an event of the request, or was sent twice".to_owned()),
        }
    }
    match missing.values().sum() {
        0_u32 => Ok(messages),
        lost => Err(format!("{lost} events are lost")),
    }
}

/// Attributes of every message (`docs/messages.md`). Session events have `app_id` too.
const ATTRIBUTES: [&str; 7] =
    ["authentication", "event_id", "event_type", "key_id", "received_at", "request_id", "source"];

fn check_attributes(entry: &Entry, case: Case) -> std::result::Result<(), String> {
    let app_id = matches!(case, Case::Batch(_)).then_some("app_id");
    match ATTRIBUTES.into_iter().chain(app_id).find(|name| entry.attribute(name).is_none()) {
        Some(missing) => Err(format!("a message lacks the attribute {missing}")),
        None => Ok(()),
    }
}

/// Checks that the message went to the queue of its type.
fn check_queue(entry: &Entry, queue: &str) -> std::result::Result<(), String> {
    let event: Value = serde_json::from_str(&entry.message_body).unwrap_or_default();
    let name = event.get("type").and_then(Value::as_str);
    let event_type = name.and_then(EventType::known);
    match event_type.as_ref().and_then(EventType::queue_slug) {
        Some(slug) if queue == format!("{QUEUE_PREFIX}{slug}") => Ok(()),
        _ => Err(format!("an event is in the queue {queue}, which is not that of its type")),
    }
}

/// Checks that every part of an event is there, by the attribute that numbers them.
fn check_parts<'a>(
    mut entries: impl Iterator<Item = &'a Entry>,
    messages: u64,
) -> std::result::Result<u64, String> {
    let encoding = entries.next().and_then(|entry| entry.attribute("encoding"));
    let parts = encoding.and_then(|encoding| encoding.rsplit_once('/')?.1.parse().ok()).unwrap_or(1);
    if parts == messages { Ok(messages) } else { Err(format!("{messages} of {parts} parts are sent")) }
}

#[cfg(test)]
mod tests {
    use prelude_local::aws::guard::wire::AttributeValue;

    use super::*;

    /// The calls of a function that does its job, with this many events in each.
    fn calls(events: &[String], kind: Kind) -> Vec<BatchRequest> {
        let call = |event: &String| {
            let event_type =
                serde_json::from_str::<Value>(event).unwrap()["type"].as_str().unwrap().to_owned();
            let names =
                if kind.has_attributes() { &[ATTRIBUTES.as_slice(), &["app_id"]].concat() } else { &vec![] };
            let attributes = names.iter().map(|name| ((*name).to_owned(), AttributeValue::string("x")));
            let entry = Entry {
                message_body: event.clone(),
                message_attributes: attributes.collect(),
                ..Entry::default()
            };
            let slug = event_type.replace(['.', '_'], "-");
            BatchRequest { queue_url: format!("https://q/1/{QUEUE_PREFIX}{slug}"), entries: vec![entry] }
        };
        events.iter().map(call).collect()
    }

    type Change = fn(&mut Vec<BatchRequest>);

    #[test]
    fn a_function_that_loses_or_changes_an_event_is_found_out() {
        let case = Case::Batch(10);
        let events = case.delivery().unwrap().events;
        let result = |change: Change| {
            let mut calls = calls(&events, Kind::EqualWork);
            change(&mut calls);
            check(&calls, Kind::EqualWork, case, &events)
                .map_err(|problem| problem.split(' ').take(5).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(result(|_| {}), Ok(10));
        let changes: [(Change, &str); 5] = [
            (|calls| drop(calls.pop()), "1 events are lost"),
            (|calls| calls[0].entries[0].message_body.push(' '), "a message is not an"),
            (|calls| calls[0] = calls_of_two(calls), "a message is not an"),
            (|calls| calls[0].queue_url.push('x'), "an event is in the"),
            (
                |calls| drop(calls[0].entries[0].message_attributes.remove("app_id")),
                "a message lacks the attribute",
            ),
        ];
        for (change, problem) in changes {
            assert_eq!(result(change).unwrap_err(), problem);
        }
        assert_eq!(check(&calls(&events, Kind::Bare), Kind::Bare, case, &events), Ok(10));
        assert!(check(&calls(&events, Kind::Bare), Kind::Script, case, &events).is_err());
    }

    /// The first call, with its message twice.
    fn calls_of_two(calls: &[BatchRequest]) -> BatchRequest {
        let entry = calls[0].entries[0].clone();
        BatchRequest { queue_url: calls[0].queue_url.clone(), entries: vec![entry.clone(), entry] }
    }

    #[test]
    fn every_part_of_the_largest_event_is_counted() {
        let parts = |sent: usize, encoding: Option<&str>| {
            let value = encoding.map(|text| ("encoding".to_owned(), AttributeValue::string(text)));
            let entry = Entry { message_attributes: value.into_iter().collect(), ..Entry::default() };
            let call = BatchRequest { queue_url: String::new(), entries: vec![entry; sent] };
            check(&[call], Kind::Bare, Case::Largest, &[])
        };
        assert_eq!(parts(7, Some("gzip+base64;part=1/7")), Ok(7));
        assert_eq!(parts(1, Some("gzip+base64")), Ok(1));
        assert_eq!(parts(6, Some("gzip+base64;part=1/7")).unwrap_err(), "6 of 7 parts are sent");
        assert!(parts(0, None).is_err());
    }
}
