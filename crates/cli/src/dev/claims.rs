//! Source and event types that an unverified body claims.

use prelude_events::EventType;
use serde_json::Value;

use crate::terminal::printable;

/// Source that a body claims, and the event types that it names, each with its count. Nothing is verified here.
pub(super) fn claims(body: &[u8]) -> (Option<&'static str>, Vec<(String, usize)>) {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return (None, Vec::new()) };
    let type_of = |event: &Value| {
        let name = event.get("type").and_then(Value::as_str);
        name.map_or_else(|| "(no type)".to_owned(), short)
    };
    let Some(events) = body.get("events").and_then(Value::as_array) else {
        if body.get("type").is_none() {
            return (None, Vec::new());
        }
        let name = type_of(&body);
        let known = EventType::known(&name).and_then(|event_type| event_type.source());
        let source = match known {
            Some(source) => source.as_str(),
            None if name.starts_with("verify.") => "verify",
            None => "notify",
        };
        return (Some(source), vec![(name, 1)]);
    };
    let mut types: Vec<(String, usize)> = Vec::new();
    for name in events.iter().map(type_of) {
        let is_room = types.len() < 64;
        match types.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None if is_room => types.push((name, 1)),
            None => {}
        }
    }
    (Some("session"), types)
}

/// Shortens a caller's word, and replaces control characters, because a terminal would obey them.
pub(super) fn short(word: &str) -> String {
    printable(word).chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_claims_a_source_and_types() {
        let one = |name: &str| vec![(name.to_owned(), 1)];
        for (body, source, types) in [
            (r#"{"type":"verify.attempt"}"#, Some("verify"), one("verify.attempt")),
            (r#"{"type":"verify.new"}"#, Some("verify"), one("verify.new")),
            (r#"{"type":"attempt"}"#, Some("verify_v1"), one("attempt")),
            (r#"{"type":"inbound.message.received"}"#, Some("notify"), one("inbound.message.received")),
            (r#"{"type":"a\u001b[2J"}"#, Some("notify"), one("a\u{fffd}[2J")),
            (r#"{"events":[]}"#, Some("session"), vec![]),
            ("{}", None, vec![]),
            ("nothing", None, vec![]),
        ] {
            assert_eq!(claims(body.as_bytes()), (source, types), "{body}");
        }
        let (_, types) = claims(br#"{"events":[{"type":"user.created"},{},{"type":"user.created"}]}"#);
        assert_eq!(types, [("user.created".to_owned(), 2), ("(no type)".to_owned(), 1)]);
    }
}
