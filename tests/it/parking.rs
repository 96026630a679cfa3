//! Parking: the reason, the encoding, and the recovery of the exact bytes.

mod sizes;

use std::collections::BTreeMap;

use prelude_local::{aws::sqs::ReceivedMessage, prelude::PreludeKey};
use serde_json::{Value, json};

use crate::support::{
    parked::recover,
    stack::{Setup, Stack, context, prelude},
};

fn verify(text: &str) -> String {
    format!(r#"{{"id":"evt_1","type":"verify.attempt","payload":{{"text":"{text}"}}}}"#)
}

/// Sends a signed body, and returns its parked messages.
async fn park(stack: &Stack, key: &PreludeKey, body: &[u8]) -> Vec<ReceivedMessage> {
    let case = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    let answer = stack.send(&stack.signed_by(key, body)).await;
    assert_eq!(answer.both(), (200, r#"{"accepted":1}"#), "{case}: {:?}", answer.codes());
    stack.parked().await
}

#[tokio::test]
async fn a_signed_body_without_a_source_is_parked_with_its_reason_for_every_signer() {
    let stack = Stack::start().await;
    let cases: Vec<(&[u8], &str, &str)> = vec![
        (b"\xff", "not_utf8", "base64"),
        (b"{\"type\":\"verify.attempt\",\"x\":\"\xc3\"}", "not_utf8", "base64"),
        (b"\xef\xbb\xbf\xc0\x80", "not_utf8", "base64"),
        (b"", "invalid_json", "base64"),
        (b" \r\n\t", "invalid_json", "text"),
        (b"\x00", "invalid_json", "base64"),
        (b"not JSON", "invalid_json", "text"),
        (b"{\"a\nb\":1,\"type\":\"verify.attempt\"}", "invalid_json", "text"),
        (b"{\"a\x01b\":1,\"type\":\"verify.attempt\"}", "invalid_json", "base64"),
        (b"\xef\xbb\xbf{\"type\":\"verify.attempt\"}", "invalid_json", "text"),
        (b"{\"type\":\"verify.attempt\"", "invalid_json", "text"),
        (b"{\"type\":\"verify.attempt\"}}", "invalid_json", "text"),
        (b"{\"type\":\"verify.attempt\",}", "invalid_json", "text"),
        (b"{'type':'verify.attempt'}", "invalid_json", "text"),
        (b"{\"type\":\"verify.attempt\",\"x\":\"\x01\"}", "invalid_json", "base64"),
        (b"type=verify.attempt", "invalid_json", "text"),
        (b"[]", "invalid_event", "text"),
        (b"[{\"type\":\"verify.attempt\"}]", "invalid_event", "text"),
        (b"null", "invalid_event", "text"),
        (b"\"verify.attempt\"", "invalid_event", "text"),
        (b" -1.5e300 ", "invalid_event", "text"),
        ("\"\u{ffff}\"".as_bytes(), "invalid_event", "base64"),
        (b"{}", "invalid_event", "text"),
        (b"{\"type\":null}", "invalid_event", "text"),
        (b"{\"type\":7}", "invalid_event", "text"),
        (b"{\"type\":[\"verify.attempt\"]}", "invalid_event", "text"),
        (b"{\"type\":\"\\ud800\"}", "invalid_event", "text"),
        (b"{\"Type\":\"verify.attempt\"}", "invalid_event", "text"),
        (b"{\"type\":\"verify.attempt\",\"type\":\"verify.attempt\"}", "invalid_event", "text"),
        (b"{\"event\":\"user.created\"}", "invalid_event", "text"),
        (b"{\"events\":{}}", "invalid_event", "text"),
        (b"{\"app_id\":\"app1\",\"events\":[],\"events\":[]}", "invalid_event", "text"),
    ];
    for key in [&stack.prelude.account_key, &stack.app("app2").keys[0]] {
        for (body, reason, encoding) in &cases {
            let case = format!("{} {}", key.kid, String::from_utf8_lossy(body));
            let messages = park(&stack, key, body).await;
            assert_eq!(recover(&messages), ((*encoding).to_owned(), body.to_vec()), "{case}");
            let names: Vec<_> = messages[0].attributes.keys().map(String::as_str).collect();
            let mut expected =
                vec!["authentication", "event_id", "key_id", "reason", "received_at", "request_id"];
            if *encoding != "text" {
                expected.insert(1, "encoding");
            }
            assert_eq!(names, expected, "no source and no type: {case}");
            assert_eq!(messages[0].attribute("reason"), Some(*reason), "{case}");
        }
    }
    assert_eq!(stack.drain_all().await, BTreeMap::new());
}

#[tokio::test]
async fn json_of_any_depth_is_read_and_kept() {
    let stack = Stack::start().await;
    let deep = |open: &str, close: &str| format!("{}7{}", open.repeat(20_000), close.repeat(20_000));
    let array = deep("[", "]");
    for (body, reason) in [
        (array.clone(), "invalid_event"),
        (deep("{\"type\":", "}"), "invalid_event"),
        (format!(r#"{{"x":{array},"type":"check"}}"#), "unknown_type"),
    ] {
        let messages = park(&stack, &stack.prelude.account_key, body.as_bytes()).await;
        assert_eq!(recover(&messages).1, body.as_bytes());
        assert_eq!(messages[0].attribute("reason"), Some(reason));
    }
    let element = format!(r#"{{"payload":{array},"type":"user.created"}}"#);
    assert_eq!(stack.send(&stack.batch("app1", [&element])).await.status, 200);
    assert!(stack.drain("user-created").await.pop().unwrap().body == element);
}

#[tokio::test]
async fn an_element_without_a_usable_type_is_parked_and_the_others_are_routed() {
    let stack = Stack::start().await;
    for (element, reason) in [
        ("{}", "invalid_event"),
        (r#"{"type":null,"event":null}"#, "invalid_event"),
        (r#"{"type":"user.created","type":"user.created"}"#, "invalid_event"),
        (r#"{"event":7}"#, "invalid_event"),
        (r#"{"event":"user.invented"}"#, "unknown_type"),
        (r#"{"type":"check"}"#, "unknown_type"),
    ] {
        let good = r#"{"type":"user.created"}"#;
        let answer = stack.send(&stack.batch("app1", [good, element, good])).await;
        assert_eq!(answer.both(), (200, r#"{"accepted":3}"#), "{element}");
        assert_eq!(stack.drain("user-created").await.len(), 2, "{element}");
        let messages = stack.parked().await;
        assert_eq!(recover(&messages), ("text".to_owned(), element.into()));
        let attributes = ["reason", "source", "app_id"].map(|name| messages[0].attribute(name).unwrap());
        assert_eq!(attributes, [reason, "session", "app1"], "{element}");
    }
}

#[tokio::test]
async fn characters_that_sqs_forbids_are_escaped_where_routed_and_encoded_where_parked() {
    let stack = Stack::start().await;
    let text = "a\u{fffe}b\u{ffff}\u{fffd}\u{1fffe}\u{feff}é";
    let routed = verify(text);
    assert_eq!(stack.send(&stack.signed(&*routed)).await.status, 200);
    let message = stack.drain("verify-attempt").await.pop().unwrap();
    assert_eq!(message.body, verify("a\\ufffeb\\uffff\u{fffd}\u{1fffe}\u{feff}é"));
    let same = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    assert_eq!(same(&message.body), same(&routed), "the routed body is the same JSON");
    let element = format!(r#"{{"type":"user.created","\uffff":"{text}"}}"#);
    assert_eq!(stack.send(&stack.batch("app1", [&element])).await.status, 200);
    assert_eq!(same(&stack.drain("user-created").await.pop().unwrap().body), same(&element));
    let unknown = routed.replace("verify.attempt", "verify.invented");
    let messages = park(&stack, &stack.prelude.account_key, unknown.as_bytes()).await;
    assert_eq!(recover(&messages), ("base64".to_owned(), unknown.into_bytes()));
}

#[tokio::test]
async fn an_attribute_over_256_characters_or_with_forbidden_ones_is_left_out() {
    let stack = Stack::start().await;
    let longest = format!("check{}", "é".repeat(251));
    for (kind, attribute) in [
        (longest.as_str(), Some(longest.as_str())),
        (&format!("{longest}x"), None),
        ("check\\u0007", None),
        ("check\\uffff", None),
        ("a\\tb", Some("a\tb")),
    ] {
        let body = format!(r#"{{"id":"evt_1","type":"{kind}"}}"#);
        let messages = park(&stack, &stack.prelude.account_key, body.as_bytes()).await;
        assert_eq!(messages[0].attribute("event_type"), attribute, "{kind}");
        assert_eq!(recover(&messages).1, body.as_bytes(), "{kind}");
    }
    for (request_id, attribute) in
        [(String::new(), None), ("r".repeat(256), Some("r".repeat(256))), ("r".repeat(257), None)]
    {
        let mut context = context();
        context.request_id = request_id;
        let request = stack.signed(verify(""));
        assert_eq!(stack.invoke_in(request.http_api_event(), context).await.status, 200);
        let message = stack.drain("verify-attempt").await.pop().unwrap();
        assert_eq!(message.attribute("request_id"), attribute.as_deref());
    }
    for (kid, is_sent) in [("k".repeat(256), true), ("k".repeat(257), false)] {
        let setup = Setup::new().await;
        let mut jwk = prelude().app("app1").unwrap().keys[0].jwk();
        jwk["kid"] = json!(kid);
        setup.jwks.publish("app1", &json!({"keys": [jwk]}));
        let stack = setup.start().await;
        assert_eq!(stack.send(&stack.batch("app1", [r#"{"type":"user.created"}"#])).await.status, 200);
        let message = stack.drain("user-created").await.pop().unwrap();
        assert_eq!(message.attribute("key_id"), is_sent.then_some(&*kid));
    }
}
