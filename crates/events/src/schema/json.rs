//! Descriptions as JSON Schema.

use super::{Form, Member, Object, Word, payload};
use crate::{EventType, Source};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of a type's whole event; `None` for an unknown type.
///
/// The schema is as tolerant as this crate: every payload that [`Event::parse`](crate::Event::parse) reads is valid.
/// That includes `null` and `""` for absent members, numbers for texts, texts for numbers, newer words and further
/// members. Personal members are marked `x-personal`.
pub fn json_schema(event_type: &EventType) -> Option<Value> {
    let payload = payload(event_type)?;
    let meaning = event_type.meaning()?;
    let kind = json!({"const": event_type.as_str()});
    let properties = if event_type.source() == Some(Source::VerifyV1) {
        let mut properties = properties(&payload);
        properties.insert("type".to_owned(), kind);
        properties
    } else {
        let member = |form: &Form, meaning: &str| described(form.schema(), meaning);
        let members = [
            // A text or a number. An id of any other form counts as absent.
            ("id", member(&Form::Json, "The event, `evt_…`: the same on every retry.")),
            ("type", kind),
            ("payload", described(Form::Object(payload.clone()).schema(), &payload.meaning)),
            ("created_at", member(&Form::Time, "When Prelude created the event.")),
        ];
        members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
    };
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event_type.as_str(),
        "description": meaning,
        "type": "object",
        "properties": properties,
        "required": ["type"],
    }))
}

fn properties(object: &Object) -> Map<String, Value> {
    let schema = |member: &Member| {
        let mut schema = described(member.form.schema(), &member.meaning);
        if let (true, Some(schema)) = (member.personal, schema.as_object_mut()) {
            schema.insert("x-personal".to_owned(), true.into());
        }
        (member.name.to_owned(), schema)
    };
    object.members.iter().map(schema).collect()
}

fn described(mut schema: Value, meaning: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), meaning.into());
    }
    schema
}

impl Form {
    fn schema(&self) -> Value {
        // `pattern` and `maxLength` apply to strings only. The empty string stands for an absent member.
        match self {
            Self::Text => json!({"type": ["string", "number", "null"]}),
            Self::Count => json!({
                "type": ["integer", "string", "null"], "minimum": 0, "maximum": u64::MAX, "pattern": "^[0-9]{0,19}$",
            }),
            Self::Decimal => json!({
                "type": ["number", "string", "null"],
                "pattern": "^(-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?)?$",
            }),
            // An unreadable time must not cost the event, so the format is only a hint.
            Self::Time => json!({"format": "date-time"}),
            Self::Json => json!({}),
            Self::Word(words) => {
                let known = |word: &Word| json!({"const": word.word, "description": word.meaning});
                let newer = json!({"description": "A word that is newer than this schema."});
                let any: Vec<_> = words.iter().map(known).chain([newer]).collect();
                json!({"type": ["string", "number", "null"], "anyOf": any})
            }
            Self::Object(object) => json!({
                "type": ["object", "null", "string"], "maxLength": 0, "properties": properties(object),
            }),
            Self::List(element) => json!({
                "type": ["array", "null", "string"], "maxLength": 0, "items": element.element_schema(),
            }),
        }
    }

    /// An element is never absent.
    fn element_schema(&self) -> Value {
        match self {
            Self::Text | Self::Word(_) => json!({"type": ["string", "number"]}),
            Self::Object(object) => json!({"type": "object", "properties": properties(object)}),
            other => other.schema(),
        }
    }
}
