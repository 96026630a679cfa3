//! Reads a JWK Set (RFC 7517, section 5): RSA keys only, unreadable ones skipped.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::authenticate::signature::PublicKey;

/// The largest document that is read, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;
/// The most keys that are taken from one set: a signature may have to be tried with each.
pub const MAX_KEYS: usize = 16;

/// The set's usable keys, in its order. `alg` and `use` are ignored: Prelude signs webhooks with keys that are
/// published for access tokens.
///
/// Empty when the document is no JWK Set or holds no usable key.
#[must_use]
pub fn parse(document: &[u8]) -> Vec<PublicKey> {
    let Ok(JwkSet { keys }) = serde_json::from_slice(document) else { return Vec::new() };
    keys.into_iter().filter_map(|jwk| usable_key(jwk.get())).take(MAX_KEYS).collect()
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
    // A `kid` that is no string makes the key nameless, not useless.
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
