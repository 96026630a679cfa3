//! Checks that the messages contain every byte of an accepted body, and no other bytes.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, value::RawValue};

use super::{
    answer::Answer,
    destination,
    request::{self, Case},
    sqs::Sent,
};
use crate::json::Members;

pub fn check(case: &Case, answer: &Answer, sent: &[Sent]) {
    let body = match &case.request {
        Some(request) => Some(request.body.clone()),
        None => serde_json::from_slice::<Value>(&case.event).ok().and_then(|event| request::body_of(&event)),
    };
    let (Some(body), true) = (body, answer.accepted.is_some() || !sent.is_empty()) else { return };
    let Some(events) = events(&body) else { return };
    if let Some(accepted) = answer.accepted {
        assert_eq!(accepted, events.len());
    }
    let mut expected: HashMap<String, usize> = HashMap::new();
    for event in &events {
        *expected.entry(fingerprint(event)).or_default() += 1;
    }
    let is_whole = answer.status == 200;
    let mut found: HashMap<String, usize> = HashMap::new();
    let mut ids: HashMap<String, String> = HashMap::new();
    let is_batch = events.first().is_none_or(|event| event.len() < body.len());
    let mut add = |raw: &[u8], message: Option<&Sent>| {
        let fingerprint = fingerprint(raw);
        assert!(expected.contains_key(&fingerprint), "a message contains an event that was not received");
        *found.entry(fingerprint.clone()).or_default() += 1;
        if let Some(message) = message {
            destination::check(raw, is_batch, message);
            let id = message.attribute("event_id").unwrap();
            let first = ids.entry(fingerprint).or_insert_with(|| id.to_owned());
            assert_eq!(first, id, "an event has two ids");
            check_id(raw, id);
        }
    };
    for message in sent.iter().filter(|message| message.event_type.is_some()) {
        add(message.body.as_bytes(), Some(message));
    }
    for parked in unpark(sent, is_whole) {
        if parked.first.attribute("reason") != Some("batch_too_large") {
            assert!(events.contains(&&parked.raw[..]), "parked bytes differ from the received ones");
            add(&parked.raw, Some(parked.first));
            continue;
        }
        let slice = std::str::from_utf8(&parked.raw).unwrap();
        let elements: Vec<&RawValue> = serde_json::from_str(slice).unwrap();
        let inner = &slice.as_bytes()[1..slice.len() - 1];
        assert!(inner.len() <= body.len() && find(&body, inner), "a slice must be a run of the batch");
        elements.iter().for_each(|element| add(element.get().as_bytes(), None));
    }
    if is_whole {
        // Messages that SQS stored without an acknowledgement are sent again.
        let may_repeat =
            case.script.iter().any(|letter| b"lLH".contains(letter) || letter.is_ascii_uppercase());
        for (event, count) in &expected {
            let found = found.get(event).copied().unwrap_or_default();
            assert!(found >= *count && (found == *count || may_repeat), "{found} of {count}");
        }
    }
}

/// Events of a body: the elements of its only `events` array, otherwise the body itself. `None` if that depends on the
/// JSON reader.
pub fn events(body: &[u8]) -> Option<Vec<&[u8]>> {
    let whole = Some(vec![body]);
    let Ok(text) = std::str::from_utf8(body) else { return whole };
    let Some(members) = Members::of(text) else {
        // The receiver reads a name that is not Unicode as another member.
        let is_object = text.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
        return if is_object { None } else { whole };
    };
    match members.only("events").and_then(|events| serde_json::from_str::<Vec<&RawValue>>(events.get()).ok())
    {
        Some(elements) => Some(elements.into_iter().map(|element| element.get().as_bytes()).collect()),
        None => whole,
    }
}

/// Text of an event with the two characters that SQS refuses as escapes. Equal for the event and its message.
fn fingerprint(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff"),
        Err(_) => format!("{raw:?}"),
    }
}

/// Checks that a usable `id` of the event is its `event_id`. Other tests cover the identity of Verify V1.
fn check_id(raw: &[u8], id: &str) {
    let own = std::str::from_utf8(raw).ok().and_then(Members::of).and_then(|members| {
        let is_v1 =
            matches!(members.text("type").as_deref(), Some("authentication" | "attempt" | "delivery_status"));
        members.text("id").filter(|_| !is_v1)
    });
    let is_usable = |id: &String| {
        (1..=256).contains(&id.chars().count()) && id.is_ascii() && !id.contains(char::is_control)
    };
    match own.filter(is_usable) {
        Some(own) => assert_eq!(own, id),
        None => assert!(!id.is_empty()),
    }
}

struct Parked<'a> {
    raw: Vec<u8>,
    /// Message of the event, or the message of its first part.
    first: &'a Sent,
}

/// Recovers events as a consumer of the parking queue does. Omits incomplete events if SQS failed.
fn unpark(sent: &[Sent], is_whole: bool) -> Vec<Parked<'_>> {
    let mut parked = Vec::new();
    let mut parts: BTreeMap<_, BTreeMap<usize, &Sent>> = BTreeMap::new();
    for message in sent.iter().filter(|message| message.event_type.is_none()) {
        let (reason, id) = (message.attribute("reason").unwrap(), message.attribute("event_id").unwrap());
        let encoding = message.attribute("encoding").unwrap_or("text");
        match encoding.split_once(";part=") {
            None => parked.push(Parked { raw: decode(encoding, &message.body), first: message }),
            Some((encoding, part)) => {
                let (index, count) = part.split_once('/').unwrap();
                let key = (id, reason, encoding, count.parse::<usize>().unwrap());
                parts.entry(key).or_default().insert(index.parse().unwrap(), message);
            }
        }
    }
    for ((_, _, encoding, count), parts) in parts {
        assert!(parts.keys().all(|index| (1..=count).contains(index)));
        assert!(parts.len() == count || !is_whole, "an accepted event lacks a part");
        if parts.len() == count {
            let text: String = parts.values().map(|part| part.body.as_str()).collect();
            parked.push(Parked { raw: decode(encoding, &text), first: parts[&1] });
        }
    }
    parked
}

fn decode(encoding: &str, text: &str) -> Vec<u8> {
    let bytes = || STANDARD.decode(if text == "====" { "" } else { text }).unwrap();
    match encoding {
        "text" => text.as_bytes().to_vec(),
        "base64" => bytes(),
        "gzip+base64" => {
            let mut raw = Vec::new();
            flate2::read::GzDecoder::new(&bytes()[..]).read_to_end(&mut raw).unwrap();
            raw
        }
        other => panic!("encoding {other}"),
    }
}

/// Reports whether one text contains another. A loop over windows would take minutes for a large text.
fn find(text: &[u8], part: &[u8]) -> bool {
    match (std::str::from_utf8(text), std::str::from_utf8(part)) {
        (Ok(text), Ok(part)) => text.contains(part),
        _ => false,
    }
}
