//! Bodies that differ from the documentation and are read nevertheless.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, not in their helpers"
)]

use prelude_events::{
    Envelope, Event, ParseError, Received,
    payload::{
        Channel, IdentifierType, notify,
        session::{HookFailureReason, PasskeyFailureReason},
        subscription::SubscriptionAction,
        verify::{self, DeliveryStatus},
    },
};

#[track_caller]
fn attempt(payload: &str) -> verify::Attempt {
    match Received::parse(format!(r#"{{"type":"verify.attempt","payload":{payload}}}"#)).unwrap().event {
        Event::VerifyAttempt(attempt) => attempt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn amounts_come_as_numbers_and_as_strings() {
    for (json, text) in [
        ("0.009", "0.009"),
        ("\"0.009\"", "0.009"),
        ("0.0090", "0.0090"),
        ("1e-3", "1e-3"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("\"\\u0030.5\"", "0.5"),
    ] {
        let price = attempt(&format!(r#"{{"price":{{"amount":{json},"currency":"EUR"}}}}"#)).price.unwrap();
        assert_eq!(price.amount.unwrap().as_str(), text);
    }
}

/// Some senders write a text of digits as a number.
#[test]
fn a_number_in_place_of_a_text_is_its_digits() {
    let body =
        r#"{"type":"marketing.subscription.stop","payload":{"action":"STOP","from":33612345678,"to":36184}}"#;
    let received = Received::parse(body).unwrap();
    assert!(!format!("{received:?}").contains("36184"));
    let Event::MarketingSubscriptionStop(change) = received.event else { panic!("another type") };
    assert_eq!(change.action, Some(SubscriptionAction::Stop));
    assert_eq!(change.to.unwrap().expose(), "36184");

    let body = r#"{"type":"attempt","auth_uuid":1e3,"delivery_status":7,"mcc":208,"mnc":1.50}"#;
    let Event::V1Attempt(attempt) = Received::parse(body).unwrap().event else { panic!("another type") };
    assert_eq!(attempt.auth_uuid.as_deref(), Some("1e3"));
    assert_eq!(attempt.delivery_status, Some(DeliveryStatus::Unknown("7".to_owned())));
    assert_eq!((attempt.mcc.as_deref(), attempt.mnc.as_deref()), (Some("208"), Some("1.50")));
}

/// Errors of a payload that is read without its envelope name the members too.
#[test]
fn a_payload_alone_is_read_alike() {
    let json =
        r#"{"id":7,"price":{"amount":"0.0300"},"channel":"","carrier_information":{"mcc":208},"newer":1}"#;
    let attempt = attempt(json);
    assert_eq!(serde_json::from_str::<verify::Attempt>(json).unwrap(), attempt);
    assert_eq!(serde_json::from_slice::<verify::Attempt>(json.as_bytes()).unwrap(), attempt);
    assert_eq!(serde_json::from_reader::<_, verify::Attempt>(json.as_bytes()).unwrap(), attempt);
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::from_value::<verify::Attempt>(value).unwrap(), attempt);

    let error = serde_json::from_str::<verify::Attempt>(r#"{"price":{"amount":"secret"}}"#).unwrap_err();
    assert!(
        error.to_string().starts_with("member `price.amount` has an unexpected form: found a string"),
        "{error}"
    );
    let error = serde_json::from_str::<Vec<verify::Attempt>>(r#"[["secret"]]"#).unwrap_err();
    assert!(error.to_string().starts_with("unexpected form: found an array"), "{error}");
}

#[test]
fn missing_null_and_empty_are_alike() {
    let nothing = verify::Attempt::default();
    for payload in [
        "{}",
        r#"{"id":null,"price":null,"target":null,"time":null,"metadata":null,"channel":null}"#,
        r#"{"id":"","price":"","target":"","time":"","metadata":"","channel":"","delivery_status":""}"#,
    ] {
        assert_eq!(attempt(payload), nothing, "{payload}");
    }
    let empty = attempt(r#"{"price":{"amount":null},"metadata":{},"carrier_information":{"mcc":""}}"#);
    assert_eq!(empty.price.unwrap().amount, None);
    assert_eq!(empty.metadata.unwrap().expose().correlation_id, None);
    assert_eq!(empty.carrier_information.unwrap().mcc, None);
}

#[test]
fn unknown_members_are_ignored_and_kept() {
    let body = r#"{"type":"verify.attempt","later":1,"payload":{"id":"att_1","later":{"deep":[1,2]}}}"#;
    let received = Received::parse(body).unwrap();
    assert_eq!(received.envelope.payload.as_str(), r#"{"id":"att_1","later":{"deep":[1,2]}}"#);
    assert_eq!(serde_json::to_string(&received).unwrap(), body);
}

#[test]
fn unknown_words_are_values() {
    let attempt = attempt(r#"{"delivery_status":"bounced","channel":"pigeon","target":{"type":"passport"}}"#);
    assert_eq!(attempt.delivery_status, Some(DeliveryStatus::Unknown("bounced".to_owned())));
    assert_eq!(attempt.channel, Some(Channel::Unknown("pigeon".to_owned())));
    assert_eq!(attempt.target.unwrap().identifier_type, Some(IdentifierType::Unknown("passport".to_owned())));

    assert_eq!(DeliveryStatus::from("unknown"), DeliveryStatus::Undetermined);
    assert_eq!(notify::MessageStatus::from("lost").as_str(), "lost");
    assert_eq!(notify::FailureReason::from("unknown_recipient"), notify::FailureReason::UnknownRecipient);
    assert_eq!(SubscriptionAction::from("STOP"), SubscriptionAction::Stop);
    assert_eq!(SubscriptionAction::from("stop"), SubscriptionAction::Unknown("stop".to_owned()));
    assert_eq!(PasskeyFailureReason::from("x").to_string(), "x");
    assert_eq!(HookFailureReason::known("x"), None);
}

#[test]
fn unknown_types_are_values_with_their_payload() {
    let received = Received::parse(r#"{"id":"evt_1","type":"balance_update","payload":{"n":1.50}}"#).unwrap();
    match &received.event {
        Event::Unknown { event_type, payload, .. } => {
            assert_eq!(event_type, "balance_update");
            assert_eq!(payload.as_str(), r#"{"n":1.50}"#);
        }
        other => panic!("{other:?}"),
    }
    // Any payload is accepted, because an unknown type has no documented form.
    for payload in ["7", "[1]", "\"text\"", "false"] {
        let received = Received::parse(format!(r#"{{"type":"check","payload":{payload}}}"#)).unwrap();
        assert_eq!(serde_json::to_string(&received.event).unwrap(), payload);
    }
}

#[test]
fn odd_times_never_refuse_an_event() {
    for time in [
        "\"2023-05-09T12:09:31+0000\"",
        "\"yesterday\"",
        "1683634171",
        "1683634171.5",
        "{\"s\":1}",
        "[1]",
        "true",
    ] {
        let attempt = attempt(&format!(r#"{{"id":"att_1","time":{time}}}"#));
        assert_eq!(attempt.id.as_deref(), Some("att_1"));
        assert_eq!(serde_json::to_string(&attempt.time).unwrap(), time);

        let body = format!(r#"{{"type":"verify.attempt","payload":{{}},"created_at":{time}}}"#);
        assert!(Received::parse(body).unwrap().envelope.created_at.is_some());
    }
}

#[test]
fn session_elements_are_read_in_every_spelling() {
    for element in [
        r#"{"id":"evt_1","type":"user.deleted","payload":{"user_id":"usr_1"},"created_at":"2025-03-15T10:30:00Z"}"#,
        r#"{"id":"evt_1","event":"user.deleted","data":{"user_id":"usr_1"}}"#,
        r#"{"id":"evt_1","type":"user.deleted","data":{"user_id":"usr_1"}}"#,
        r#"{"id":"evt_1","event":"user.deleted","payload":{"user_id":"usr_1"}}"#,
        r#"{"id":"evt_1","type":"user.deleted","user_id":"usr_1","deleted_at":"2025-03-15T10:30:00Z"}"#,
        r#"{"id":"evt_1","event":"user.deleted","payload":null,"user_id":"usr_1"}"#,
    ] {
        let received = Received::parse(element).unwrap();
        assert_eq!(received.envelope.id.as_deref(), Some("evt_1"));
        match received.event {
            Event::UserDeleted(deleted) => assert_eq!(deleted.user_id.as_deref(), Some("usr_1"), "{element}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_correlation_id_is_found_where_it_stands() {
    for body in [
        r#"{"type":"verify.attempt","payload":{"metadata":{"correlation_id":"c"}},"correlation_id":"other"}"#,
        r#"{"type":"verify.attempt","payload":{"metadata":{}},"correlation_id":"c"}"#,
        r#"{"type":"transactional.message.failed","payload":{"correlation_id":"c"}}"#,
        r#"{"type":"transactional.message.failed","payload":{"correlation_id":null},"correlation_id":"c"}"#,
        r#"{"type":"attempt","correlation_id":"c"}"#,
        r#"{"type":"inbound.message.received","payload":{},"correlation_id":"c"}"#,
        r#"{"type":"nobody.knows","payload":{},"correlation_id":"c"}"#,
    ] {
        assert_eq!(Received::parse(body).unwrap().correlation_id(), Some("c"), "{body}");
    }
}

/// Requires the bounds of `aws_lambda_events`' `SqsEventObj<T>`, and those of a task on another thread.
#[test]
fn an_event_can_travel() {
    fn travels<T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static>() {}
    travels::<Received>();
    travels::<Envelope>();
}

#[test]
fn bodies_come_as_text_and_as_bytes() {
    let body = r#"{"type":"user.deleted"}"#;
    assert_eq!(Received::parse(body), Received::parse(body.as_bytes()));
    assert_eq!(Received::parse(body), Received::parse(String::from(body)));
    assert!(matches!(Received::parse(b"\xff\xfe"), Err(ParseError::NotJson { .. })));
}
