//! Signing keys of Prelude, and signatures in every form that a receiver must accept.

use std::{borrow::Cow, fmt};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use getrandom::{SysRng, rand_core::UnwrapErr};
use rsa::{
    RsaPrivateKey,
    pkcs1::DecodeRsaPrivateKey as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
    pss::SigningKey,
    signature::{RandomizedSigner as _, SignatureEncoding as _},
    traits::PublicKeyParts as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Request header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Webhook-Signature";
/// Name of the signature scheme in that header.
pub const SCHEME: &str = "rsassa-pss-sha256";

/// RSA key with its id.
#[derive(Clone)]
pub struct PreludeKey {
    /// Value of `kid` in the key set and of `X-Webhook-Signature-Key-Id`.
    pub kid: String,
    /// Private key.
    pub private: RsaPrivateKey,
}

impl PreludeKey {
    /// Generates a key of 2048 bits.
    pub fn generate(kid: impl Into<String>) -> Result<Self, KeyError> {
        Self::generate_bits(kid, 2048)
    }

    /// Generates a key of this many bits.
    pub fn generate_bits(kid: impl Into<String>, bits: usize) -> Result<Self, KeyError> {
        let private = RsaPrivateKey::new(&mut UnwrapErr(SysRng), bits).map_err(KeyError::rsa)?;
        Ok(Self { kid: kid.into(), private })
    }

    /// Reads a private key from PKCS#8 or PKCS#1 PEM.
    pub fn from_pem(kid: impl Into<String>, pem: &str) -> Result<Self, KeyError> {
        let private = RsaPrivateKey::from_pkcs8_pem(pem)
            .or_else(|error| RsaPrivateKey::from_pkcs1_pem(pem).map_err(|_neither| error))
            .map_err(KeyError::rsa)?;
        Ok(Self { kid: kid.into(), private })
    }

    /// Private key as PKCS#8 PEM.
    pub fn private_key_pem(&self) -> Result<String, KeyError> {
        Ok(self.private.to_pkcs8_pem(LineEnding::LF).map_err(KeyError::rsa)?.to_string())
    }

    /// Public key as SPKI PEM, the form in Prelude's dashboard.
    pub fn public_key_pem(&self) -> Result<String, KeyError> {
        self.private.to_public_key().to_public_key_pem(LineEnding::LF).map_err(KeyError::rsa)
    }

    /// Public key as a JSON Web Key. `alg` is RS256, because access tokens use the same key with RS256.
    pub fn jwk(&self) -> Value {
        let [n, e] = self.public_parts();
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e})
    }

    /// RFC 7638 thumbprint, which identifies a key without a `kid`.
    pub fn thumbprint(&self) -> String {
        let [n, e] = self.public_parts();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{\"e\":\"{e}\",\"kty\":\"RSA\",\"n\":\"{n}\"}}")))
    }

    /// Length of the longest salt that fits, which Go's `SignPSS` uses by default.
    pub fn longest_salt(&self) -> usize {
        let message_bytes = (self.private.n().bits_vartime() as usize - 1).div_ceil(8);
        message_bytes - 32 - 2
    }

    /// Value of `X-Webhook-Signature` for a body, in the documented form.
    pub fn sign(&self, body: &[u8]) -> Result<String, KeyError> {
        self.sign_as(body, SignatureForm::default())
    }

    /// Value of `X-Webhook-Signature` for a body, in the given form.
    pub fn sign_as(&self, body: &[u8], form: SignatureForm) -> Result<String, KeyError> {
        let signer = SigningKey::<Sha256>::new_with_salt_len(self.private.clone(), form.salt_len);
        let signature = signer.try_sign_with_rng(&mut SysRng, body).map_err(KeyError::rsa)?;
        let engine = match (form.alphabet, form.padding) {
            (Alphabet::UrlSafe, true) => &URL_SAFE,
            (Alphabet::UrlSafe, false) => &URL_SAFE_NO_PAD,
            (Alphabet::Standard, true) => &STANDARD,
            (Alphabet::Standard, false) => &STANDARD_NO_PAD,
        };
        Ok(format!("{SCHEME}={}", engine.encode(signature.to_bytes())))
    }

    fn public_parts(&self) -> [String; 2] {
        [self.private.n_bytes(), self.private.e_bytes()].map(|number| URL_SAFE_NO_PAD.encode(number))
    }
}

/// Omits the private key.
impl fmt::Debug for PreludeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreludeKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Form of a signature and of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureForm {
    /// Bytes of salt. 32 is the length of the digest.
    pub salt_len: usize,
    /// Ends the base64 text in `=`.
    pub padding: bool,
    /// Alphabet of the base64 text.
    pub alphabet: Alphabet,
}

/// Characters 62 and 63 of base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `-` and `_`, the documented alphabet.
    UrlSafe,
    /// `+` and `/`.
    Standard,
}

impl Default for SignatureForm {
    fn default() -> Self {
        Self { salt_len: 32, padding: false, alphabet: Alphabet::UrlSafe }
    }
}

/// Failed generation, reading or use of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Error of the RSA library.
    #[error("RSA key: {0}")]
    Rsa(Cow<'static, str>),
    /// Session app without a key.
    #[error("the app has no key")]
    NoKey,
}

impl KeyError {
    fn rsa(error: impl fmt::Display) -> Self {
        Self::Rsa(error.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use rsa::{
        pss::{Signature, VerifyingKey},
        signature::Verifier as _,
    };

    use super::*;
    use crate::prelude::LocalPrelude;

    fn verifies(key: &PreludeKey, body: &[u8], base64: &str) -> bool {
        let standard = base64.replace('-', "+").replace('_', "/");
        let bytes = STANDARD_NO_PAD.decode(standard.trim_end_matches('=')).unwrap();
        let verifier = VerifyingKey::<Sha256>::new_with_auto_salt_len(key.private.to_public_key());
        verifier.verify(body, &Signature::try_from(bytes.as_slice()).unwrap()).is_ok()
    }

    #[test]
    fn every_form_of_a_signature_verifies() {
        let key = LocalPrelude::shared().unwrap().account_key;
        assert_eq!(key.longest_salt(), 222);
        for salt_len in [0, 20, 32, key.longest_salt()] {
            for padding in [true, false] {
                for alphabet in [Alphabet::UrlSafe, Alphabet::Standard] {
                    let header = key.sign_as(b"body", SignatureForm { salt_len, padding, alphabet }).unwrap();
                    let text = header.strip_prefix("rsassa-pss-sha256=").unwrap();
                    assert_eq!(text.len(), if padding { 344 } else { 342 });
                    let foreign = if alphabet == Alphabet::UrlSafe { ['+', '/'] } else { ['-', '_'] };
                    assert!(!text.contains(foreign));
                    assert!(verifies(&key, b"body", text));
                    assert!(!verifies(&key, b"bodY", text));
                }
            }
        }
        let too_long = SignatureForm { salt_len: key.longest_salt() + 1, ..SignatureForm::default() };
        assert!(key.sign_as(b"body", too_long).is_err());
    }

    #[test]
    fn a_key_survives_pem_and_hides_in_debug() {
        let key = LocalPrelude::shared().unwrap().account_key;
        let copy = PreludeKey::from_pem("account", &key.private_key_pem().unwrap()).unwrap();
        assert_eq!(copy.jwk(), key.jwk());
        assert!(key.public_key_pem().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert_eq!(format!("{key:?}"), "PreludeKey { kid: \"account\", .. }");
        assert!(PreludeKey::from_pem("x", "no key").is_err());
    }

    #[test]
    fn a_jwk_is_public_and_its_thumbprint_covers_the_bare_members() {
        let key = LocalPrelude::shared().unwrap().account_key;
        let jwk = key.jwk();
        assert_eq!(jwk["e"], "AQAB");
        assert_eq!(jwk["n"].as_str().unwrap().len(), 342);
        assert!(jwk.get("d").is_none());
        assert_eq!(key.thumbprint().len(), 43);
    }
}
