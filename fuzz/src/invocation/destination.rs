//! A routed event has a type of its source. A parked event has the first reason that fits.

use prelude_events::{EventType, Source};
use serde_json::value::RawValue;

use super::sqs::Sent;
use crate::json::Members;

/// Checks the destination of an event: `raw` is its own bytes, `sent` its message.
pub fn check(raw: &[u8], is_element: bool, sent: &Sent) {
    let source: Option<Source> = sent.attribute("source").map(|source| source.parse().unwrap());
    let Some(expected) = Destination::of(raw, is_element, source) else { return };
    let reason = sent.attribute("reason");
    match (&sent.event_type, expected) {
        (Some(event_type), Destination::Route(expected)) => assert_eq!(*event_type, expected),
        // The type's own queue refused the event.
        (None, Destination::Route(_)) => {
            let reasons = ["oversize", "rejected_by_sqs", "queue_missing", "queue_denied"];
            assert!(reasons.contains(&reason.unwrap()), "{reason:?} of an event that has a queue");
        }
        (routed, Destination::Park(expected)) => assert_eq!((routed, reason), (&None, Some(expected))),
    }
}

enum Destination {
    Route(EventType),
    Park(&'static str),
}

impl Destination {
    /// Expected destination; `None` if it depends on the JSON reader.
    fn of(raw: &[u8], is_element: bool, source: Option<Source>) -> Option<Self> {
        let Ok(text) = std::str::from_utf8(raw) else { return Some(Self::Park("not_utf8")) };
        if serde_json::from_str::<&RawValue>(text).is_err() {
            return Some(Self::Park("invalid_json"));
        }
        let members = match Members::of(text) {
            Some(members) => members,
            None if text.trim_start().starts_with('{') => return None,
            None => return Some(Self::Park("invalid_event")),
        };
        let kind = match members.count("type") {
            0 | 1 => members.text("type").filter(|kind| !kind.is_empty()),
            _ => return Some(Self::Park("invalid_event")),
        };
        let kind = match kind {
            None if is_element => members.text("event").filter(|kind| !kind.is_empty()),
            _ if !is_element && members.count("events") > 1 => None,
            kind => kind,
        };
        Some(match kind.map(|kind| (EventType::known(&kind), kind)) {
            None => Self::Park("invalid_event"),
            Some((Some(known), _)) if source.is_some() && known.source() == source => Self::Route(known),
            Some(_) => Self::Park("unknown_type"),
        })
    }
}
