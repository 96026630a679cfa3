//! Reads parked bytes again: today's version and configuration may have a queue for them.

use bytes::Bytes;
use prelude_events::Source;
use serde_json::value::RawValue;

use crate::{
    event::{Destination, Event},
    parking::Reason,
    parse::{Shape, element, single, unreadable},
};

/// The events of parked bytes. Their source stays the one that was proven when they were received.
pub(super) fn events(raw: &Bytes, source: Option<Source>, reason: Reason) -> Vec<Event> {
    match (reason, source) {
        (Reason::BatchTooLarge, _) => {
            let elements: Option<Vec<&RawValue>> = serde_json::from_slice(raw).ok();
            let elements = elements.filter(|elements| !elements.is_empty());
            elements.map_or_else(
                || vec![unread(raw, Reason::InvalidJson)],
                |elements| elements.into_iter().map(|each| element(raw, each)).collect(),
            )
        }
        (_, Some(Source::Session)) => vec![match serde_json::from_slice::<&RawValue>(raw) {
            Ok(each) => element(raw, each),
            Err(_invalid) => unread(raw, Reason::InvalidJson),
        }],
        (_, Some(source)) => vec![match Shape::of(raw) {
            Shape::Single(_, kind, members) => single(raw, source, &kind, &members),
            Shape::Session(..) => unread(raw, Reason::InvalidEvent),
            Shape::None(reason, members) => unreadable(raw, reason, members),
        }],
        (_, None) => vec![match Shape::of(raw) {
            Shape::None(reason, members) => unreadable(raw, reason, members),
            // No source was authenticated when the event was received, so its shape does not count.
            Shape::Single(..) | Shape::Session(..) => unread(raw, Reason::InvalidEvent),
        }],
    }
}

fn unread(raw: &Bytes, reason: Reason) -> Event {
    Event::new(raw.clone(), Destination::Park(reason), None, None)
}

#[cfg(test)]
mod tests {
    use prelude_events::EventType;

    use super::*;

    #[track_caller]
    fn destinations(raw: &'static str, source: Option<Source>, reason: Reason) -> Vec<Destination> {
        events(&Bytes::from_static(raw.as_bytes()), source, reason)
            .into_iter()
            .map(|e| e.destination)
            .collect()
    }

    #[test]
    fn a_type_is_routed_within_the_proven_source_only() {
        let attempt = r#"{"type":"verify.attempt","id":"e"}"#;
        let routed = Destination::Route(EventType::VerifyAttempt);
        let unknown = Destination::Park(Reason::UnknownType);
        assert_eq!(
            destinations(attempt, Some(Source::Verify), Reason::QueueMissing),
            std::slice::from_ref(&routed)
        );
        for source in [Source::VerifyV1, Source::Notify, Source::Session] {
            assert_eq!(
                destinations(attempt, Some(source), Reason::UnknownType),
                std::slice::from_ref(&unknown)
            );
        }
        assert_eq!(
            destinations(attempt, None, Reason::InvalidEvent),
            [Destination::Park(Reason::InvalidEvent)]
        );
    }

    #[test]
    fn a_slice_gives_its_elements_byte_for_byte() {
        let raw = Bytes::from_static(br#"[ {"type":"user.created", "id":"1"} ,{"type":"made.up"},7]"#);
        let events = events(&raw, Some(Source::Session), Reason::BatchTooLarge);
        assert_eq!(events[0].raw, r#"{"type":"user.created", "id":"1"}"#);
        assert_eq!(&*events[0].event_id, "1");
        assert_eq!(
            events.into_iter().map(|event| event.destination).collect::<Vec<_>>(),
            [
                Destination::Route(EventType::UserCreated),
                Destination::Park(Reason::UnknownType),
                Destination::Park(Reason::InvalidEvent)
            ]
        );
        assert_eq!(destinations("[", Some(Source::Session), Reason::BatchTooLarge).len(), 1);
        assert_eq!(destinations("[]", Some(Source::Session), Reason::BatchTooLarge).len(), 1);
    }

    #[test]
    fn unreadable_bytes_stay_parked() {
        for (raw, source, reason) in [
            ("{", Some(Source::Notify), Reason::InvalidJson),
            ("[]", Some(Source::Notify), Reason::InvalidEvent),
            (r#"{"events":[]}"#, Some(Source::Notify), Reason::InvalidEvent),
            ("{", Some(Source::Session), Reason::InvalidJson),
            ("7", Some(Source::Session), Reason::InvalidEvent),
            ("", None, Reason::InvalidJson),
        ] {
            assert_eq!(destinations(raw, source, Reason::Oversize), [Destination::Park(reason)], "{raw}");
        }
    }
}
