//! Any bytes as the body of a message, through `prelude-events`:
//!
//! * a parsed body is written back byte for byte;
//! * an unknown member never changes a known one;
//! * a number reads as the text of its digits;
//! * neither `Debug` nor an error depends on personal data.

use prelude_events::{Envelope, Event, EventType, ParseError, Received};
use serde_json::{Value, value::RawValue};

use crate::json::{Members, places};

/// Checks a body.
pub fn check(body: &[u8]) {
    let parsed = Received::parse(body);
    let deserialized = serde_json::from_slice::<Received>(body);
    assert_eq!(parsed.as_ref().ok(), deserialized.as_ref().ok(), "both parsers read the same event");
    match &parsed {
        Ok(received) => check_received(body, received),
        Err(error) => check_error(body, error),
    }
    if let Ok(body) = serde_json::from_slice::<Value>(body) {
        check_discretion(&body);
        check_notation(&body);
    }
}

fn check_received(body: &[u8], received: &Received) {
    let text = std::str::from_utf8(body).unwrap().trim_matches([' ', '\t', '\r', '\n']);
    let envelope = &received.envelope;
    assert_eq!(envelope.raw.as_str(), text);
    assert!(text.contains(envelope.payload.as_str()));
    assert_eq!(serde_json::to_string(received).unwrap(), text);
    assert_eq!(serde_json::to_string(envelope).unwrap(), text);
    assert_eq!(Envelope::parse(body).as_ref(), Ok(envelope));
    assert_eq!(received.event.event_type(), envelope.event_type);
    let is_unknown = matches!(received.event, Event::Unknown { .. });
    assert_eq!(is_unknown, EventType::known(envelope.event_type.as_str()).is_none());

    let kind = serde_json::to_string(envelope.event_type.as_str()).unwrap();
    let enclose = |payload: &str| format!(r#"{{"type":{kind},"payload":{payload}}}"#);
    let read_again = |body: String| Received::parse(body).unwrap().event;
    // Known members survive the way through the struct, except blank ones.
    let written = serde_json::to_string(&received.event).unwrap();
    if written != "null" && written != r#""""# {
        assert_eq!(read_again(enclose(&written)), received.event);
    }
    // Unknown members change nothing.
    for later in [r#""zz_later":null"#, r#""zz_later":{"type":["x"],"id":{"":1}}"#, r#""zz\ud800":1e999"#] {
        let added = add_member(text, later);
        match Received::parse(&added) {
            Ok(received) => assert!(is_unknown || received.event == read_again(added)),
            // A text cannot contain this name.
            Err(error) => assert!(later.contains("\\ud800"), "{error} for {later}"),
        }
        let payload = envelope.payload.as_str();
        if payload.starts_with('{') && !is_unknown && !later.contains("\\ud800") {
            assert_eq!(read_again(enclose(&add_member(payload, later))), received.event);
        }
    }
}

/// Object with one more member at its start.
fn add_member(object: &str, member: &str) -> String {
    let rest = object.strip_prefix('{').unwrap();
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    format!("{{{member}{comma}{rest}")
}

/// Checks that an error is true and consists of the crate's own words.
fn check_error(body: &[u8], error: &ParseError) {
    let is_json = serde_json::from_slice::<&RawValue>(body).is_ok();
    let text = std::str::from_utf8(body).unwrap_or_default();
    let members = Members::of(text);
    let has_type = |members: &Members<'_>| {
        ["type", "event"].iter().any(|name| {
            let last = members.0.iter().rev().find(|(other, _)| other == name);
            last.is_some_and(|(_, value)| {
                serde_json::from_str(value.get()).is_ok_and(|kind: String| !kind.is_empty())
            })
        })
    };
    match error {
        ParseError::NotJson { .. } => assert!(!is_json || members.is_none(), "the body is JSON"),
        ParseError::NotAnObject { .. } => assert!(is_json && !text.trim_start().starts_with('{')),
        ParseError::MissingType => assert!(members.is_some_and(|members| !has_type(&members))),
        ParseError::Payload { event_type, member, .. } => {
            assert!(members.is_some_and(|members| has_type(&members)));
            assert!(EventType::known(event_type.as_str()).is_some());
            assert!(
                member.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.[]0123456789".contains(&byte))
            );
        }
        _ => {}
    }
}

/// Checks that a number and the text of its digits read alike, except in members that are kept as JSON.
fn check_notation(body: &Value) {
    let Ok(as_number) = Received::parse(body.to_string()) else { return };
    if matches!(as_number.event, Event::Unknown { .. }) {
        return;
    }
    for place in places(body) {
        let is_kept = place.split('/').any(|name| KEPT.contains(&name));
        let Some(Value::Number(number)) = body.pointer(&place) else { continue };
        if is_kept || place == "/type" || place == "/event" {
            continue;
        }
        let mut other = body.clone();
        *other.pointer_mut(&place).unwrap() = number.to_string().into();
        match Received::parse(other.to_string()) {
            Ok(as_text) => assert_eq!(as_text.event, as_number.event, "{place}"),
            // The text of a count may contain only digits.
            Err(error) => {
                assert!(place.ends_with("/segment_count") && !number.is_u64(), "{error} at {place}")
            }
        }
    }
}

/// Members that are kept as JSON (`RawJson` in the payloads).
const KEPT: [&str; 4] = ["variables", "profile", "metadata", "backup_state"];

/// Checks that output does not change when personal texts are replaced by others of the same length.
fn check_discretion(body: &Value) {
    let mut other = body.clone();
    if !disguise(&mut other, false) {
        return;
    }
    let shown = |body: &Value| match Received::parse(body.to_string()) {
        Ok(received) => (format!("{received:?} {received:#?}"), String::new()),
        Err(error) => (format!("{error:?}"), error.to_string()),
    };
    assert_eq!(shown(body), shown(&other), "the output depends on personal data");
}

/// Changes each letter and digit of personal texts. Reports whether the value changed.
fn disguise(value: &mut Value, is_personal: bool) -> bool {
    match value {
        Value::Object(members) => members.iter_mut().fold(false, |any, (name, value)| {
            disguise(value, is_personal || PERSONAL.contains(&name.as_str())) | any
        }),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| disguise(item, is_personal) | any),
        Value::Number(number) if is_personal && number.is_u64() => {
            // A number of as many digits that is not greater, so that it also fits.
            let before = number.as_u64();
            let other: u64 =
                number.to_string().replace(|digit| matches!(digit, '2'..='9'), "1").parse().unwrap();
            *value = other.into();
            Some(other) != before
        }
        Value::String(text) if is_personal => {
            let before = text.clone();
            *text = text.chars().map(another).collect();
            *text != before
        }
        _ => false,
    }
}

const fn another(c: char) -> char {
    match c {
        'a'..='y' | 'A'..='Y' | '0'..='8' => (c as u8 + 1) as char,
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        other => other,
    }
}

/// Members with only personal data below them (`Personal` and `RawJson` in the payloads).
const PERSONAL: [&str; 9] =
    ["recipient_phone_number", "value", "to", "from", "text", "nickname", "variables", "profile", "metadata"];
