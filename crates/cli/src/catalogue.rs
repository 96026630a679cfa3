//! Event types, for people and for scripts: the source of each, its authentication, its queue, and its members.
//!
//! Everything comes from `prelude-events`: the table of types, the documentation of the payloads, and the samples.

mod text;

use prelude_events::{
    EventType, Source, samples,
    schema::{self, Form, Object},
};
use prelude_local::prelude::samples::APP_ID;
use serde::Serialize;
use serde_json::{Value, json};

pub use text::{table, type_page};

/// One event type.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Wire name of the type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// Source that sends it.
    pub source: Source,
    /// Authentication of its source. JSON keeps the earlier name.
    #[serde(rename = "proof")]
    pub authentication: Authentication,
    /// Name of its queue, without the prefix.
    pub queue_slug: &'static str,
    /// Meaning of the event, in one sentence.
    pub meaning: &'static str,
}

/// Authentication of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// Verify V1: the secret path from a listed address, because there is no signature.
    SecretPath,
    /// Verify and Notify: a signature with the account's key.
    AccountKey,
    /// Session: a signature with the app's key.
    AppKey,
}

impl Authentication {
    /// Authentication of this source.
    pub const fn of(source: Source) -> Self {
        match source {
            Source::VerifyV1 => Self::SecretPath,
            Source::Verify | Source::Notify => Self::AccountKey,
            Source::Session => Self::AppKey,
        }
    }
}

/// Every type, in the table's order.
pub fn rows() -> Vec<Row> {
    EventType::ALL.iter().filter_map(Row::of).collect()
}

impl Row {
    /// Row of a type; `None` for an unknown one.
    pub fn of(event_type: &EventType) -> Option<Self> {
        let known = EventType::ALL.iter().find(|known| *known == event_type)?;
        let source = known.source()?;
        Some(Self {
            event_type: known.as_str(),
            source,
            authentication: Authentication::of(source),
            queue_slug: known.queue_slug()?,
            meaning: known.meaning()?,
        })
    }
}

/// A member of a payload, with its place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// Path from the payload, for example `price.amount` or `identifiers[].value`.
    pub path: String,
    /// Form of the value, in a word or two.
    pub form: String,
    /// Meaning of the value.
    pub meaning: String,
    /// True if the value is about a person.
    pub personal: bool,
}

/// Members of a type's payload. Nested members follow their parent.
pub fn members(event_type: &EventType) -> Vec<MemberRow> {
    let mut rows = Vec::new();
    if let Some(payload) = schema::payload(event_type) {
        collect("", &payload, false, &mut rows);
    }
    rows
}

fn collect(prefix: &str, object: &Object, personal: bool, rows: &mut Vec<MemberRow>) {
    for member in &object.members {
        let path = format!("{prefix}{}", member.name);
        let personal = personal || member.personal;
        let form = form_name(&member.form);
        rows.push(MemberRow { path: path.clone(), form, meaning: member.meaning.clone(), personal });
        match &member.form {
            Form::Object(inner) => collect(&format!("{path}."), inner, personal, rows),
            Form::List(element) => {
                if let Form::Object(inner) = &**element {
                    collect(&format!("{path}[]."), inner, personal, rows);
                }
            }
            _ => {}
        }
    }
}

fn form_name(form: &Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Count => "whole number".to_owned(),
        Form::Decimal => "decimal".to_owned(),
        Form::Time => "time".to_owned(),
        Form::Word(words) => words.iter().map(|word| word.word).collect::<Vec<_>>().join(" | "),
        Form::Object(_) => "object".to_owned(),
        Form::List(element) => format!("list of {}", form_name(element)),
        _ => "any JSON".to_owned(),
    }
}

/// Body that Prelude sends for the sample of a type, with a line end: a batch for a Session event, otherwise the sample
/// itself. `None` for an unknown type.
pub fn delivery(event_type: &EventType) -> Option<String> {
    let sample = samples::sample(event_type)?.trim_end();
    Some(match event_type.source()? {
        Source::Session => {
            let event = sample.replace('\n', "\n    ");
            format!("{{\n  \"app_id\": \"{APP_ID}\",\n  \"events\": [\n    {event}\n  ]\n}}\n")
        }
        Source::VerifyV1 | Source::Verify | Source::Notify => format!("{sample}\n"),
    })
}

/// All parts of one type as JSON; `None` for an unknown one.
pub fn type_json(event_type: &EventType) -> Option<Value> {
    let row = Row::of(event_type)?;
    let sample = samples::ALL.iter().find(|sample| sample.event_type == *event_type)?;
    let mut parts = serde_json::to_value(row).ok()?;
    parts.as_object_mut()?.extend([
        ("members".to_owned(), serde_json::to_value(members(event_type)).ok()?),
        ("sample".to_owned(), serde_json::from_str(sample.json).ok()?),
        ("sample_documented".to_owned(), json!(sample.documented)),
        ("schema".to_owned(), schema::json_schema(event_type)?),
    ]);
    Some(parts)
}

/// Known types with names similar to this text, the most similar first.
pub fn nearest(text: &str) -> Vec<&'static str> {
    let text = text.to_ascii_lowercase();
    let likeness = |name: &str| {
        let part = if !text.is_empty() && name.contains(&text) { 0.9 } else { 0.0 };
        strsim::jaro_winkler(name, &text).max(part)
    };
    let mut names: Vec<_> =
        EventType::ALL.iter().map(|known| (likeness(known.as_str()), known.as_str())).collect();
    names.retain(|(likeness, _)| *likeness > LIKE);
    names.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    names.into_iter().map(|(_, name)| name).take(MOST_NAMES).collect()
}

/// Smallest likeness of similar names. The names of one source share half their letters.
const LIKE: f64 = 0.8;
const MOST_NAMES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_every_part() {
        assert_eq!(rows().len(), EventType::ALL.len());
        for event_type in EventType::ALL {
            let parts = type_json(event_type).unwrap();
            assert_eq!(parts["type"], event_type.as_str());
            for part in ["source", "proof", "queue_slug", "meaning"] {
                assert!(parts[part].as_str().is_some_and(|text| !text.is_empty()), "{event_type}: {part}");
            }
            assert!(!parts["members"].as_array().unwrap().is_empty(), "{event_type}");
            assert_eq!(parts["sample"]["type"], event_type.as_str());
            assert_eq!(parts["schema"]["title"], event_type.as_str());
        }
        assert!(type_json(&EventType::from("nobody.knows")).is_none());
    }

    #[test]
    fn members_are_listed_with_their_path() {
        let created = members(&EventType::UserCreated);
        let value = created.iter().find(|row| row.path == "identifiers[].value").unwrap();
        assert!(value.personal && value.form == "text", "{value:?}");
        let kind = created.iter().find(|row| row.path == "identifiers[].type").unwrap();
        assert_eq!(kind.form, "phone_number | email_address");
        let attempt = members(&EventType::VerifyAttempt);
        assert!(attempt.iter().any(|row| row.path == "metadata.correlation_id" && row.personal));
    }

    #[test]
    fn a_misspelled_type_has_near_names() {
        for (text, first) in [
            ("user.craeted", "user.created"),
            ("User.Created", "user.created"),
            ("verify.delivery-status", "verify.delivery_status"),
            ("assertion_failed", "user.passkey.assertion_failed"),
            ("transactional.message.deliverd", "transactional.message.delivered"),
        ] {
            assert_eq!(nearest(text).first(), Some(&first), "{text}: {:?}", nearest(text));
        }
        for text in ["", "zzz", "payment_intent.succeeded"] {
            assert!(nearest(text).is_empty(), "{text}: {:?}", nearest(text));
        }
    }
}
