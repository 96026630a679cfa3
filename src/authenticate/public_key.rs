//! RSA public keys, and RSASSA-PSS with SHA-256 (RFC 8017, section 8.1.2). The only file that names `rsa`.

use std::{fmt, sync::Arc};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use rsa::{
    BoxedUint, RsaPublicKey,
    pkcs1::{ALGORITHM_OID, DecodeRsaPublicKey},
    pkcs8::{ObjectIdentifier, SubjectPublicKeyInfoRef},
    pss::VerifyingKey,
    signature::hazmat::PrehashVerifier,
    traits::PublicKeyParts,
};
use sha2::{Digest, Sha256};

pub(super) use rsa::pss::Signature;

/// SHA-256 over the key's canonical JWK (RFC 7638).
pub type Thumbprint = [u8; 32];

/// An RSA public key of 2048 to 8192 bits, parsed once.
#[derive(Clone)]
pub struct PublicKey {
    verifying: VerifyingKey<Sha256>,
    thumbprint: Thumbprint,
    key_id: Arc<str>,
}

/// Fault of a key. The text never repeats the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no `-----BEGIN …-----` block.
    #[error("holds no PEM block")]
    NoPem,
    /// Text stands outside the blocks, or a block has no end.
    #[error("holds a PEM block that is not complete, or text between the blocks")]
    BrokenPem,
    /// The block holds a private key.
    #[error("holds a private key; only the public key belongs here")]
    PrivateKey,
    /// The block is neither `PUBLIC KEY` nor `RSA PUBLIC KEY`, or holds another kind of key.
    #[error("holds a PEM block that is not an RSA public key (SPKI or PKCS#1) of 2048 to 8192 bits")]
    NotAnRsaPublicKey,
    /// The modulus has fewer than 2048 or more than 8192 bits.
    #[error("holds a key of {0} bits; 2048 to 8192 are accepted")]
    Size(u32),
}

impl PublicKey {
    /// Reads every PEM block of a text: SPKI or PKCS#1, with line ends or with escaped ones (`\n`).
    ///
    /// # Errors
    /// Fault of the first bad block.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, KeyError> {
        let text = text.replace("\\r", "").replace("\\n", "\n");
        let mut rest = text.trim();
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let (label, block) =
                rest.strip_prefix("-----BEGIN ")
                    .and_then(|rest| rest.split_once("-----"))
                    .ok_or(if keys.is_empty() { KeyError::NoPem } else { KeyError::BrokenPem })?;
            let (base64, after) =
                block.split_once(&format!("-----END {label}-----")).ok_or(KeyError::BrokenPem)?;
            keys.push(Self::from_pem_block(label, base64)?);
            rest = after.trim();
        }
        if keys.is_empty() { Err(KeyError::NoPem) } else { Ok(keys) }
    }

    /// Makes a key from a JWK's big-endian modulus and exponent (RFC 7518, section 6.3.1).
    ///
    /// # Errors
    /// The modulus has another size, or the numbers do not form an RSA key.
    pub fn from_components(n: &[u8], e: &[u8], kid: Option<&str>) -> Result<Self, KeyError> {
        let modulus = uint(n).ok_or(KeyError::Size(0))?;
        let exponent = uint(e).ok_or(KeyError::NotAnRsaPublicKey)?;
        Self::accept(
            checked_size(modulus.bits_vartime()).and_then(|()| {
                RsaPublicKey::new(modulus, exponent).map_err(|_invalid| KeyError::NotAnRsaPublicKey)
            })?,
            kid,
        )
    }

    /// The key's `kid`, otherwise its thumbprint in base64url.
    #[must_use]
    pub const fn key_id(&self) -> &Arc<str> {
        &self.key_id
    }

    /// Identity of the key: equal keys have equal thumbprints, even under different names.
    #[must_use]
    pub const fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    /// Length of the modulus in bytes, which is the length of the key's signatures.
    #[must_use]
    pub fn modulus_length(&self) -> usize {
        self.verifying.as_ref().size()
    }

    /// Verifies a signature over the SHA-256 digest of a body.
    pub(super) fn verifies(&self, digest: &[u8; 32], signature: &Signature) -> bool {
        self.verifying.verify_prehash(digest, signature).is_ok()
    }

    fn from_pem_block(label: &str, base64: &str) -> Result<Self, KeyError> {
        if label.contains("PRIVATE KEY") {
            return Err(KeyError::PrivateKey);
        }
        let base64: String = base64.split_ascii_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_malformed| KeyError::BrokenPem)?;
        let key = match label {
            "PUBLIC KEY" => from_spki(&der),
            "RSA PUBLIC KEY" => RsaPublicKey::from_pkcs1_der(&der).ok(),
            _ => None,
        };
        Self::accept(key.ok_or(KeyError::NotAnRsaPublicKey)?, None)
    }

    fn accept(key: RsaPublicKey, kid: Option<&str>) -> Result<Self, KeyError> {
        checked_size(key.n().bits_vartime())?;
        let thumbprint = thumbprint(&key);
        let key_id = match kid {
            Some(kid) if !kid.is_empty() => kid.into(),
            _ => URL_SAFE_NO_PAD.encode(thumbprint).into(),
        };
        Ok(Self { verifying: VerifyingKey::new_with_auto_salt_len(key), thumbprint, key_id })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Smallest modulus that is accepted, in bits.
pub(super) const MIN_BITS: u32 = 2048;
const MAX_BITS: u32 = 8192;

/// Base64 of the standard alphabet, with or without padding.
pub(super) const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const fn checked_size(bits: u32) -> Result<(), KeyError> {
    if bits < MIN_BITS || bits > MAX_BITS { Err(KeyError::Size(bits)) } else { Ok(()) }
}

/// Reads an SPKI of an RSA key for any use (`rsaEncryption`) or for PSS alone (`id-RSASSA-PSS`, RFC 4055). The scheme in
/// the header decides how the key signs.
fn from_spki(der: &[u8]) -> Option<RsaPublicKey> {
    let spki = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    if ![ALGORITHM_OID, ID_RSASSA_PSS].contains(&spki.algorithm.oid) {
        return None;
    }
    RsaPublicKey::from_pkcs1_der(spki.subject_public_key.as_bytes()?).ok()
}

const ID_RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// Reads a number without its leading zeros, so that the modulus has its real length.
fn uint(big_endian: &[u8]) -> Option<BoxedUint> {
    let significant = big_endian.iter().position(|byte| *byte != 0)?;
    let digits = big_endian.get(significant..)?;
    BoxedUint::from_be_slice(digits, u32::try_from(digits.len()).ok()?.checked_mul(8)?).ok()
}

fn thumbprint(key: &RsaPublicKey) -> Thumbprint {
    let base64 = |number: &BoxedUint| URL_SAFE_NO_PAD.encode(number.to_be_bytes_trimmed_vartime());
    let jwk = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64(key.e()), base64(key.n()));
    Sha256::digest(jwk).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_accepted_from_2048_to_8192_bits() {
        for (bits, accepted) in [(0, false), (2047, false), (2048, true), (8192, true), (8193, false)] {
            assert_eq!(checked_size(bits), if accepted { Ok(()) } else { Err(KeyError::Size(bits)) });
        }
    }
}
