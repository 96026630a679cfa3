//! Bodies that fill an invocation's event to the last bytes.

use std::{cell::Cell, iter::repeat_n};

use prelude_events::{EventType, Source};
use prelude_local::{
    aws::gateway::Request,
    coverage::cases,
    prelude::{ADDRESSES, batch},
};
use serde_json::value::RawValue;

use super::{MAX_EVENT, SLACK};
use crate::support::{
    faults::rig::APP_ID,
    stack::{PATH_TOKEN, SIGNATURE},
};

/// Body and its expected result.
pub(super) struct Body {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) signer: Signer,
    pub(super) queue_type: &'static str,
}

/// Signer of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    Account,
    App,
    /// Nobody: the account's signature belongs to another body.
    Forger,
}

impl Body {
    /// Events in the body.
    pub(super) fn events(&self) -> Vec<Vec<u8>> {
        match self.signer {
            Signer::App => self.elements().iter().map(|element| element.get().as_bytes().to_vec()).collect(),
            Signer::Account | Signer::Forger => vec![self.bytes.clone()],
        }
    }

    /// Status and body of the answer.
    pub(super) fn answer(&self) -> (u64, String) {
        match self.signer {
            Signer::Forger => (401, r#"{"error":"unauthorized"}"#.to_owned()),
            Signer::App => (200, format!(r#"{{"accepted":{}}}"#, self.elements().len())),
            Signer::Account => (200, r#"{"accepted":1}"#.to_owned()),
        }
    }

    fn elements(&self) -> Vec<&RawValue> {
        let start = format!(r#"{{"app_id":"{APP_ID}","events":"#).len();
        serde_json::from_slice(&self.bytes[start..self.bytes.len() - 1]).unwrap()
    }
}

/// Number of kinds of large bodies.
const KINDS: u64 = 22;

/// Every kind of large body, or some kinds in a short run.
pub(super) fn bodies() -> Vec<Body> {
    let stride = KINDS.div_ceil(cases("the largest requests", 8..=KINDS));
    let kinds = Cell::new(0_u64);
    let attempt = |text: &str| format!(r#"{{"id":"evt_1","type":"verify.attempt","x":"{text}"}}"#);
    // Skips a kind before it is filled, because that is slow.
    let one = |name: &str, signer, make: &dyn Fn(usize) -> Vec<u8>| {
        kinds.update(|kinds| kinds + 1);
        (kinds.get() - 1).is_multiple_of(stride).then(|| {
            let bytes = make(largest(make));
            Body { name: name.to_owned(), bytes, signer, queue_type: "standard" }
        })
    };
    let account =
        |name: &str, make: &dyn Fn(usize) -> String| one(name, Signer::Account, &|n| make(n).into_bytes());
    let of_batch = |name: &str, queue_type, make: &dyn Fn(usize) -> Vec<String>| {
        one("", Signer::App, &|n| batch(APP_ID, make(n))).map(|body| {
            let count = body.elements().len();
            let name = if count == 1 { name.to_owned() } else { format!("{} {name}", thousands(count)) };
            Body { name, queue_type, ..body }
        })
    };
    let small = |n: usize| (0..n).map(|i| known(i, i % 100, "")).collect();
    let bodies = [
        account("one event, compressible", &|n| attempt(&"x".repeat(n))),
        account("one event, incompressible", &|n| attempt(&noise(n))),
        one("one body, not UTF-8, incompressible", Signer::Account, &|n| binary(n)),
        account("one event, its type long", &|n| format!(r#"{{"id":"evt_1","type":"{}"}}"#, noise(n))),
        account("one event, its id long", &|n| format!(r#"{{"id":"{}","type":"verify.attempt"}}"#, noise(n))),
        account("one event, every character escaped", &|n| attempt(&"\\u00e9".repeat(n))),
        account("one event, all members", &|n| {
            format!(r#"{{"type":"verify.attempt"{}}}"#, r#","a":1"#.repeat(n))
        }),
        account("one event, nested deeply", &|n| {
            format!(r#"{{"type":"verify.attempt","payload":{}{}}}"#, "[".repeat(n), "]".repeat(n))
        }),
        account("not an event, nested deeply", &|n| "[".repeat(n) + &"]".repeat(n)),
        account("not JSON, nested deeply", &|n| r#"{"a":"#.repeat(n)),
        of_batch("a batch of one event, incompressible", "standard", &|n| {
            vec![format!(r#"{{"id":"evt_1","type":"user.created","x":"{}"}}"#, noise(n))]
        }),
        of_batch("small events", "standard", &small),
        of_batch("small events, FIFO", "fifo", &small),
        of_batch("numbers in a batch", "standard", &|n| repeat_n("0".to_owned(), n).collect()),
        of_batch("empty objects in a batch", "standard", &|n| repeat_n("{}".to_owned(), n).collect()),
        of_batch("events of a megabyte", "standard", &|n| (0..6).map(|i| known(i, i, &noise(n))).collect()),
        of_batch("events", "standard", &|n| (0..2_000).map(|i| known(i, i, &noise(n))).collect()),
        of_batch("events, FIFO", "fifo", &|n| (0..900).map(|i| known(i, i, &noise(n))).collect()),
        of_batch("events of forbidden characters", "standard", &|n| {
            (0..2_000).map(|i| known(i, i, &"\u{FFFF}".repeat(n))).collect()
        }),
        of_batch("events of as many unknown types", "standard", &|n| {
            let event = |i| format!(r#"{{"id":"evt_{i}","type":"user.invented_{i}","x":"{}"}}"#, noise(n));
            (0..2_000).map(event).collect()
        }),
        of_batch("small events of as many unknown types", "standard", &|n| {
            (0..n).map(|i| format!(r#"{{"id":"evt_{i}","type":"user.invented_{i}"}}"#)).collect()
        }),
        one("a forged signature", Signer::Forger, &|n| attempt(&noise(n)).into_bytes()),
    ];
    assert_eq!(kinds.get(), KINDS);
    bodies.into_iter().flatten().collect()
}

/// Event of one of the app's types, in turn.
fn known(index: usize, user: usize, text: &str) -> String {
    let types = EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session));
    let event_type = types.cycle().nth(index % 12).unwrap();
    let payload = format!(r#"{{"user_id":"usr_{user}","x":"{text}"}}"#);
    format!(r#"{{"id":"evt_{index}","type":"{event_type}","payload":{payload}}}"#)
}

/// Largest length of a body whose API Gateway event fits, except for [`SLACK`]. Extrapolates from the last two tries.
fn largest(make: &dyn Fn(usize) -> Vec<u8>) -> usize {
    let length = |n: i64| {
        let request = Request::new("POST", format!("/webhooks/{PATH_TOKEN}"), ADDRESSES[0]);
        let request = request.json(make(n.try_into().unwrap())).header(SIGNATURE, "s".repeat(361));
        i64::try_from(request.http_api_event().to_string().len()).unwrap()
    };
    let (slack, most) = (i64::try_from(SLACK).unwrap(), i64::try_from(MAX_EVENT).unwrap());
    let (mut before, mut last) = ((100, length(100)), (200, length(200)));
    while last.1 > most || most - last.1 > slack {
        let next = last.0 + (most - slack / 16 - last.1) * (last.0 - before.0) / (last.1 - before.1);
        (before, last) = (last, (next, length(next)));
    }
    last.0.try_into().unwrap()
}

/// Text that compresses to three quarters at best.
fn noise(length: usize) -> String {
    let mut random = fastrand::Rng::with_seed(length as u64);
    (0..length).map(|_| random.alphanumeric()).collect()
}

fn binary(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; length + 1];
    fastrand::Rng::with_seed(7).fill(&mut bytes[1..]);
    bytes
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    match head {
        "" => tail.to_owned(),
        _ => format!(
            "{},{tail}",
            if head.len() > 3 { thousands(head.parse().unwrap()) } else { head.to_owned() }
        ),
    }
}
