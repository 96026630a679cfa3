//! Reads every sample into the typed view and writes it back.

use prelude_events::{Event, EventType, Received, Source, samples};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_file_is_in_the_table_and_every_row_has_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let rows: BTreeSet<String> =
        EventType::ALL.iter().map(|event_type| format!("{event_type}.json")).collect();
    assert_eq!(files, rows);
}

#[test]
fn the_readme_marks_each_sample_as_the_table_does() {
    let readme = include_str!("../samples/README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), samples::ALL.len());
    for (row, sample) in rows.iter().zip(samples::ALL) {
        let mark = if sample.documented { "documented" } else { "built" };
        assert!(row.starts_with(&format!("| `{}` | {mark} | `", sample.event_type)), "{row}");
    }
}

#[test]
fn every_type_has_a_sample_of_its_own() {
    for event_type in EventType::ALL {
        let json: Value = serde_json::from_str(samples::sample(event_type).unwrap()).unwrap();
        assert_eq!(json["type"], event_type.as_str());
    }
    assert_eq!(samples::sample(&EventType::from("nobody.knows")), None);
}

#[test]
fn every_sample_parses_to_its_typed_variant() {
    for sample in samples::ALL {
        let received = Received::parse(sample.json).unwrap();
        assert_eq!(received.envelope.event_type, sample.event_type);
        assert_eq!(received.event.event_type(), sample.event_type);
        assert!(!matches!(received.event, Event::Unknown { .. }), "{}", sample.event_type);
        assert!(received.envelope.id.is_some());
        let flat = sample.event_type.source() == Some(Source::VerifyV1);
        assert_eq!(received.envelope.created_at.is_none(), flat);
        assert_eq!(received.envelope.payload == received.envelope.raw, flat);
    }
}

/// No struct loses, renames or changes a member of its sample.
#[test]
fn every_payload_serializes_to_the_same_members() {
    for sample in samples::ALL {
        let received = Received::parse(sample.json).unwrap();
        let mut sent: Value = serde_json::from_str(received.envelope.payload.as_str()).unwrap();
        if sample.event_type.source() == Some(Source::VerifyV1) {
            // The type belongs to the envelope. In a flat event, the envelope is the payload too.
            sent.as_object_mut().unwrap().remove("type");
        }
        assert_eq!(serde_json::to_value(&received.event).unwrap(), sent, "{}", sample.event_type);
    }
}

#[test]
fn every_sample_serializes_as_received_and_reads_the_same_again() {
    for sample in samples::ALL {
        let received = Received::parse(sample.json).unwrap();
        let json = serde_json::to_string(&received).unwrap();
        assert_eq!(json, sample.json.trim_end());
        assert_eq!(serde_json::from_str::<Received>(&json).unwrap(), received);
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::from_value::<Received>(value).unwrap().event.event_type(), sample.event_type);
    }
}

/// Consumers therefore key idempotency on the type too.
#[test]
fn documented_events_of_several_types_share_one_id() {
    let documented = samples::ALL.iter().filter(|sample| sample.documented);
    let received: Vec<_> = documented.map(|sample| Received::parse(sample.json).unwrap().envelope).collect();
    let ids: BTreeSet<_> = received.iter().map(|envelope| &envelope.id).collect();
    let keys: BTreeSet<_> = received
        .iter()
        .map(|envelope| (envelope.event_type.source(), &envelope.event_type, &envelope.id))
        .collect();
    assert!(ids.len() < received.len());
    assert_eq!(keys.len(), received.len());
}

#[test]
fn every_time_of_every_sample_is_readable() {
    fn check(value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if name == "time" || name.ends_with("_at") {
                        let time = prelude_events::Timestamp::from(value.as_str().unwrap());
                        assert!(time.unix_nanos().is_some(), "{time}");
                    }
                    check(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(check),
            _ => {}
        }
    }
    for sample in samples::ALL {
        check(&serde_json::from_str(sample.json).unwrap());
    }
}

#[test]
fn debug_shows_nothing_personal() {
    let mut checked = 0;
    for sample in samples::ALL {
        let received = Received::parse(sample.json).unwrap();
        let debug = format!("{received:?} {received:#?}");
        let mut personal = Vec::new();
        collect_personal(&serde_json::from_str(sample.json).unwrap(), false, &mut personal);
        for text in personal {
            checked += 1;
            assert!(!debug.contains(&text), "{} shows {text}: {debug}", sample.event_type);
        }
    }
    assert!(checked > 30, "{checked}");
}

/// Collects the personal texts in `value`: every text below the members named here.
fn collect_personal(value: &Value, below: bool, personal: &mut Vec<String>) {
    const NAMES: [&str; 9] = [
        "recipient_phone_number",
        "value",
        "to",
        "from",
        "text",
        "nickname",
        "variables",
        "profile",
        "metadata",
    ];
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect_personal(value, below || NAMES.contains(&name.as_str()), personal);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|value| collect_personal(value, below, personal)),
        Value::String(text) if below => personal.push(text.clone()),
        _ => {}
    }
}
