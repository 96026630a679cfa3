//! Expected results of `parse`, as the Rust crate gives them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prelude_events::{
    Event, EventType, ParseError, Received, Source,
    schema::{self, Form, Object},
};
use serde::Serialize;
use serde_json::value::RawValue;

/// A body, and the result of reading it.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Instead of `body`, for bytes that are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(flatten)]
    result: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Event(Box<Normal>),
    Error(Fault),
}

/// An event without the differences between languages. Decimals and times are texts.
#[derive(Debug, Serialize)]
struct Normal {
    #[serde(rename = "type")]
    event_type: String,
    known: bool,
    id: Option<String>,
    source: Option<Source>,
    created_at: Option<String>,
    payload: Box<RawValue>,
}

#[derive(Debug, Serialize)]
struct Fault {
    problem: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'static str>,
}

impl Case {
    pub(super) fn of(name: impl Into<String>, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let text = std::str::from_utf8(body).ok().map(str::to_owned);
        let body_base64 = text.is_none().then(|| STANDARD.encode(body));
        let result = match Received::parse(body) {
            Ok(received) => Outcome::Event(Box::new(Normal::of(&received))),
            Err(error) => Outcome::Error(Fault::of(error)),
        };
        Self { name: name.into(), body: text, body_base64, result }
    }
}

impl Normal {
    fn of(received: &Received) -> Self {
        let envelope = &received.envelope;
        let event_type = &envelope.event_type;
        let payload = match (&received.event, schema::payload(event_type)) {
            (Event::Unknown { payload, .. }, _) => compact(payload.as_str()),
            (known, Some(form)) => {
                let json = serde_json::to_string(known).unwrap_or_default();
                normal(&Form::Object(form), &json)
            }
            (_, None) => "null".to_owned(),
        };
        Self {
            event_type: event_type.as_str().to_owned(),
            known: EventType::known(event_type.as_str()).is_some(),
            id: envelope.id.clone(),
            source: event_type.source(),
            created_at: envelope.created_at.as_ref().map(|time| time.as_str().to_owned()),
            payload: RawValue::from_string(payload).unwrap_or_default(),
        }
    }
}

impl Fault {
    fn of(error: ParseError) -> Self {
        let fault = |problem| Self { problem, event_type: None, path: None, found: None };
        match error {
            ParseError::NotAnObject { found, .. } => Self { found: Some(found), ..fault("not_an_object") },
            ParseError::MissingType => fault("missing_type"),
            ParseError::Payload { event_type, member, found, .. } => Self {
                problem: "payload",
                event_type: Some(event_type.as_str().to_owned()),
                path: Some(member),
                found: Some(found),
            },
            // `NotJson`: every other error would be a new one.
            _ => fault("not_json"),
        }
    }
}

/// JSON of a value that the Rust crate wrote, with decimals and times as texts.
fn normal(form: &Form, json: &str) -> String {
    match form {
        Form::Decimal | Form::Time if !json.starts_with('"') => {
            serde_json::to_string(json).unwrap_or_default()
        }
        Form::Object(object) => normal_object(object, json),
        Form::List(element) => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            let elements: Vec<_> = elements.iter().map(|json| normal(element, json.get())).collect();
            format!("[{}]", elements.join(","))
        }
        _ => compact(json),
    }
}

fn normal_object(object: &Object, json: &str) -> String {
    let values: BTreeMap<&str, &RawValue> = serde_json::from_str(json).unwrap_or_default();
    let members = object.members.iter().filter_map(|member| {
        let value = values.get(member.name)?;
        Some(format!("\"{}\":{}", member.name, normal(&member.form, value.get())))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The JSON without white space between its tokens. Numbers keep their digits.
fn compact(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    json.chars()
        .filter(|character| {
            if is_text {
                is_text = is_escaped || *character != '"';
                is_escaped = !is_escaped && *character == '\\';
                return true;
            }
            is_text = *character == '"';
            !character.is_ascii_whitespace()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_inside_texts_stays() {
        assert_eq!(compact("{ \"a \\\" b\" :\n [1.50, \"\\\\\" ] }"), "{\"a \\\" b\":[1.50,\"\\\\\"]}");
    }

    #[test]
    fn digits_survive() {
        let body = r#"{"type":"verify.attempt","payload":{"price":{"amount":0.0090},"time":1.50,"id":1e3}}"#;
        let json = serde_json::to_string(&Case::of("case", body)).unwrap();
        assert!(
            json.contains(r#""payload":{"id":"1e3","price":{"amount":"0.0090"},"time":"1.50"}"#),
            "{json}"
        );
    }
}
