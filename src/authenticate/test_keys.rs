//! The keys of `tests/keys`, for unit tests.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use rsa::{RsaPublicKey, pkcs8::DecodePublicKey, traits::PublicKeyParts};

/// The public key file's text.
pub(crate) fn pem(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/keys/{name}.pub.pem", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A JWK Set of these keys, each named by its file.
pub(crate) fn jwks(names: &[&str]) -> Bytes {
    let keys = names.iter().map(|name| {
        let key = RsaPublicKey::from_public_key_pem(&pem(name)).unwrap();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (n, e) = (key.n().to_be_bytes_trimmed_vartime(), key.e().to_be_bytes_trimmed_vartime());
        serde_json::json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": name, "n": number(&n), "e": number(&e)})
    });
    serde_json::json!({"keys": keys.collect::<Vec<_>>()}).to_string().into()
}
