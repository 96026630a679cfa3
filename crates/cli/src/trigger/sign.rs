//! Signs like Prelude: chooses a body's key, and makes the header's value.

use std::{fmt, path::Path};

use prelude_events::{Envelope, EventType, Source};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::input;
pub use prelude_local::prelude::SIGNATURE_HEADER;
use prelude_local::prelude::{KeyError, PreludeKey, SignatureForm, samples};

/// Length of the salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaltLength {
    /// Length of the digest: 32 bytes.
    #[default]
    Digest,
    /// Longest salt for the key, the default of Go's `SignPSS`.
    Longest,
    /// A number of bytes.
    Bytes(usize),
}

impl std::str::FromStr for SaltLength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "digest" => Ok(Self::Digest),
            "max" => Ok(Self::Longest),
            _ => text
                .parse()
                .map(Self::Bytes)
                .map_err(|_| "expected a number of bytes, `digest` or `max`".into()),
        }
    }
}

impl fmt::Display for SaltLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest => f.write_str("digest"),
            Self::Longest => f.write_str("max"),
            Self::Bytes(length) => length.fmt(f),
        }
    }
}

/// Owner of the signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The account, for Verify and Notify.
    Account,
    /// The app, for Session.
    App,
}

impl Signer {
    /// Signer that Prelude would choose for this body: the app for a batch, otherwise the account.
    pub fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Batch {
            #[serde(rename = "events")]
            _events: Vec<IgnoredAny>,
        }
        if serde_json::from_slice::<Batch>(body).is_ok() { Self::App } else { Self::Account }
    }

    /// Name of its test key.
    pub const fn key_name(self) -> &'static str {
        match self {
            Self::Account => "the account's test key",
            Self::App => "the app's test key",
        }
    }

    /// Signer of this source's events.
    pub const fn of_source(source: Source) -> Self {
        match source {
            Source::Session => Self::App,
            Source::VerifyV1 | Source::Verify | Source::Notify => Self::Account,
        }
    }
}

/// Type of a Session event that stands alone. Prelude sends such events in batches only.
pub fn outside_its_batch(body: &[u8]) -> Option<EventType> {
    let envelope = Envelope::parse(std::str::from_utf8(body).ok()?).ok()?;
    Some(envelope.event_type).filter(|event_type| event_type.source() == Some(Source::Session))
}

/// Reports whether Prelude never signs this body, because it is a Verify V1 event.
pub fn is_never_signed(body: &[u8]) -> bool {
    let envelope = std::str::from_utf8(body).ok().and_then(|text| Envelope::parse(text).ok());
    let source = envelope.and_then(|envelope| envelope.event_type.source());
    source == Some(Source::VerifyV1) && Signer::of(body) == Signer::Account
}

/// Signing keys: those of `tests/keys`, or one key of the user for both.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    account: PreludeKey,
    app: PreludeKey,
    /// The user named the key.
    is_named: bool,
}

impl SigningKeys {
    /// Reads the key of a PEM file, or the test keys.
    ///
    /// # Errors
    /// The file cannot be read, or is not an RSA private key. The text never repeats the key.
    pub fn read(pem: Option<&Path>) -> Result<Self, SignError> {
        let Some(path) = pem else {
            let samples::Keys { account, app, .. } = samples::Keys::read()?;
            return Ok(Self { account, app, is_named: false });
        };
        let key = read_key(path)?;
        Ok(Self { account: key.clone(), app: key, is_named: true })
    }

    /// Reports whether the user named the key, so that it signs every source.
    pub const fn is_named(&self) -> bool {
        self.is_named
    }

    /// Key of the signer.
    pub const fn key(&self, signer: Signer) -> &PreludeKey {
        match signer {
            Signer::Account => &self.account,
            Signer::App => &self.app,
        }
    }
}

/// Reads the private key of a PEM file. Its id is its thumbprint.
///
/// # Errors
/// The file cannot be read, or is not an RSA private key. The text never repeats the key.
pub fn read_key(path: &Path) -> Result<PreludeKey, SignError> {
    let text = input::read_text(path)?;
    let key = PreludeKey::from_pem("", &text).map_err(|_| SignError::NotAPrivateKey(path.to_owned()))?;
    Ok(PreludeKey { kid: key.thumbprint(), ..key })
}

/// Value of [`SIGNATURE_HEADER`] for a body.
///
/// # Errors
/// The salt is longer than the key allows.
pub fn header_value(body: &[u8], key: &PreludeKey, salt: SaltLength) -> Result<String, SignError> {
    let form = SignatureForm::default();
    let salt_len = match salt {
        SaltLength::Digest => form.salt_len,
        SaltLength::Longest => key.longest_salt(),
        SaltLength::Bytes(length) if length > key.longest_salt() => {
            return Err(SignError::SaltTooLong(key.longest_salt()));
        }
        SaltLength::Bytes(length) => length,
    };
    Ok(key.sign_as(body, SignatureForm { salt_len, ..form })?)
}

/// Command for `curl` that delivers a body with its signature. The body is read from `file`, or is part of the command
/// if there is no file.
///
/// # Errors
/// There is no file, and the body cannot be part of a shell command.
pub fn curl(url: &str, signature: &str, file: Option<&Path>, body: &[u8]) -> Result<String, SignError> {
    let data = match file {
        Some(path) => format!("@{}", path.display()),
        // A word of a shell cannot hold NUL or bytes that are not text, and curl reads a leading @ as a file's name.
        None => match std::str::from_utf8(body) {
            Ok(text) if !text.contains('\0') && !text.starts_with('@') => text.to_owned(),
            _ => return Err(SignError::NotShellText),
        },
    };
    let header = |name: &str, value: &str| quoted(&format!("{name}: {value}"));
    Ok(format!(
        "curl --include --header {} --header {} --data-binary {} {}",
        header("Content-Type", "application/json"),
        header(SIGNATURE_HEADER, signature),
        quoted(&data),
        quoted(url),
    ))
}

/// Quotes a text as one word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Error of signing a body.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A file cannot be read.
    #[error(transparent)]
    Input(#[from] input::InputError),
    /// The file is not a private key.
    #[error("{} is not an RSA private key: expected PEM form (PKCS#8 or PKCS#1, without a passphrase)", .0.display())]
    NotAPrivateKey(std::path::PathBuf),
    /// The salt does not fit into a signature by the key.
    #[error("the salt is too long for this key: expected {0} bytes or fewer")]
    SaltTooLong(usize),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The body cannot be part of a command.
    #[error(
        "this body cannot be part of a command: write it to a file, and name the file instead of standard input"
    )]
    NotShellText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_signs_batches_and_the_account_all_others() {
        for body in ["{\"events\":[]}", " {\"app_id\":1,\"events\":[1,{}]} "] {
            assert_eq!(Signer::of(body.as_bytes()), Signer::App, "{body}");
        }
        for body in ["", "{}", "[]", "{\"events\":{}}", "{\"type\":\"user.created\"}", "{\"events\":[]"] {
            assert_eq!(Signer::of(body.as_bytes()), Signer::Account, "{body}");
        }
    }

    #[test]
    fn a_salt_length_is_a_number_or_a_word() {
        assert_eq!("max".parse(), Ok(SaltLength::Longest));
        assert_eq!("digest".parse(), Ok(SaltLength::Digest));
        assert_eq!("0".parse(), Ok(SaltLength::Bytes(0)));
        assert!("long".parse::<SaltLength>().is_err() && "-1".parse::<SaltLength>().is_err());
        let keys = SigningKeys::read(None).unwrap();
        let key = keys.key(Signer::Account);
        for good in [SaltLength::Longest, SaltLength::Bytes(222)] {
            assert!(header_value(b"", key, good).is_ok());
        }
        let error = header_value(b"", key, SaltLength::Bytes(223)).unwrap_err();
        assert!(error.to_string().contains("expected 222 bytes or fewer"), "{error}");
    }

    #[test]
    fn a_command_is_quoted_for_the_shell() {
        let command = curl("http://x/?a=b&c", "s=1", None, b"it's").unwrap();
        assert!(command.ends_with(r"--data-binary 'it'\''s' 'http://x/?a=b&c'"), "{command}");
        let command = curl("http://x/", "s=1", Some(Path::new("a b.json")), b"\0").unwrap();
        assert!(command.contains("'@a b.json'"), "{command}");
        for body in [&b"a\0b"[..], b"\xff", b"@file"] {
            assert!(curl("http://x/", "s=1", None, body).is_err());
        }
    }
}
