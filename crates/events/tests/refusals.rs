//! Bodies that are refused. Errors name a member and hold no value.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, not in their helpers"
)]

use prelude_events::{ParseError, Received};

#[track_caller]
fn broken(payload: &str) -> (String, &'static str) {
    let error = Received::parse(format!(r#"{{"type":"verify.attempt","payload":{payload}}}"#)).unwrap_err();
    match error {
        ParseError::Payload { member, found, .. } => (member, found),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_broken_member_is_named() {
    for (payload, member, found) in [
        ("[]", "", "an array"),
        ("\"+33639980001\"", "", "a string"),
        (r#"{"id":false}"#, "id", "a boolean"),
        (r#"{"channel":{"name":"sms"}}"#, "channel", "an object"),
        (r#"{"price":"0.03 EUR"}"#, "price", "a string"),
        (r#"{"id":"att_1","price":{"currency":"EUR","amount":"a lot"}}"#, "price.amount", "a string"),
        (r#"{"price":{"amount":[0.03]}}"#, "price.amount", "an array"),
        // serde would accept an array by position.
        (r#"{"price":[0.03,"EUR"]}"#, "price", "an array"),
        (r#"{"price":[]}"#, "price", "an array"),
        (r#"{"price":0.03}"#, "price", "a number"),
        (r#"{"target":{"type":"phone_number","value":[33639980001]}}"#, "target.value", "an array"),
        (r#"{"metadata":{"correlation_id":true}}"#, "metadata.correlation_id", "a boolean"),
        // Readers differ in which of two values they take.
        (r#"{"id":"att_1","id":"att_2"}"#, "", "an object"),
    ] {
        assert_eq!(broken(payload), (member.to_owned(), found), "{payload}");
    }
    let error =
        Received::parse(r#"{"type":"user.created","payload":{"identifiers":[{"value":"a"},{"value":{}}]}}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "member `identifiers[1].value` of user.created has an unexpected form: found an object"
    );
}

/// Each body holds a secret where a serde_json error would quote it, or in the name of a member.
#[test]
fn errors_hold_no_value_of_the_body() {
    for body in [
        r#""secret""#,
        r#"{"type":"verify.attempt","payload":"secret"}"#,
        r#"{"type":"verify.attempt","payload":["secret"]}"#,
        r#"{"type":"verify.attempt","payload":{"price":"secret"}}"#,
        r#"{"type":"verify.attempt","payload":{"price":{"amount":"secret"}}}"#,
        r#"{"type":"verify.attempt","payload":{"price":{"amount":{"secret":"secret"}}}}"#,
        r#"{"type":"verify.attempt","payload":{"target":"secret"}}"#,
        r#"{"type":"verify.attempt","payload":{"id":{"secret":1}}}"#,
        r#"{"type":"verify.attempt","payload":{"id":["secret"]}}"#,
        r#"{"type":"verify.attempt","payload":{"secret":1,"secret":2,"id":true}}"#,
        r#"{"type":"user.created","payload":{"identifiers":["secret"]}}"#,
        r#"{"type":"user.created","payload":{"identifiers":{"secret":"secret"}}}"#,
        r#"{"type":"transactional.message.pending_delivery","payload":{"segment_count":"secret"}}"#,
        r#"{"type":"attempt","delivery_status":7,"recipient_phone_number":["secret"]}"#,
        r#"{"type":"attempt","recipient_phone_number":"secret","recipient_phone_number":"secret"}"#,
        r#"{"type":["secret"]}"#,
        "secret",
        r#"{"type":"verify.attempt" secret}"#,
    ] {
        let error = Received::parse(body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{body}: {error:?}");
        let error = serde_json::from_str::<Received>(body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{body}: {error:?}");
    }
}

/// Nests deeply enough to exhaust the stack of a recursive reader.
#[test]
fn deep_nesting_is_harmless() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(Received::parse(format!(r#"{{"type":"verify.attempt","payload":{{"later":{deep}}}}}"#)).is_ok());
    assert!(Received::parse(format!(r#"{{"type":"user.created","payload":{{"profile":{deep}}}}}"#)).is_ok());
    assert_eq!(broken(&format!(r#"{{"id":{deep}}}"#)), ("id".to_owned(), "an array"));
    assert!(Received::parse(format!(r#"{{"type":{deep}}}"#)).is_err());
}
