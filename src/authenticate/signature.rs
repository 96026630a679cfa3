//! RSASSA-PSS with SHA-256 (RFC 8017, section 8.1.2): the header, the public keys, and the only place that makes
//! [`Verified`]. No other file names `rsa`.

use std::{collections::BTreeSet, fmt, sync::Arc};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use rsa::{
    BoxedUint, RsaPublicKey,
    pkcs1::{ALGORITHM_OID, DecodeRsaPublicKey},
    pkcs8::{ObjectIdentifier, SubjectPublicKeyInfoRef},
    pss::VerifyingKey,
    signature::hazmat::PrehashVerifier,
    traits::PublicKeyParts,
};
use sha2::{Digest, Sha256};

use super::Owner;
use crate::rejection::Rejection;

/// Bytes whose signature a configured key verified. Only [`Unverified::verify`] makes one.
pub struct Verified {
    body: Bytes,
    owners: Owners,
}

/// Everyone a verifying key belongs to, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Those whose keys hold it.
    pub known: Vec<Ownership>,
    /// Those whose keys are not at hand: it may be one of theirs.
    pub undecided: Vec<Owner>,
}

/// Who a verifying key belongs to, and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The account, or one Session app.
    pub owner: Owner,
    /// The key's `kid` in that owner's set, else its thumbprint (RFC 7638).
    pub key_id: Arc<str>,
}

impl Verified {
    /// The exact bytes that were signed.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// What the verifying key is called by `owner`; `None` when it is not that owner's.
    #[must_use]
    pub fn key_id_of(&self, owner: Owner) -> Option<&Arc<str>> {
        self.owners.known.iter().find(|ownership| ownership.owner == owner).map(|ownership| &ownership.key_id)
    }

    /// Whether the verifying key may be `owner`'s, whose keys could not be fetched yet.
    #[must_use]
    pub fn is_undecided(&self, owner: Owner) -> bool {
        self.owners.undecided.contains(&owner)
    }

    /// What the verifying key is called by the first of its owners: for content that no family claims.
    #[must_use]
    pub fn key_id(&self) -> Option<&Arc<str>> {
        self.owners.known.first().map(|ownership| &ownership.key_id)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("owners", &self.owners).finish_non_exhaustive()
    }
}

/// Bytes and the signature that came with them, not yet compared.
pub struct Unverified {
    body: Bytes,
    digest: [u8; 32],
    signature: rsa::pss::Signature,
    signature_length: usize,
    tried: BTreeSet<Thumbprint>,
}

impl Unverified {
    /// Reads the header's value and hashes the body, once for however many keys are tried.
    ///
    /// # Errors
    /// What is wrong with the header.
    pub fn new(body: Bytes, header: &[u8]) -> Result<Self, HeaderFault> {
        let signature = parse_header(header)?;
        let digest = Sha256::digest(&body).into();
        let signature_length = signature.len();
        let signature =
            rsa::pss::Signature::try_from(signature.as_slice()).map_err(|_too_long| HeaderFault::TooLong)?;
        Ok(Self { body, digest, signature, signature_length, tried: BTreeSet::new() })
    }

    /// The bytes before they are believed: for hints that order keys, never for a decision.
    #[must_use]
    pub const fn unverified_body(&self) -> &Bytes {
        &self.body
    }

    /// The signature's length, which is its key's, in bytes.
    #[must_use]
    pub const fn signature_length(&self) -> usize {
        self.signature_length
    }

    /// Tries the keys in order, each key once in this request's life, and tells how each trial ended.
    ///
    /// # Errors
    /// Itself, when no key verifies, so that more keys can be tried.
    pub fn verify<'k>(
        mut self,
        keys: impl IntoIterator<Item = &'k PublicKey>,
        owners_of: impl FnOnce(&PublicKey) -> Owners,
        mut tell: impl FnMut(&PublicKey, Trial),
    ) -> Result<Verified, Self> {
        for key in keys {
            if !self.tried.insert(key.thumbprint) {
                continue;
            }
            let trial = if key.modulus_length() != self.signature_length {
                Trial::OtherLength
            } else if key.verifying.verify_prehash(&self.digest, &self.signature).is_ok() {
                Trial::Verified
            } else {
                Trial::Failed
            };
            tell(key, trial);
            if trial == Trial::Verified {
                return Ok(Verified { body: self.body, owners: owners_of(key) });
            }
        }
        Err(self)
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("signature_length", &self.signature_length).finish_non_exhaustive()
    }
}

/// How the comparison of one key with a signature ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// The key verifies the signature.
    Verified,
    /// It does not.
    Failed,
    /// It can not: the key's length is not the signature's.
    OtherLength,
}

/// What is wrong with a signature header. To the caller and the log they are two things only: an unknown scheme, or a
/// malformed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// It is given more than once.
    #[error("it is given more than once")]
    Repeated,
    /// Not `<scheme>=<base64>`; an empty one is not either.
    #[error("it is not <scheme>=<base64>")]
    NoScheme,
    /// Another scheme than `rsassa-pss-sha256`.
    #[error("its scheme is not rsassa-pss-sha256")]
    Scheme,
    /// Characters of neither base64 alphabet, or a length that base64 does not make.
    #[error("what follows the scheme is not base64")]
    NotBase64,
    /// Shorter than the signature of any key that is accepted.
    #[error("the signature is shorter than the 256 bytes of a 2048-bit key")]
    TooShort,
    /// Longer than the signature of any key that is accepted.
    #[error("it is longer than any signature")]
    TooLong,
}

impl From<HeaderFault> for Rejection {
    fn from(fault: HeaderFault) -> Self {
        match fault {
            HeaderFault::Scheme => Self::SignatureSchemeUnknown,
            HeaderFault::Repeated
            | HeaderFault::NoScheme
            | HeaderFault::NotBase64
            | HeaderFault::TooShort
            | HeaderFault::TooLong => Self::SignatureMalformed,
        }
    }
}

/// SHA-256 over the key's canonical JWK (RFC 7638).
pub type Thumbprint = [u8; 32];

/// An RSA public key of 2048 to 8192 bits, parsed once.
#[derive(Clone)]
pub struct PublicKey {
    verifying: VerifyingKey<Sha256>,
    thumbprint: Thumbprint,
    key_id: Arc<str>,
}

/// Why a key can not be used. The text never repeats the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN …-----` block.
    #[error("holds no PEM block")]
    NoPem,
    /// Text outside the blocks, or a block without its end.
    #[error("holds a PEM block that is not complete, or text between the blocks")]
    BrokenPem,
    /// A private key was configured.
    #[error("holds a private key; only the public key belongs here")]
    PrivateKey,
    /// Neither `PUBLIC KEY` nor `RSA PUBLIC KEY`, or not an RSA key inside.
    #[error("holds a PEM block that is not an RSA public key (SPKI or PKCS#1) of 2048 to 8192 bits")]
    NotAnRsaPublicKey,
    /// The modulus is under 2048 or over 8192 bits.
    #[error("holds a key of {0} bits; 2048 to 8192 are accepted")]
    Size(u32),
}

impl PublicKey {
    /// Reads every PEM block of a text: SPKI or PKCS#1, real or `\n`-escaped line ends.
    ///
    /// # Errors
    /// The first block that can not be used.
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
    /// A modulus of another size, or numbers that are no RSA key.
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

    /// The key's `kid`, else its thumbprint in base64url.
    #[must_use]
    pub const fn key_id(&self) -> &Arc<str> {
        &self.key_id
    }

    /// The key's identity: equal for equal keys, whatever they are called.
    #[must_use]
    pub const fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    /// The modulus' length, in bytes: that of the signatures it verifies.
    #[must_use]
    pub fn modulus_length(&self) -> usize {
        self.verifying.as_ref().size()
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

/// `rsassa-pss-sha256=<base64>`; the value of `X-Webhook-Signature`.
fn parse_header(header: &[u8]) -> Result<Vec<u8>, HeaderFault> {
    if header.len() > MAX_HEADER_LENGTH {
        return Err(HeaderFault::TooLong);
    }
    let header = std::str::from_utf8(header).map_err(|_binary| HeaderFault::NoScheme)?;
    let (scheme, base64) = header.split_once('=').ok_or(HeaderFault::NoScheme)?;
    if scheme != SCHEME {
        return Err(HeaderFault::Scheme);
    }
    // Prelude writes the URL-safe alphabet; the standard one differs in two characters.
    let base64 = base64.replace('-', "+").replace('_', "/");
    let signature = STANDARD.decode(base64).map_err(|_malformed| HeaderFault::NotBase64)?;
    // No key in use is shorter: telling it here spares every lookup.
    if signature.len() < MIN_BITS as usize / 8 { Err(HeaderFault::TooShort) } else { Ok(signature) }
}

/// The only scheme that is accepted. The once documented `sha256=` was an HMAC, which has no public key.
const SCHEME: &str = "rsassa-pss-sha256";
const MIN_BITS: u32 = 2048;
const MAX_BITS: u32 = 8192;
/// An 8192-bit signature takes 1,368 characters of base64.
const MAX_HEADER_LENGTH: usize = 2048;
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const fn checked_size(bits: u32) -> Result<(), KeyError> {
    if bits < MIN_BITS || bits > MAX_BITS { Err(KeyError::Size(bits)) } else { Ok(()) }
}

/// Reads an SPKI of an RSA key, whether it is meant for any use (`rsaEncryption`) or for PSS alone (`id-RSASSA-PSS`,
/// RFC 4055): the scheme in the header says how it signs.
fn from_spki(der: &[u8]) -> Option<RsaPublicKey> {
    let spki = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    if ![ALGORITHM_OID, ID_RSASSA_PSS].contains(&spki.algorithm.oid) {
        return None;
    }
    RsaPublicKey::from_pkcs1_der(spki.subject_public_key.as_bytes()?).ok()
}

const ID_RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// A number no larger than it has to be: leading zeros are dropped, so that the modulus has its own length.
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
    fn a_header_is_read_from_the_shortest_signature_to_its_own_limit() {
        let read = |base64: usize| parse_header(format!("{SCHEME}={}", "A".repeat(base64)).as_bytes());
        assert_eq!(read(342).map(|signature| signature.len()), Ok(256));
        assert_eq!(read(340), Err(HeaderFault::TooShort), "255 bytes");
        let longest = MAX_HEADER_LENGTH - SCHEME.len() - 1;
        assert_eq!(read(longest).map(|signature| signature.len()), Ok(1522));
        assert_eq!(read(longest + 2), Err(HeaderFault::TooLong));
    }

    #[test]
    fn a_signature_is_as_long_as_its_base64_says() {
        for length in [256, 384, 1024] {
            let header = format!("{SCHEME}={}", STANDARD.encode(vec![7; length]));
            let unverified = Unverified::new(Bytes::new(), header.as_bytes()).unwrap();
            assert_eq!(unverified.signature_length(), length);
        }
    }

    #[test]
    fn a_size_is_accepted_from_2048_to_8192_bits() {
        for (bits, accepted) in [(0, false), (2047, false), (2048, true), (8192, true), (8193, false)] {
            assert_eq!(checked_size(bits), if accepted { Ok(()) } else { Err(KeyError::Size(bits)) });
        }
    }
}
