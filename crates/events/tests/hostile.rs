//! Bodies that try to crash the process, or to take long. `refusals.rs` has those that try to show up in an error.

#![expect(clippy::panic, reason = "clippy.toml allows them in test functions, not in their helpers")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use prelude_events::{Event, ParseError, Received, payload::verify::Attempt};

const MIB: usize = 1024 * 1024;

fn event(event_type: &str, payload: &str) -> String {
    format!(r#"{{"type":"{event_type}","payload":{payload}}}"#)
}

fn attempt(payload: &str) -> Result<Attempt, ParseError> {
    match Received::parse(event("verify.attempt", payload))?.event {
        Event::VerifyAttempt(attempt) => Ok(attempt),
        other => panic!("{other:?}"),
    }
}

/// Fills an object or an array of about `size` bytes.
fn filled(size: usize, brackets: [&str; 2], element: impl Fn(usize) -> String) -> String {
    let mut text = brackets[0].to_owned();
    let mut index = 0;
    while text.len() < size {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(&element(index));
        index += 1;
    }
    text + brackets[1]
}

/// A body that stresses one part of the reader.
type Shape = fn(usize) -> String;

/// Bodies of a size, by what is large in them.
const SHAPES: [(&str, Shape); 12] = [
    ("a text", |size| event("verify.attempt", &format!(r#"{{"id":"{}"}}"#, "a".repeat(size)))),
    ("escapes", |size| event("verify.attempt", &format!(r#"{{"id":"{}"}}"#, "\\u00e9".repeat(size / 6)))),
    ("an unfinished text", |size| format!(r#"{{"type":"{}"#, "a".repeat(size))),
    ("a number", |size| event("verify.attempt", &format!(r#"{{"id":{}}}"#, "9".repeat(size)))),
    ("an amount", |size| {
        event("verify.attempt", &format!(r#"{{"price":{{"amount":0.{}1}}}}"#, "0".repeat(size)))
    }),
    ("members", |size| {
        event("verify.attempt", &filled(size, ["{", "}"], |index| format!(r#""m{index}":1"#)))
    }),
    ("members of one name", |size| event("verify.newer", &filled(size, ["{", "}"], |_| r#""id":1"#.into()))),
    ("members beside the payload", |size| {
        format!("{},\"type\":\"verify.attempt\"}}", filled(size, ["{", ""], |_| r#""type":"a""#.into()))
    }),
    ("elements", |size| {
        let identifiers = filled(size, ["[", "]"], |_| r#"{"value":"+33639980001"}"#.into());
        event("user.created", &format!(r#"{{"identifiers":{identifiers}}}"#))
    }),
    ("levels", |size| {
        event("verify.attempt", &format!(r#"{{"later":{}{}}}"#, "[".repeat(size / 2), "]".repeat(size / 2)))
    }),
    ("open levels", |size| r#"{"type":"#.to_owned() + &"[".repeat(size)),
    ("white space", |size| event("verify.attempt", &format!("{{{}}}", " ".repeat(size)))),
];

/// Reads a body, and what a consumer reads of it.
fn time_of(body: &str) -> Duration {
    let started = Instant::now();
    let received = black_box(Received::parse(body));
    if let Ok(Received { event: Event::VerifyAttempt(attempt), .. }) = &received {
        let amount = attempt.price.as_ref().and_then(|price| price.amount.as_ref());
        black_box(amount.map(|amount| amount.units(6)));
    }
    drop(received);
    started.elapsed()
}

#[test]
fn a_body_of_a_mebibyte_is_read_in_time_that_grows_linearly() {
    for (name, body_of) in SHAPES {
        let (eighth, whole) = (body_of(MIB / 8), body_of(MIB));
        assert!(whole.len() > MIB - 64, "{name}");
        // Linear is a factor of 8, quadratic one of 64. A machine under load gets more attempts, and times below a
        // millisecond say little.
        let attempts = std::iter::repeat_with(|| (time_of(&eighth), time_of(&whole))).take(5);
        let times: Vec<_> = attempts
            .take_while(|(eighth, whole)| *whole > 24 * (*eighth).max(Duration::from_millis(1)))
            .collect();
        assert!(times.len() < 5, "{name}: {times:?}");
    }
}

#[test]
fn long_numbers_are_digits_or_an_error() {
    let digits = "9".repeat(MIB);
    assert_eq!(attempt(&format!(r#"{{"id":{digits}}}"#)).unwrap().id.unwrap(), digits);
    let price = attempt(&format!(r#"{{"price":{{"amount":{digits}}}}}"#)).unwrap().price.unwrap();
    assert_eq!(price.amount.unwrap().units(6), None, "no i128 holds it");
    for amount in ["1e999999999999", "1e-999999999999", "-0.1e+99999999999999999999"] {
        let price = attempt(&format!(r#"{{"price":{{"amount":{amount}}}}}"#)).unwrap().price.unwrap();
        assert_eq!(price.amount.unwrap().units(6), None, "{amount}");
    }
    let count = event("transactional.message.pending_delivery", &format!(r#"{{"segment_count":{digits}}}"#));
    assert!(
        matches!(Received::parse(count), Err(ParseError::Payload { member, .. }) if member == "segment_count")
    );
    let time = attempt(&format!(r#"{{"time":{digits}}}"#)).unwrap().time.unwrap();
    assert_eq!(time.unix_nanos(), None);
}

/// Lambda's threads have small stacks, so that of a test must not help.
#[test]
fn deep_nesting_needs_no_stack() {
    let read_all = || {
        for depth in [129, 10_000, MIB / 2] {
            for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
                let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                assert!(attempt(&format!(r#"{{"later":{deep}}}"#)).is_ok());
                assert!(attempt(&format!(r#"{{"id":{deep}}}"#)).is_err());
                assert!(attempt(&deep).is_ok() == deep.starts_with('{'));
                assert!(Received::parse(event("verify.newer", &deep)).is_ok());
                assert!(Received::parse(event("user.created", &format!(r#"{{"profile":{deep}}}"#))).is_ok());
                assert!(Received::parse(format!(r#"{{"type":{deep}}}"#)).is_err());
                assert!(Received::parse(&deep).is_err());
                assert!(Received::parse(open.repeat(depth)).is_err(), "never closed");
            }
        }
    };
    std::thread::Builder::new().stack_size(128 * 1024).spawn(read_all).unwrap().join().unwrap();
}
