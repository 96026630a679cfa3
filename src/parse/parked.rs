//! Parked bytes, read once more: what was unroutable when it came may be routable for this version and configuration.

use bytes::Bytes;
use prelude_events::Source;
use serde_json::value::RawValue;

use super::{Event, Shape, Verdict};
use crate::parking::Reason;

/// The events that parked bytes hold. The family is the one that was proven when they came: it is never guessed again.
pub(crate) fn events(raw: &Bytes, source: Option<Source>, reason: Reason) -> Vec<Event> {
    match (reason, source) {
        (Reason::BatchTooLarge, _) => {
            let elements: Option<Vec<&RawValue>> = serde_json::from_slice(raw).ok();
            let elements = elements.filter(|elements| !elements.is_empty());
            elements.map_or_else(
                || vec![unread(raw, Reason::InvalidJson)],
                |elements| elements.into_iter().map(|element| Event::element(raw, element)).collect(),
            )
        }
        (_, Some(Source::Session)) => vec![match serde_json::from_slice::<&RawValue>(raw) {
            Ok(element) => Event::element(raw, element),
            Err(_invalid) => unread(raw, Reason::InvalidJson),
        }],
        (_, Some(source)) => vec![match Shape::of(raw) {
            Shape::Single(_, kind, members) => Event::single(raw, source, &kind, &members),
            Shape::Session(..) => unread(raw, Reason::InvalidEvent),
            Shape::None(reason, members) => Event::of_no_family(raw, reason, members),
        }],
        (_, None) => vec![match Shape::of(raw) {
            Shape::None(reason, members) => Event::of_no_family(raw, reason, members),
            // Whatever it looks like now: no family was proven then.
            Shape::Single(..) | Shape::Session(..) => unread(raw, Reason::InvalidEvent),
        }],
    }
}

fn unread(raw: &Bytes, reason: Reason) -> Event {
    Event::new(raw.clone(), Verdict::Park(reason), None, None)
}

#[cfg(test)]
mod tests {
    use prelude_events::EventType;

    use super::*;

    #[track_caller]
    fn verdicts(raw: &'static str, source: Option<Source>, reason: Reason) -> Vec<Verdict> {
        events(&Bytes::from_static(raw.as_bytes()), source, reason).into_iter().map(|e| e.verdict).collect()
    }

    #[test]
    fn a_type_is_routed_within_the_family_that_was_proven_and_no_other() {
        let attempt = r#"{"type":"verify.attempt","id":"e"}"#;
        let routed = Verdict::Route(EventType::VerifyAttempt);
        let unknown = Verdict::Park(Reason::UnknownType);
        assert_eq!(
            verdicts(attempt, Some(Source::Verify), Reason::QueueMissing),
            std::slice::from_ref(&routed)
        );
        for source in [Source::VerifyV1, Source::Notify, Source::Session] {
            assert_eq!(verdicts(attempt, Some(source), Reason::UnknownType), std::slice::from_ref(&unknown));
        }
        assert_eq!(verdicts(attempt, None, Reason::InvalidEvent), [Verdict::Park(Reason::InvalidEvent)]);
    }

    #[test]
    fn a_slice_gives_its_elements_byte_for_byte() {
        let raw = Bytes::from_static(br#"[ {"type":"user.created", "id":"1"} ,{"type":"made.up"},7]"#);
        let events = events(&raw, Some(Source::Session), Reason::BatchTooLarge);
        assert_eq!(events[0].raw, r#"{"type":"user.created", "id":"1"}"#);
        assert_eq!(&*events[0].event_id, "1");
        assert_eq!(
            events.into_iter().map(|event| event.verdict).collect::<Vec<_>>(),
            [
                Verdict::Route(EventType::UserCreated),
                Verdict::Park(Reason::UnknownType),
                Verdict::Park(Reason::InvalidEvent)
            ]
        );
        assert_eq!(verdicts("[", Some(Source::Session), Reason::BatchTooLarge).len(), 1);
        assert_eq!(verdicts("[]", Some(Source::Session), Reason::BatchTooLarge).len(), 1);
    }

    #[test]
    fn what_can_not_be_read_stays_parked() {
        for (raw, source, reason) in [
            ("{", Some(Source::Notify), Reason::InvalidJson),
            ("[]", Some(Source::Notify), Reason::InvalidEvent),
            (r#"{"events":[]}"#, Some(Source::Notify), Reason::InvalidEvent),
            ("{", Some(Source::Session), Reason::InvalidJson),
            ("7", Some(Source::Session), Reason::InvalidEvent),
            ("", None, Reason::InvalidJson),
        ] {
            assert_eq!(verdicts(raw, source, Reason::Oversize), [Verdict::Park(reason)], "{raw}");
        }
    }
}
