//! Events without a signature, and the conditions that authenticate them.

use prelude_events::{EventType, Source, samples};
use prelude_local::{aws::gateway::Request, receiver::LocalReceiver};
use serde_json::{Value, json};

use super::{assert_401, hash};
use crate::support::stack::{Api, FOREIGN_ADDRESS, SIGNATURE, Setup, Stack};

#[tokio::test]
async fn an_unsigned_event_needs_each_of_its_three_conditions() {
    let raw = samples::sample(&EventType::V1Attempt).unwrap();
    let report = ("PRELUDE_IP_CHECK", "report");
    let listed = Stack::with(&[report]).await;
    assert_eq!(listed.send(&listed.post(raw)).await.status, 200, "all three conditions");
    let mut elsewhere = listed.post(raw);
    elsewhere.source_ip = FOREIGN_ADDRESS.to_owned();
    assert_401("a wrong address", &listed.send(&elsewhere).await, "unsigned_from_unlisted_address");
    elsewhere.source_ip = "unreadable".to_owned();
    assert_401("an unreadable address", &listed.send(&elsewhere).await, "unsigned_from_unlisted_address");
    let mut signed = listed.signed(r#"{"type":"verify.attempt"}"#);
    signed.source_ip = FOREIGN_ADDRESS.to_owned();
    assert_eq!(listed.send(&signed).await.status, 200, "report mode admits signed events");
    for others in ["", "notify"] {
        let stack = Stack::with(&[report, ("PRELUDE_ACCEPT_UNSIGNED", others)]).await;
        assert_401("a source that is not listed", &stack.send(&stack.post(raw)).await, "signature_missing");
    }
    let mut bare = listed.post(raw);
    bare.path = "/webhooks".to_owned();
    assert_eq!(listed.send(&bare).await.status, 404, "no secret path");
    let setup = Setup::new().await.unset("PRELUDE_PATH_TOKEN");
    let refused = LocalReceiver::start(setup.variables(), &listed.sqs).err().unwrap();
    let named: Vec<_> = refused.0.iter().map(|problem| &*problem.variable).collect();
    assert_eq!(named, ["PRELUDE_ACCEPT_UNSIGNED"], "every unsigned source requires a secret path");
}

#[tokio::test]
async fn an_unsigned_event_needs_a_token_that_cannot_be_guessed() {
    let raw = samples::sample(&EventType::V1Attempt).unwrap();
    let (short, long) = ("x".repeat(31), "x".repeat(32));
    let tokens = [&*short, &long].map(hash).join(",");
    let stack = Stack::with(&[("PRELUDE_PATH_TOKEN", &tokens), ("PRELUDE_IP_CHECK", "report")]).await;
    for api in Api::BOTH {
        for end in ["", "/"] {
            let behind = |token: &str, mut request: Request| {
                request.path = format!("/webhooks/{token}{end}");
                request
            };
            let unsigned = |token: &str| behind(token, stack.post(raw));
            assert_eq!(stack.send_through(api, &unsigned(&long)).await.status, 200);
            assert_401(
                "31 characters",
                &stack.send_through(api, &unsigned(&short)).await,
                "unsigned_token_short",
            );
            let signed = behind(&short, stack.signed(r#"{"type":"verify.attempt"}"#));
            assert_eq!(
                stack.send_through(api, &signed).await.status,
                200,
                "a signed event needs no long token"
            );
            let mut elsewhere = unsigned(&short);
            elsewhere.source_ip = FOREIGN_ADDRESS.to_owned();
            let answer = stack.send_through(api, &elsewhere).await;
            assert_401("the address is checked first", &answer, "unsigned_from_unlisted_address");
        }
    }
}

#[tokio::test]
async fn an_unsigned_event_of_a_listed_source_is_routed_and_marked() {
    let stack = Stack::with(&[("PRELUDE_ACCEPT_UNSIGNED", "verify_v1, notify")]).await;
    for event_type in EventType::ALL {
        let (name, raw) = (event_type.as_str(), samples::sample(event_type).unwrap());
        let answer = stack.send(&stack.post(raw)).await;
        let source = event_type.source().unwrap();
        if [Source::VerifyV1, Source::Notify].contains(&source) {
            assert_eq!(answer.status, 200, "{name}");
            let message = stack.drain(event_type.queue_slug().unwrap()).await.pop().unwrap();
            assert_eq!(message.attribute("authentication"), Some("secret_path"), "{name}");
            assert_eq!(message.attribute("source"), Some(source.as_str()), "{name}");
            assert_eq!((message.attribute("key_id"), message.attribute("app_id")), (None, None), "{name}");
        } else {
            // A single Session event has a type that Notify does not have.
            let is_notify = source == Source::Session;
            assert_401(name, &answer, if is_notify { "unsigned_type_unknown" } else { "signature_missing" });
        }
    }
}

#[tokio::test]
async fn an_unsigned_type_of_no_listed_source_is_refused_with_its_own_code() {
    let unknown = [
        r#"{"type":"check"}"#,
        r#"{"type":"transactional.message.invented"}"#,
        r#"{"type":"Attempt"}"#,
        r#"{"type":"user.created"}"#,
        r#"{"type":""}"#,
    ];
    for (listed, bodies) in [
        ("verify_v1,notify", &unknown[..]),
        ("notify", &unknown[..]),
        ("verify", &[r#"{"type":"verify.invented"}"#, r#"{"type":"verify."}"#][..]),
    ] {
        let stack = Stack::with(&[
            ("PRELUDE_ACCEPT_UNSIGNED", listed),
            ("PRELUDE_PUBLIC_KEYS", ""),
            ("PRELUDE_IP_CHECK", "report"),
        ])
        .await;
        for body in bodies {
            let mut request = stack.post(*body);
            assert_401(body, &stack.send(&request).await, "unsigned_type_unknown");
            request.source_ip = FOREIGN_ADDRESS.to_owned();
            assert_401(body, &stack.send(&request).await, "unsigned_from_unlisted_address");
        }
        assert_eq!(stack.taken(), 0);
    }
    // Without any listed source, the receiver refuses it like any unsigned request.
    let stack = Stack::start().await;
    for body in unknown {
        assert_401(body, &stack.send(&stack.post(body)).await, "signature_missing");
    }
}

#[tokio::test]
async fn an_unsigned_body_of_no_listed_source_is_refused() {
    let stack = Stack::with(&[("PRELUDE_ACCEPT_UNSIGNED", "verify_v1,notify")]).await;
    for body in [
        r#"{"type":"verify.attempt"}"#,
        r#"{"type":"verify.invented"}"#,
        r#"{"type":"attempt","type":"attempt"}"#,
        r#"{"type":"attempt","events":[]}"#,
        r#"{"app_id":"app1","events":[{"type":"user.created"}]}"#,
        r#"{"events":[]}"#,
        r#"{"event":"attempt"}"#,
        r#"["attempt"]"#,
        "{\"type\":\"attempt\"",
        "",
    ] {
        assert_401(body, &stack.send(&stack.post(body)).await, "signature_missing");
    }
    assert_401(
        "not UTF-8",
        &stack.send(&stack.post(b"{\"type\":\"attempt\",\"x\":\"\xff\"}")).await,
        "signature_missing",
    );
    assert_eq!(stack.taken(), 0);
}

#[tokio::test]
async fn a_present_signature_header_must_verify_even_for_a_listed_source() {
    let stack = Stack::start().await;
    let raw = samples::sample(&EventType::V1Attempt).unwrap();
    let forged = stack.prelude.account_key.sign(b"another body").unwrap();
    for (value, code) in [
        ("", "signature_malformed"),
        (" ", "signature_malformed"),
        ("none", "signature_malformed"),
        ("sha256=", "signature_scheme_unknown"),
        (&*forged, "signature_wrong"),
    ] {
        for name in [SIGNATURE, "x-webhook-signature", "X-WEBHOOK-SIGNATURE"] {
            for api in Api::BOTH {
                let answer = stack.send_through(api, &stack.post(raw).header(name, value)).await;
                assert_401(&format!("{api:?} {name}: {value:?}"), &answer, code);
            }
        }
    }
    for value in [Value::Null, json!([]), json!(7), json!({})] {
        for (api, members) in
            [(Api::Http, ["headers"].as_slice()), (Api::Rest, &["headers", "multiValueHeaders"])]
        {
            let mut event = api.event(&stack.post(raw));
            for member in members {
                event[member][SIGNATURE] = value.clone();
            }
            // An empty list means an absent header. Every other value is unreadable.
            let answer = stack.invoke(event).await;
            assert!(answer.status == 401 || value == json!([]), "{api:?} {value}: {answer:?}");
        }
    }
}
