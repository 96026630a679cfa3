//! Parked messages, attributes and times.

use std::{collections::BTreeMap, io::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use prelude_events::{EventType, Timestamp, payload::verify::DeliveryStatus, samples};
use prelude_webhooks::replay::Encoding;
use serde::Serialize;

type Attributes = BTreeMap<&'static str, String>;

/// A message: its body, and its attributes by name.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    body: String,
    attributes: Attributes,
}

/// A message, and the bytes that `decode` returns; `None` for an error.
#[derive(Debug, Serialize)]
pub(super) struct Parked {
    name: String,
    #[serde(flatten)]
    message: Message,
    bytes_base64: Option<String>,
}

/// Messages, and the bytes that `join_parts` returns; `None` for an error.
#[derive(Debug, Serialize)]
pub(super) struct Parts {
    name: &'static str,
    messages: Vec<Message>,
    bytes_base64: Option<String>,
}

/// Attributes, and their idempotency key.
#[derive(Debug, Serialize)]
pub(super) struct Key {
    attributes: Attributes,
    key: String,
}

/// A text, and its nanoseconds since 1970 as a text; `None` if it is not a time.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    text: &'static str,
    unix_nanos: Option<String>,
}

/// A status of a delivery, one that came before, and the result of `DeliveryStatus::follows`.
#[derive(Debug, Serialize)]
pub(super) struct Follows {
    status: String,
    earlier: String,
    follows: bool,
}

const IDENTITY: [&str; 4] = ["source", "app_id", "event_type", "event_id"];

fn attributes(values: [&str; 4]) -> Attributes {
    let present = IDENTITY.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
    present.map(|(name, value)| (name, value.to_owned())).collect()
}

fn message(body: &str, encoding: Option<&str>) -> Message {
    let mut attributes = attributes(["verify", "", "verify.attempt", "evt_1"]);
    attributes.insert("reason", "oversize".to_owned());
    if let Some(encoding) = encoding {
        attributes.insert("encoding", encoding.to_owned());
    }
    Message { body: body.to_owned(), attributes }
}

/// Bodies in every encoding, and bodies that are not what their encoding says.
pub(super) fn parked() -> Vec<Parked> {
    let sample = samples::sample(&EventType::VerifyAttempt).unwrap_or_default().trim();
    let packed = STANDARD.encode(gzip(sample.as_bytes()));
    let followed = |rest: &[u8]| STANDARD.encode([&*gzip(sample.as_bytes()), rest].concat());
    let truncated = STANDARD.encode(gzip(sample.as_bytes()).get(..20).unwrap_or_default());
    let cases = [
        ("as received", sample, None),
        ("not ASCII", "{\"a\":\"é😀\"}", None),
        ("base64", &*STANDARD.encode(sample), Some("base64")),
        ("not UTF-8", &*STANDARD.encode(b"\xff\xfe\x00"), Some("base64")),
        ("no bytes", "====", Some("base64")),
        ("no bytes, without padding", "", Some("base64")),
        ("gzip", &*packed, Some("gzip+base64")),
        ("gzip of no bytes", &*STANDARD.encode(gzip(b"")), Some("gzip+base64")),
        ("JSON instead of base64", "{}", Some("base64")),
        ("base64 without padding", "QQ", Some("base64")),
        ("base64 with other bits", "QR==", Some("base64")),
        ("base64 with a line end", "QUJD\n", Some("base64")),
        ("base64 for URLs", "-_-_", Some("base64")),
        ("base64 instead of gzip", "e30=", Some("gzip+base64")),
        ("nothing instead of gzip", "====", Some("gzip+base64")),
        ("half of gzip", &*truncated, Some("gzip+base64")),
        ("gzip with a second member behind", &*followed(&gzip(b"{}")), Some("gzip+base64")),
        ("gzip with an empty member behind", &*followed(&gzip(b"")), Some("gzip+base64")),
        ("gzip with zeros behind", &*followed(&[0; 8]), Some("gzip+base64")),
        ("gzip with a text behind", &*followed(b"text"), Some("gzip+base64")),
        ("an unknown encoding", "{}", Some("brotli")),
        ("an encoding in capitals", "QQ==", Some("Base64")),
        ("a part outside of its count", "QQ==", Some("gzip+base64;part=4/3")),
        ("a part without a count", "QQ==", Some("gzip+base64;part=1")),
    ];
    let mut parked: Vec<_> = cases
        .into_iter()
        .map(|(name, body, encoding)| {
            let bytes = Encoding::read(encoding).and_then(|encoding| encoding.unpack(body.to_owned()));
            let bytes_base64 = bytes.ok().map(|bytes| STANDARD.encode(bytes));
            Parked { name: name.to_owned(), message: message(body, encoding), bytes_base64 }
        })
        .collect();
    let part = message(&packed, Some("gzip+base64;part=1/1"));
    parked.push(Parked {
        name: "a part, which `join_parts` takes".to_owned(),
        message: part,
        bytes_base64: None,
    });
    parked
}

/// Parts of one event, in order and not, complete and not.
pub(super) fn parts() -> Vec<Parts> {
    let raw = samples::sample(&EventType::UserCreated).unwrap_or_default().trim().as_bytes();
    let packed = STANDARD.encode(gzip(raw));
    let whole = packed.as_bytes().chunks(packed.len().div_ceil(3) / 4 * 4 + 4);
    let texts: Vec<_> = whole.map(String::from_utf8_lossy).collect();
    let count = texts.len();
    let part = |index: usize| {
        let body = texts.get(index - 1).map(|text| &**text).unwrap_or_default();
        message(body, Some(&format!("gzip+base64;part={index}/{count}")))
    };
    let of = |mut message: Message, name, value: &str| {
        message.attributes.insert(name, value.to_owned());
        message
    };
    let all = || vec![part(1), part(2), part(3)];
    let bytes =
        Encoding::read(Some("gzip+base64;part=1/3")).and_then(|encoding| encoding.unpack(packed.clone()));
    let bytes = bytes.ok().map(|bytes| STANDARD.encode(bytes));
    let another_request = of(part(2), "request_id", "another");
    [
        ("in order", all(), true),
        ("in another order", vec![part(3), part(1), part(2)], true),
        ("with a part twice", vec![part(2), part(1), part(3), another_request], true),
        ("no part", vec![], false),
        ("without the last part", vec![part(1), part(2)], false),
        ("without the first part", vec![part(2), part(3)], false),
        ("with a part of another event", vec![part(1), of(part(2), "event_id", "evt_2"), part(3)], false),
        ("with a part of another type", vec![part(1), of(part(2), "event_type", "attempt"), part(3)], false),
        ("with a part of another app", vec![part(1), part(2), of(part(3), "app_id", "app")], false),
        (
            "with another count",
            vec![part(1), part(2), of(part(3), "encoding", "gzip+base64;part=3/4")],
            false,
        ),
        ("with a message that is not a part", vec![part(1), part(2), message("{}", None)], false),
        (
            "with two bodies of one part",
            vec![part(1), part(2), part(3), Message { body: "AAAA".into(), ..part(3) }],
            false,
        ),
        (
            "with another text in a part",
            vec![part(1), Message { body: "AAAA".into(), ..part(2) }, part(3)],
            false,
        ),
    ]
    .into_iter()
    .map(|(name, messages, is_whole)| Parts {
        name,
        messages,
        bytes_base64: if is_whole { bytes.clone() } else { None },
    })
    .collect()
}

/// Idempotency keys, with and without each attribute.
pub(super) fn keys() -> Vec<Key> {
    [
        ["session", "demoapp1", "user.created", "evt_01k00000000000000000000007"],
        ["verify", "", "verify.attempt", "evt_1"],
        ["verify_v1", "", "attempt", "attempt:f54b6bcc:delivered:2023-05-09T12:09:31+0000"],
        ["", "", "", "sha256:0123456789abcdef"],
        ["notify", "", "", "evt_1"],
    ]
    .into_iter()
    .map(|values| {
        let mut attributes = attributes(values);
        attributes.insert("request_id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".to_owned());
        Key { attributes, key: values.join("#") }
    })
    .collect()
}

/// Times, and texts that are not.
pub(super) fn times() -> Vec<Time> {
    [
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2000-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0000-02-29T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2024-04-03T17:08:01.36881397Z",
        "2025-03-04T17:59:19.067887456Z",
        "2016-12-31T23:59:60Z",
        "2023-05-09T12:09:31+0000",
        "2023-05-09T12:00:00-00:00",
        "2023-05-09T14:30:00+02:30",
        "2023-05-09T07:00:00-0500",
        "2023-05-09t12:00:00z",
        "2023-05-09 12:00:00.0Z",
        "",
        "2023-05-09",
        "2023-05-09T12:00:00",
        "2023-05-09T12:00Z",
        "2023-05-09T12:00:00.Z",
        "2023-05-09T12:00:00.1234567890Z",
        "2023-05-09T12:00:00ZZ",
        "2023-05-09T12:00:00Z\n",
        "2023-05-09T12:00:00+1",
        "2023-05-09T12:00:00+24:00",
        "2023-05-09T24:00:00Z",
        "2023-05-09T12:60:00Z",
        "2023-05-09T12:00:61Z",
        "2023-13-09T12:00:00Z",
        "2023-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2023-00-01T12:00:00Z",
        "2023-01-00T12:00:00Z",
        "+2023-01-01T12:00:00Z",
        "２０２３-05-09T12:00:00Z",
        "yesterday",
        "1683633600",
    ]
    .into_iter()
    .map(|text| Time { text, unix_nanos: Timestamp::from(text).unix_nanos().map(|nanos| nanos.to_string()) })
    .collect()
}

/// Every pair of statuses, with a word that is newer than the table.
pub(super) fn follows() -> Vec<Follows> {
    let statuses: Vec<_> =
        DeliveryStatus::ALL.iter().cloned().chain([DeliveryStatus::Unknown("newer".to_owned())]).collect();
    let pairs = statuses.iter().flat_map(|status| statuses.iter().map(move |earlier| (status, earlier)));
    pairs
        .map(|(status, earlier)| Follows {
            status: status.to_string(),
            earlier: earlier.to_string(),
            follows: status.follows(earlier),
        })
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
