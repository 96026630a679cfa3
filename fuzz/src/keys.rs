//! Keys of `tests/keys`, with which Prelude signs here. Never trust them anywhere else.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::{SysRng, rand_core::UnwrapErr};
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs8::DecodePrivateKey,
    pss::{Signature, SigningKey, VerifyingKey},
    signature::{RandomizedSigner, SignatureEncoding, Verifier},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Key pair and its name.
pub struct Key {
    /// Name of the file.
    pub name: &'static str,
    /// Public key in the form of the configuration.
    pub public_pem: String,
    signing: SigningKey<Sha256>,
    public: RsaPublicKey,
}

/// Signatures by the key's name and the body's digest.
type Made = HashMap<(&'static str, [u8; 32]), Arc<[u8]>>;

/// Key of the account.
pub static ACCOUNT: LazyLock<Key> = LazyLock::new(|| Key::read("account-2048"));
/// Key of the app `demoapp1`.
pub static APP: LazyLock<Key> = LazyLock::new(|| Key::read("app-2048"));
/// Key of a second app, which is larger.
pub static SECOND_APP: LazyLock<Key> = LazyLock::new(|| Key::read("account-3072"));
/// Key that is never configured.
pub static OTHER: LazyLock<Key> = LazyLock::new(|| Key::read("other-2048"));

impl Key {
    fn read(name: &'static str) -> Self {
        let file = |file: String| {
            let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../tests/keys", &file].iter().collect();
            std::fs::read_to_string(path).unwrap()
        };
        let private = RsaPrivateKey::from_pkcs8_pem(&file(format!("{name}.pem"))).unwrap();
        Self {
            name,
            public_pem: file(format!("{name}.pub.pem")),
            public: private.to_public_key(),
            // Without salt, the same body has the same signature, so that a finding can be repeated.
            signing: SigningKey::new_with_salt_len(private, 0),
        }
    }

    /// Signature of a body, cached for each of the last few thousand bodies.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> Arc<[u8]> {
        thread_local! {
            static MADE: RefCell<Made> = RefCell::default();
        }
        MADE.with_borrow_mut(|made| {
            if made.len() > 4096 {
                made.clear();
            }
            let signature = made.entry((self.name, Sha256::digest(body).into())).or_insert_with(|| {
                self.signing.try_sign_with_rng(&mut UnwrapErr(SysRng), body).unwrap().to_bytes().into()
            });
            Arc::clone(signature)
        })
    }

    /// Header's value for a body, in the form that Prelude documents.
    #[must_use]
    pub fn header(&self, body: &[u8]) -> String {
        format!("rsassa-pss-sha256={}", URL_SAFE_NO_PAD.encode(self.sign(body)))
    }

    /// Reports whether these bytes are this key's signature of the body, with any salt.
    #[must_use]
    pub fn verifies(&self, body: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::<Sha256>::new_with_auto_salt_len(self.public.clone());
        Signature::try_from(signature).is_ok_and(|signature| key.verify(body, &signature).is_ok())
    }

    /// Key in the form of a key set.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let [n, e] = self.public_parts();
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name, "n": n, "e": e})
    }

    /// Name of a key without a `kid` (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let [n, e] = self.public_parts();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
    }

    fn public_parts(&self) -> [String; 2] {
        [self.public.n_bytes(), self.public.e_bytes()].map(|number| URL_SAFE_NO_PAD.encode(number))
    }
}
