//! Bodies that consumers recover from the messages of one delivery.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::support::{faults::memory_sqs::Stored, parked::decode};

/// Bytes of every event, sorted: from its queue, from the parking queue, from parts, or from a slice.
pub(super) fn recover_all(stored: Vec<Stored>) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut parts = BTreeMap::<(String, String), BTreeMap<usize, String>>::new();
    for Stored { entry, .. } in stored {
        let attribute =
            |name: &str| entry.message_attributes.get(name).and_then(|value| value.string_value.clone());
        let reason = attribute("reason").unwrap_or_default();
        let encoding = attribute("encoding").unwrap_or_else(|| "text".to_owned());
        match encoding.split_once(";part=") {
            Some((_, part)) => {
                let (index, _) = part.split_once('/').unwrap();
                let parts = parts.entry((attribute("event_id").unwrap(), reason)).or_default();
                let twice = parts.insert(index.parse().unwrap(), entry.message_body);
                assert!(twice.is_none(), "a part came twice");
            }
            None if reason.is_empty() => {
                // Restores the two characters that SQS forbids. Consumers need no such step.
                let body = entry.message_body.replace("\\ufffe", "\u{FFFE}").replace("\\uffff", "\u{FFFF}");
                events.push(body.into_bytes());
            }
            None => add(&mut events, &reason, decode(&encoding, &entry.message_body)),
        }
    }
    for ((_, reason), parts) in parts {
        let text: String = parts.into_values().collect();
        add(&mut events, &reason, decode("gzip+base64", &text));
    }
    events.sort();
    events
}

fn add(events: &mut Vec<Vec<u8>>, reason: &str, raw: Vec<u8>) {
    if reason != "batch_too_large" {
        return events.push(raw);
    }
    let slice: Vec<&RawValue> = serde_json::from_slice(&raw).unwrap();
    events.extend(slice.into_iter().map(|element| element.get().as_bytes().to_vec()));
}
