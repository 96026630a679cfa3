//! The files that the tests of every client read. A change of this crate shows here first.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions, not in their helpers"
)]

use base64::{Engine, engine::general_purpose::STANDARD};
use prelude_events::{decode, idempotency_key, join_parts};
use serde_json::Value;

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/../../clients/golden/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!cases.is_empty());
    cases
}

fn attribute<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message["attributes"][name].as_str()
}

fn bytes(case: &Value) -> Option<Vec<u8>> {
    case["bytes_base64"].as_str().map(|text| STANDARD.decode(text).unwrap())
}

#[test]
fn parked_bodies_decode_to_the_bytes_that_the_receiver_got() {
    for case in cases("parked") {
        let decoded = decode(case["body"].as_str().unwrap(), |name| attribute(&case, name));
        assert_eq!(decoded.ok(), bytes(&case), "{}", case["name"]);
    }
}

#[test]
fn parts_are_joined_if_all_of_one_event_are_there() {
    for case in cases("parts") {
        let messages = case["messages"].as_array().unwrap().iter();
        let joined = join_parts(
            messages
                .map(|message| (message["body"].as_str().unwrap(), |name: &str| attribute(message, name))),
        );
        assert_eq!(joined.ok(), bytes(&case), "{}", case["name"]);
    }
}

#[test]
fn keys_are_the_attributes_that_identify_an_event() {
    for case in cases("keys") {
        assert_eq!(idempotency_key(|name| attribute(&case, name)), case["key"], "{case}");
    }
}
