//! Path tokens and verification tokens, which are only compared.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A token as its SHA-256 digest. Neither memory nor `Debug` shows the token, and every comparison takes the same time.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

/// Fault of a configured secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The text is empty.
    #[error("is empty")]
    Empty,
    /// The text is `sha256:` without exactly 64 hexadecimal digits.
    #[error("has `sha256:` without the 64 hexadecimal digits of a digest")]
    Digest,
}

impl Secret {
    /// Reads a token, or `sha256:<hex>` of one.
    ///
    /// # Errors
    /// The text is empty, or the digest is malformed.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        match text.strip_prefix("sha256:") {
            Some(digest) => decode_hex(digest).map(Self).ok_or(SecretError::Digest),
            None if text.is_empty() => Err(SecretError::Empty),
            None => Ok(Self::of(text)),
        }
    }

    /// Secret that no token matches. Comparing with it takes the same time as comparing with a real secret.
    #[must_use]
    pub const fn unmatchable() -> Self {
        Self([0; 32])
    }

    /// Compares with a presented token in constant time.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        Self::of(presented).0.ct_eq(&self.0).into()
    }

    /// Compares a presented token with all of these in constant time, also after a match.
    #[must_use]
    pub fn any_matches(secrets: &[Self], presented: &str) -> bool {
        let presented = Self::of(presented);
        secrets.iter().fold(subtle::Choice::from(0), |any, secret| any | presented.0.ct_eq(&secret.0)).into()
    }

    fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(<redacted>)")
    }
}

/// Lower-case hexadecimal text of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0xf] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    text
}

fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let mut digits = text.chars().map(|digit| digit.to_digit(16));
    for byte in &mut digest {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_its_digest_are_the_same_secret() {
        let plain = Secret::parse("s3cret").unwrap();
        let digest = hex(&Sha256::digest("s3cret"));
        assert_eq!(Secret::parse(&format!("sha256:{digest}")).unwrap(), plain);
        assert_eq!(Secret::parse(&format!("sha256:{}", digest.to_uppercase())).unwrap(), plain);
        assert!(plain.matches("s3cret"));
        assert!(!plain.matches("s3cre"));
        assert!(!plain.matches(""));
        assert!(Secret::any_matches(&[Secret::unmatchable(), plain.clone()], "s3cret"));
        assert!(!Secret::any_matches(&[], "s3cret"));
    }

    #[test]
    fn malformed_secrets_have_different_errors() {
        assert_eq!(Secret::parse(""), Err(SecretError::Empty));
        for digest in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(64)] {
            assert_eq!(Secret::parse(&format!("sha256:{digest}")), Err(SecretError::Digest), "{digest}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::parse("s3cret").unwrap()), "Secret(<redacted>)");
    }
}
