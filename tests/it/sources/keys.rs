//! Keys, and the sources whose events each key authenticates.

use prelude_events::{EventType, Source, samples};
use prelude_local::prelude::{ADDRESSES, batch, jwks_server::JwksFault};
use serde_json::{Value, json};

use super::assert_401;
use crate::support::{
    keys::private_key,
    stack::{Api, Setup, Stack, prelude},
};

#[tokio::test]
async fn a_key_is_named_by_its_kid_or_thumbprint_and_never_by_the_header() {
    let key = &prelude().app("app1").unwrap().keys[0];
    let raw = r#"{"id":"e","type":"user.deleted"}"#;
    for (kid, called) in [
        (json!("kid of the set"), "kid of the set".to_owned()),
        (Value::Null, key.thumbprint()),
        (json!(""), key.thumbprint()),
        (json!(7), key.thumbprint()),
    ] {
        let setup = Setup::new().await;
        let mut jwk = key.jwk();
        jwk["kid"] = kid.clone();
        setup.jwks.publish("app1", &json!({"keys": [jwk]}));
        let stack = setup.start().await;
        for header in ["kid of the set", "key-app2", "attacker's", ""] {
            let request = stack.batch("app1", [raw]).header("X-Webhook-Signature-Key-Id", header);
            assert_eq!(stack.send(&request).await.status, 200, "{kid} {header}");
            let message = stack.drain("user-deleted").await.pop().unwrap();
            assert_eq!(message.attribute("key_id"), Some(&*called), "{kid} {header}");
        }
    }
}

#[tokio::test]
async fn account_keys_and_app_keys_never_authenticate_each_others_events() {
    let stack = Stack::start().await;
    let (one, two) = (&stack.app("app1").keys[0], &stack.app("app2").keys[0]);
    for event_type in EventType::ALL {
        let (name, raw) = (event_type.as_str(), samples::sample(event_type).unwrap());
        if event_type.source() == Some(Source::Session) {
            let whole = batch("app1", [raw]);
            assert_401(name, &stack.send(&stack.signed(whole.clone())).await, "key_wrong_for_app");
            assert_401(name, &stack.send(&stack.signed_by(two, whole)).await, "key_wrong_for_app");
        } else {
            // The app that the body names makes no difference.
            for named in [raw.to_owned(), raw.replacen('{', "{\"app_id\":\"app1\",", 1)] {
                assert_401(name, &stack.send(&stack.signed_by(one, named)).await, "key_wrong_for_family");
            }
        }
    }
    assert_eq!(stack.taken(), 0);
}

#[tokio::test]
async fn a_batch_must_name_the_app_of_its_key() {
    let stack = Stack::start().await;
    for body in [
        r#"{"events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"app2","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"app3","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"APP1","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"app1 ","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":null,"events":[{"type":"user.created"}]}"#,
        r#"{"app_id":["app1"],"events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"app1","app_id":"app1","events":[{"type":"user.created"}]}"#,
        r#"{"app_id":"app2","app_id":"app1","events":[{"type":"user.created"}]}"#,
        r#"{"events":[{"type":"user.created","app_id":"app1"}]}"#,
        r#"{"app_id":"app3","events":[]}"#,
    ] {
        let answer = stack.send(&stack.signed_by(&stack.app("app1").keys[0], body)).await;
        assert_401(body, &answer, "key_wrong_for_app");
    }
    assert_eq!(stack.taken(), 0);
}

#[tokio::test]
async fn a_key_of_two_owners_authenticates_both() {
    let setup = Setup::new().await;
    let key = setup.prelude.app("app1").unwrap().keys[0].clone();
    let mut jwk = key.jwk();
    jwk["kid"] = json!("app2's name");
    setup.jwks.publish("app2", &json!({"keys": [jwk]}));
    let account_key = key.public_key_pem().unwrap();
    let stack = setup.set("PRELUDE_PUBLIC_KEYS", account_key).start().await;
    for (app_id, key_id) in [("app1", "key-app1"), ("app2", "app2's name")] {
        let body = batch(app_id, [r#"{"id":"e","type":"user.created"}"#]);
        assert_eq!(stack.send(&stack.signed_by(&key, body)).await.status, 200, "{app_id}");
        let message = stack.drain("user-created").await.pop().unwrap();
        assert_eq!((message.attribute("app_id"), message.attribute("key_id")), (Some(app_id), Some(key_id)));
    }
    assert_eq!(stack.send(&stack.signed_by(&key, r#"{"type":"verify.attempt"}"#)).await.status, 200);
    let message = stack.drain("verify-attempt").await.pop().unwrap();
    assert_eq!(message.attribute("key_id"), Some(&*key.thumbprint()));
    assert_eq!(message.attribute("app_id"), None);
}

#[tokio::test]
async fn a_batch_is_503_while_the_keys_of_its_app_are_unknown() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app2", JwksFault::Close);
    let stack = setup.start().await;
    let of_app2 = |key| stack.signed_by(key, batch("app2", [r#"{"id":"e","type":"user.created"}"#]));
    for key in [&stack.app("app1").keys[0], &stack.prelude.account_key] {
        let answer = stack.send(&of_app2(key)).await;
        assert_eq!((answer.status, answer.code()), (503, Some("keys_unavailable")));
    }
    let named = stack.signed_by(&stack.app("app2").keys[0], r#"{"type":"verify.attempt"}"#);
    assert_401(
        "no known key verifies, and the body claims no app",
        &stack.send(&named).await,
        "signature_wrong",
    );
    let other = stack.signed_by(&stack.app("app1").keys[0], r#"{"type":"verify.attempt"}"#);
    assert_401("another app's key, which is known", &stack.send(&other).await, "key_wrong_for_family");
    assert_eq!(stack.taken(), 0);
}

/// Access token that an app signs for a user, without its signature.
const SIGNED_PART_OF_A_TOKEN: &str =
    "eyJhbGciOiJQUzI1NiIsImtpZCI6ImtleS1hcHAxIn0.eyJzdWIiOiJ1c3JfMSIsImV4cCI6MX0";

#[tokio::test]
async fn an_access_token_that_an_app_signed_is_not_a_delivery() {
    let stack = Stack::start().await;
    let key = &stack.app("app1").keys[0];
    for body in [SIGNED_PART_OF_A_TOKEN, "e30.", "-._", "1.", "a.b"] {
        for api in Api::BOTH {
            let answer = stack.send_through(api, &stack.signed_by(key, body)).await;
            assert_401(body, &answer, "not_a_delivery");
        }
    }
    assert_eq!(stack.taken(), 0);
    // Every other form is parked, including JSON and broken JSON.
    let line = format!("{SIGNED_PART_OF_A_TOKEN}\n");
    let three_parts = format!("{SIGNED_PART_OF_A_TOKEN}.");
    let quoted = format!("\"{SIGNED_PART_OF_A_TOKEN}\"");
    for body in
        ["", ".", ".e30", "e30", "12.5", "-1.0", "e30.e+0", "e30=.e30", "é.e", &line, &three_parts, &quoted]
    {
        assert_eq!(stack.send(&stack.signed_by(key, body)).await.status, 200, "{body}");
        assert_eq!(stack.parked().await.len(), 1, "{body}");
    }
}

#[tokio::test]
async fn any_body_that_the_account_signed_is_a_delivery() {
    let setup = Setup::new().await;
    let shared = setup.prelude.app("app1").unwrap().keys[0].clone();
    let keys = [&setup.prelude.account_key, &shared].map(|key| key.public_key_pem().unwrap()).concat();
    let stack = setup.set("PRELUDE_PUBLIC_KEYS", keys).start().await;
    for key in [&stack.prelude.account_key, &shared] {
        assert_eq!(stack.send(&stack.signed_by(key, SIGNED_PART_OF_A_TOKEN)).await.status, 200);
        let message = stack.parked().await.pop().unwrap();
        assert_eq!(
            (&*message.body, message.attribute("reason")),
            (SIGNED_PART_OF_A_TOKEN, Some("invalid_json"))
        );
    }
}

#[tokio::test]
async fn a_verify_v1_event_may_be_signed_by_the_account() {
    let stack = Stack::with(&[("PRELUDE_ACCEPT_UNSIGNED", "")]).await;
    let raw = samples::sample(&EventType::V1DeliveryStatus).unwrap();
    assert_401("unsigned", &stack.send(&stack.post(raw)).await, "signature_missing");
    assert_eq!(stack.send(&stack.signed(raw)).await.status, 200);
    let message = stack.drain("v1-delivery-status").await.pop().unwrap();
    assert_eq!(message.attribute("source"), Some("verify_v1"));
    assert_eq!(message.attribute("authentication"), Some("signature"));
    assert_eq!(message.attribute("key_id"), Some(&*stack.prelude.account_key.thumbprint()));
}

#[tokio::test]
async fn every_published_address_is_admitted() {
    let stack = Stack::start().await;
    for address in ADDRESSES {
        let mut request = stack.signed(r#"{"type":"verify.attempt"}"#);
        request.source_ip = address.to_owned();
        assert_eq!(stack.send(&request).await.status, 200, "{address}");
    }
    let other = private_key("other-2048", "other");
    assert_401(
        "a key that is not configured",
        &stack.send(&stack.signed_by(&other, "{}")).await,
        "signature_wrong",
    );
}
