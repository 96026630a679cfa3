//! Samples of every event type with changes at a few places. Each stays typed, becomes `Unknown`, or is an error that
//! names a changed place. The README of `prelude-events` has the table of these results.

use arbitrary::{Result, Unstructured};
use prelude_events::{Event, ParseError, Received, samples};
use serde_json::{Value, json};

use crate::json::places;

/// Changes a sample. The input chooses the sample, the places and the changes.
pub fn check(input: &[u8]) {
    let mut choices = Unstructured::new(input);
    let Ok(sample) = choices.choose(samples::ALL) else { return };
    let mut event: Value = serde_json::from_str(sample.json).unwrap();
    let mut changes = Vec::new();
    while changes.len() < 4 && !choices.is_empty() {
        let Ok(change) = change(&mut event, &mut choices) else { break };
        changes.push(change);
    }
    let touched = |place: &str| changes.iter().any(|change| change.place == place);
    // Only another type or another payload may change the sample's own type.
    let is_root_kept = !touched("") && !touched("/type") && !touched("/event");
    let is_harmless = is_root_kept && changes.iter().all(|change| change.is_harmless);
    match Received::parse(event.to_string()) {
        Ok(Received { event: read, envelope, .. }) => {
            let is_typed = !matches!(read, Event::Unknown { .. });
            assert!(!is_root_kept || read.event_type() == sample.event_type, "the type changed");
            assert_eq!(is_typed, prelude_events::EventType::known(envelope.event_type.as_str()).is_some());
        }
        Err(error) => {
            assert!(!is_harmless, "{error} for {event}");
            match error {
                ParseError::NotAnObject { .. } => assert!(touched("")),
                ParseError::MissingType => assert!(!is_root_kept),
                ParseError::Payload { event_type, member, .. } => {
                    assert!(!is_root_kept || event_type == sample.event_type);
                    let culprit = format!("/{}", member.replace(['.', '['], "/").replace(']', ""));
                    let culprit = culprit.trim_end_matches('/');
                    // The changed place, or a place below the new value. A flat event has no `payload`.
                    let is_named = changes.iter().any(|change| {
                        let place =
                            ["/payload", "/data"].iter().find_map(|start| change.place.strip_prefix(start));
                        [place.unwrap_or(&change.place), &change.place].iter().any(|place| {
                            culprit == *place || culprit.starts_with(&format!("{place}/")) || place.is_empty()
                        })
                    });
                    assert!(is_named, "{member} was not changed by {:?} in {event}", changes);
                }
                error => panic!("{error} for {event}"),
            }
        }
    }
}

#[derive(Debug)]
struct Change {
    /// JSON pointer to the change, also to an added or a removed member.
    place: String,
    /// Set if no reader may fail: a member is missing, blank, undocumented, or in the other notation.
    is_harmless: bool,
}

fn change(event: &mut Value, choices: &mut Unstructured<'_>) -> Result<Change> {
    let all = places(event);
    let place = choices.choose(&all)?.clone();
    let (parent, name) = place.rsplit_once('/').unwrap_or(("", ""));
    let (parent, name) = (parent.to_owned(), name.replace("~1", "/").replace("~0", "~"));
    let kind = choices.int_in_range(0..=5)?;
    let is_member = |event: &Value| !place.is_empty() && event.pointer(&parent).is_some_and(Value::is_object);
    // A blank payload makes a flat event, so the envelope's own members are read as a payload's.
    let is_payload = place == "/payload" || place == "/data";
    match kind {
        0 if !place.is_empty() => {
            let is_harmless = match event.pointer_mut(&parent) {
                Some(Value::Object(members)) => members.remove(&name).is_some(),
                Some(Value::Array(items)) => {
                    items.remove(name.parse().unwrap());
                    true
                }
                _ => false,
            };
            Ok(Change { place, is_harmless: is_harmless && !is_payload })
        }
        1 | 2 => {
            let is_harmless = is_member(event) && !is_payload;
            *event.pointer_mut(&place).unwrap() = if kind == 1 { Value::Null } else { json!("") };
            Ok(Change { place, is_harmless })
        }
        3 => {
            let value = any_value(choices, 0)?;
            match event.pointer_mut(&place) {
                Some(Value::Object(members)) => {
                    members.insert("zz_later".into(), value);
                    Ok(Change { place: format!("{place}/zz_later"), is_harmless: true })
                }
                _ => Err(arbitrary::Error::IncorrectFormat),
            }
        }
        4 => {
            let value = event.pointer_mut(&place).unwrap();
            *value = other_notation(value, choices)?;
            Ok(Change { place, is_harmless: true })
        }
        _ => {
            *event.pointer_mut(&place).unwrap() = any_value(choices, 0)?;
            Ok(Change { place, is_harmless: false })
        }
    }
}

/// Text of a number's digits, or a number in place of a text.
fn other_notation(value: &Value, choices: &mut Unstructured<'_>) -> Result<Value> {
    match value {
        Value::Number(number) => Ok(json!(number.to_string())),
        Value::String(text) if !text.is_empty() => {
            let number = serde_json::from_str(text).map(Value::Number);
            number.or_else(|_| Ok(json!(choices.arbitrary::<i64>()?)))
        }
        _ => Err(arbitrary::Error::IncorrectFormat),
    }
}

fn any_value(choices: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    Ok(match choices.int_in_range(0..=if depth < 3 { 8 } else { 6 })? {
        0 => Value::Null,
        1 => json!(choices.arbitrary::<bool>()?),
        2 => json!(choices.arbitrary::<i64>()?),
        3 => json!(choices.arbitrary::<f64>()?),
        4 => json!(choices.arbitrary::<String>()?),
        5 => json!(*choices.choose(&WORDS)?),
        6 => json!({}),
        7 => {
            let length = choices.int_in_range(0..=3)?;
            (0..length).map(|_| any_value(choices, depth + 1)).collect::<Result<Vec<_>>>()?.into()
        }
        _ => {
            let (name, value) = (*choices.choose(&WORDS)?, any_value(choices, depth + 1)?);
            json!({name: value})
        }
    })
}

/// Names and values that `prelude-events` knows.
const WORDS: [&str; 16] = [
    "type",
    "event",
    "payload",
    "data",
    "id",
    "metadata",
    "correlation_id",
    "amount",
    "value",
    "user.created",
    "attempt",
    "verify.attempt",
    "0.0300",
    "1e9",
    "2025-03-15T10:30:00Z",
    "",
];
