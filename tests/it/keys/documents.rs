//! Key-set documents: keys of other kinds, unreadable keys, too many keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use prelude_local::prelude::{PreludeKey, jwks_server::JwksFault};
use serde_json::{Value, json};

use super::{accepted, batch, send, signed_by, unavailable, wrong};
use crate::support::{
    keys::private_key,
    stack::{Setup, Stack},
};

/// Stack whose app1 has these keys.
async fn with_keys(keys: impl IntoIterator<Item = Value>) -> Stack {
    let setup = Setup::new().await;
    setup.jwks.publish("app1", &json!({"keys": keys.into_iter().collect::<Vec<_>>()}));
    setup.start().await
}

/// App's key with these members replaced.
fn changed(key: &PreludeKey, members: &Value) -> Value {
    let mut jwk = key.jwk();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
            value => jwk[name] = value.clone(),
        }
    }
    jwk
}

/// RSA key of 2048 bits without a private key. A receiver cannot detect that.
fn stranger(index: u8) -> Value {
    let mut modulus = [0xff; 256];
    modulus[100] = index;
    json!({"kty": "RSA", "kid": format!("stranger-{index}"), "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
}

fn others() -> Vec<Value> {
    vec![
        json!({"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        json!({"kty": "oct", "kid": "hmac", "k": "AAAA"}),
        json!({"kty": "RSA", "kid": "no modulus", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "not base64", "n": "*", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "even exponent", "n": stranger(0)["n"], "e": "Ag"}),
        json!({"kty": "RSA", "kid": "1024 bits", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "16384 bits", "n": URL_SAFE_NO_PAD.encode([0xff; 2048]), "e": "AQAB"}),
        json!({"kty": 7, "n": {}, "e": []}),
        json!({}),
        json!(null),
        json!("key"),
        json!(["RSA"]),
    ]
}

#[tokio::test]
async fn keys_of_other_kinds_and_unreadable_ones_are_skipped() {
    let key = Setup::new().await.prelude.app("app1").unwrap().keys[0].clone();
    let stack = with_keys(others().into_iter().chain([key.jwk()])).await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
    let stack = with_keys([key.jwk()].into_iter().chain(others())).await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
}

#[tokio::test]
async fn a_set_without_a_usable_key_counts_as_failed() {
    for keys in [Vec::new(), others()] {
        let stack = with_keys(keys).await;
        assert_eq!(send(&stack, &batch(&stack)).await, unavailable());
    }
    for document in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":"#, "\u{feff}{}"] {
        let setup = Setup::new().await;
        setup.jwks.publish_bytes("app1", document);
        let stack = setup.start().await;
        assert_eq!(send(&stack, &batch(&stack)).await, unavailable(), "{document}");
    }
}

#[tokio::test]
async fn alg_use_and_unknown_members_are_ignored_and_the_thumbprint_names_a_nameless_key() {
    let key = Setup::new().await.prelude.app("app1").unwrap().keys[0].clone();
    let thumbprint = key.thumbprint();
    for (members, key_id) in [
        (json!({"alg": "RS256"}), "key-app1"),
        (json!({"alg": "none", "use": "enc"}), "key-app1"),
        (json!({"alg": null, "use": null}), "key-app1"),
        (json!({"alg": 7, "use": [], "key_ops": ["sign"], "x5c": ["AAAA"], "exp": 1}), "key-app1"),
        (json!({"kid": "a b"}), "a b"),
        (json!({"kid": null}), &thumbprint),
        (json!({"kid": ""}), &thumbprint),
        (json!({"kid": 7}), &thumbprint),
    ] {
        let stack = with_keys([changed(&key, &members)]).await;
        assert_eq!(send(&stack, &batch(&stack)).await, accepted(), "{members}");
        let message = stack.drain("user-created").await.remove(0);
        assert_eq!(message.attribute("key_id"), Some(key_id), "{members}");
    }
}

#[tokio::test]
async fn every_usable_key_of_a_set_is_tried() {
    let key = Setup::new().await.prelude.app("app1").unwrap().keys[0].clone();
    for strangers in [15, 16, 150] {
        let keys: Vec<_> = (0..strangers).map(stranger).chain([key.jwk()]).collect();
        assert!(json!({"keys": keys}).to_string().len() <= 65_536);
        let stack = with_keys(keys).await;
        assert_eq!(send(&stack, &batch(&stack)).await, accepted(), "{strangers} strangers");
        let named = batch(&stack).header("X-Webhook-Signature-Key-Id", "key-app1");
        assert_eq!(send(&stack, &named).await, accepted(), "{strangers} strangers");
        let nobodys = signed_by(&stack, &private_key("other-2048", "key-app1"));
        assert_eq!(send(&stack, &nobodys).await, wrong(), "{strangers} strangers");
    }
}

#[tokio::test]
async fn a_document_of_64_kib_is_read_and_a_longer_one_is_not() {
    for (length, answer) in [(65_536, accepted()), (65_537, unavailable()), (5_000_000, unavailable())] {
        let setup = Setup::new().await;
        setup.jwks.set_fault("app1", JwksFault::Huge(length));
        let stack = setup.start().await;
        assert_eq!(send(&stack, &batch(&stack)).await, answer, "{length} bytes");
    }
}

#[tokio::test]
async fn keys_of_every_accepted_size_verify() {
    let sizes = [("app-2048", 2048), ("account-3072", 3072), ("app-4096", 4096), ("account-8192", 8192)];
    let keys = sizes.map(|(name, _)| private_key(name, name));
    let stack = with_keys(keys.each_ref().map(PreludeKey::jwk)).await;
    for (key, (name, bits)) in keys.iter().zip(sizes) {
        assert_eq!(send(&stack, &signed_by(&stack, key)).await, accepted(), "{bits} bits");
        let message = stack.drain("user-created").await.remove(0);
        assert_eq!(message.attribute("key_id"), Some(name));
    }
}
