//! The signature: its header, the trial of keys, and the only place that makes [`Verified`].

use std::{collections::BTreeSet, fmt, sync::Arc};

use base64::Engine;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::public_key::{MIN_BITS, PublicKey, STANDARD, Signature, Thumbprint};
use crate::rejection::Rejection;

/// Bytes that a configured key signed. Only [`Unverified::verify`] makes one.
pub struct Verified {
    body: Bytes,
    owners: Owners,
}

/// Owner of a key. The account's keys and an app's keys authenticate different sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The account: Verify and Notify.
    Account,
    /// One Session app, by its id.
    App(Arc<str>),
}

/// Owners of a verifying key. Two owners may share one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Owners whose key sets hold the key.
    pub known: Vec<Ownership>,
    /// Owners without any key yet: the key may be theirs.
    pub undecided: Vec<Owner>,
}

/// One owner of a key, and that owner's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The account, or one Session app.
    pub owner: Owner,
    /// The key's `kid` in that owner's set, otherwise its thumbprint (RFC 7638).
    pub key_id: Arc<str>,
}

impl Verified {
    /// The exact bytes that were signed.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The owner's name for the verifying key; `None` when the key belongs to others only.
    #[must_use]
    pub fn key_id_of(&self, owner: &Owner) -> Option<&Arc<str>> {
        self.owners.known.iter().find(|known| known.owner == *owner).map(|known| &known.key_id)
    }

    /// Reports whether the verifying key may be the owner's, whose keys could not be fetched yet.
    #[must_use]
    pub fn is_undecided(&self, owner: &Owner) -> bool {
        self.owners.undecided.contains(owner)
    }

    /// The first owner's name for the verifying key: for content of unknown source.
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

/// Bytes and their signature, before any key is tried.
pub struct Unverified {
    body: Bytes,
    digest: [u8; 32],
    signature: Signature,
    signature_length: usize,
    tried: BTreeSet<Thumbprint>,
}

impl Unverified {
    /// Reads the header's value, and hashes the body once for all keys.
    ///
    /// # Errors
    /// Fault of the header.
    pub fn new(body: Bytes, header: &[u8]) -> Result<Self, HeaderFault> {
        let signature = parse_header(header)?;
        let digest = Sha256::digest(&body).into();
        let signature_length = signature.len();
        let signature =
            Signature::try_from(signature.as_slice()).map_err(|_too_long| HeaderFault::TooLong)?;
        Ok(Self { body, digest, signature, signature_length, tried: BTreeSet::new() })
    }

    /// The unverified bytes: for hints that order keys, never for a decision.
    #[must_use]
    pub const fn unverified_body(&self) -> &Bytes {
        &self.body
    }

    /// Length of the signature in bytes, which is its key's length.
    #[must_use]
    pub const fn signature_length(&self) -> usize {
        self.signature_length
    }

    /// Tries the keys in order, each key once per request, and reports each trial.
    ///
    /// # Errors
    /// Itself when no key verifies, so that more keys can be tried.
    pub fn verify<'k>(
        mut self,
        keys: impl IntoIterator<Item = &'k PublicKey>,
        owners_of: impl FnOnce(&PublicKey) -> Owners,
        mut report: impl FnMut(&PublicKey, Trial),
    ) -> Result<Verified, Self> {
        for key in keys {
            if !self.tried.insert(*key.thumbprint()) {
                continue;
            }
            let trial = if key.modulus_length() != self.signature_length {
                Trial::OtherLength
            } else if key.verifies(&self.digest, &self.signature) {
                Trial::Verified
            } else {
                Trial::Failed
            };
            report(key, trial);
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

/// Result of comparing one key with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// The key verifies the signature.
    Verified,
    /// The key does not verify the signature.
    Failed,
    /// The key's length differs from the signature's, so it was not compared.
    OtherLength,
}

/// Fault of a signature header. The caller and the log distinguish two of them: an unknown scheme and a malformed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// The header is repeated.
    #[error("it is given more than once")]
    Repeated,
    /// The value is not `<scheme>=<base64>`. An empty value is a fault, too.
    #[error("it is not <scheme>=<base64>")]
    NoScheme,
    /// The scheme is not `rsassa-pss-sha256`.
    #[error("its scheme is not rsassa-pss-sha256")]
    Scheme,
    /// The rest has characters of neither base64 alphabet, or a length that base64 cannot have.
    #[error("what follows the scheme is not base64")]
    NotBase64,
    /// The signature is shorter than that of any accepted key.
    #[error("the signature is shorter than the 256 bytes of a 2048-bit key")]
    TooShort,
    /// The signature is longer than that of any accepted key.
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

/// Reads `rsassa-pss-sha256=<base64>`, the value of `X-Webhook-Signature`.
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
    // No accepted key is shorter, so no key needs to be looked up.
    if signature.len() < MIN_BITS as usize / 8 { Err(HeaderFault::TooShort) } else { Ok(signature) }
}

/// The only accepted scheme. Prelude once documented `sha256=`, an HMAC, which has no public key.
const SCHEME: &str = "rsassa-pss-sha256";
/// An 8192-bit signature takes 1,368 characters of base64.
const MAX_HEADER_LENGTH: usize = 2048;
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
}
