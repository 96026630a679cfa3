//! Reads a JWK Set (RFC 7517, section 5): RSA keys only, unreadable ones skipped.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::authenticate::public_key::PublicKey;

/// The set's usable keys, in their order. `alg` and `use` are ignored, because Prelude signs webhooks with keys that are
/// published for access tokens.
///
/// Empty when the document is not a JWK Set or holds no usable key.
#[must_use]
pub fn parse(document: &[u8]) -> Vec<PublicKey> {
    let Ok(JwkSet { keys }) = serde_json::from_slice(document) else { return Vec::new() };
    keys.into_iter().filter_map(|jwk| usable_key(jwk.get())).collect()
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Jwk<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    n: Cow<'a, str>,
    #[serde(borrow)]
    e: Cow<'a, str>,
    #[serde(borrow, default)]
    kid: Option<&'a RawValue>,
}

fn usable_key(jwk: &str) -> Option<PublicKey> {
    let jwk: Jwk<'_> = serde_json::from_str(jwk).ok()?;
    if jwk.kty != "RSA" {
        return None;
    }
    // A key whose `kid` is not a string is usable, but nameless.
    let kid = jwk.kid.and_then(|kid| serde_json::from_str::<String>(kid.get()).ok());
    let (n, e) = (BASE64URL.decode(&*jwk.n).ok()?, BASE64URL.decode(&*jwk.e).ok()?);
    PublicKey::from_components(&n, &e, kid.as_deref()).ok()
}

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::authenticate::test_keys;

    fn names(document: &Value) -> Vec<String> {
        parse(document.to_string().as_bytes()).iter().map(|key| key.key_id().to_string()).collect()
    }

    fn jwk(name: &str) -> Value {
        let set: Value = serde_json::from_slice(&test_keys::jwks(&[name])).unwrap();
        set["keys"][0].clone()
    }

    #[test]
    fn only_usable_rsa_keys_are_taken() {
        let with = |name: &str, value: Value| {
            let mut key = jwk("app-2048");
            key[name] = value;
            key
        };
        let keys = json!([
            {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "ed"}, {"kty": "EC"}, {}, 1, null, "key",
            with("kty", json!("rsa")), with("n", json!("!")), with("n", json!("")), with("e", json!("AA")), with("e", json!(65537)),
            jwk("small-1024"), jwk("app-2048"), jwk("account-3072"), with("use", json!("enc")), with("alg", json!("ES256")),
        ]);
        assert_eq!(names(&json!({"keys": keys})), ["app-2048", "account-3072", "app-2048", "app-2048"]);
    }

    #[test]
    fn a_key_without_a_usable_kid_is_called_by_its_thumbprint() {
        let nameless = |kid: Option<Value>| {
            let mut key = jwk("app-2048");
            key.as_object_mut().unwrap().remove("kid");
            key.as_object_mut().unwrap().extend(kid.map(|kid| ("kid".to_owned(), kid)));
            names(&json!({"keys": [key]}))
        };
        let thumbprint = nameless(None);
        assert_eq!(thumbprint[0].len(), 43);
        for kid in [json!(null), json!(""), json!(7), json!({})] {
            assert_eq!(nameless(Some(kid.clone())), thumbprint, "{kid}");
        }
    }

    #[test]
    fn a_thumbprint_is_the_one_of_rfc_7638() {
        // The example of RFC 7638, section 3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let set = json!({"keys": [{"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256"}]});
        assert_eq!(names(&set), ["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"]);
    }

    #[test]
    fn every_usable_key_is_taken() {
        let keys: Vec<_> = (0..200)
            .map(|index| if index % 2 == 0 { jwk("app-2048") } else { json!({"kty": "EC"}) })
            .collect();
        assert_eq!(names(&json!({"keys": keys})).len(), 100);
    }

    #[test]
    fn what_is_no_key_set_has_no_keys() {
        for document in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]"#, "<html>"] {
            assert!(parse(document.as_bytes()).is_empty(), "{document}");
        }
    }
}
