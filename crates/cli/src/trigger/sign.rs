//! Signs as Prelude would: which key is a body's, and the header's value.

use std::path::Path;

use prelude_events::Source;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::input;
pub use prelude_local::prelude::SIGNATURE_HEADER;
use prelude_local::prelude::{KeyError, PreludeKey, SignatureForm, samples};

/// How long the salt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaltLength {
    /// As long as the digest: 32 bytes.
    #[default]
    Digest,
    /// The longest that fits the key, which is what Go's `SignPSS` takes.
    Longest,
    /// This many bytes.
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
                .map_err(|_| "a number of bytes, `digest` or `max` is wanted".into()),
        }
    }
}

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The account's: Verify and Notify.
    Account,
    /// The app's: Session.
    App,
}

impl Signer {
    /// Whose key Prelude would take for this body: the app's for a batch, the account's for anything else.
    pub fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Batch {
            #[serde(rename = "events")]
            _events: Vec<IgnoredAny>,
        }
        if serde_json::from_slice::<Batch>(body).is_ok() { Self::App } else { Self::Account }
    }

    /// Whose key proves this source's events.
    pub const fn of_source(source: Source) -> Self {
        match source {
            Source::Session => Self::App,
            Source::VerifyV1 | Source::Verify | Source::Notify => Self::Account,
        }
    }
}

/// The keys that sign: those of `tests/keys`, or one of the user's own for both.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    account: PreludeKey,
    app: PreludeKey,
}

impl SigningKeys {
    /// The key of a PEM file, or the test keys.
    ///
    /// # Errors
    /// The file can not be read, or is no RSA private key. The text never repeats the key.
    pub fn read(pem: Option<&Path>) -> Result<Self, SignError> {
        let Some(path) = pem else {
            let samples::Keys { account, app, .. } = samples::Keys::read()?;
            return Ok(Self { account, app });
        };
        let key = read_key(path)?;
        Ok(Self { account: key.clone(), app: key })
    }

    /// The signer's key.
    pub const fn key(&self, signer: Signer) -> &PreludeKey {
        match signer {
            Signer::Account => &self.account,
            Signer::App => &self.app,
        }
    }
}

/// The private key of a PEM file, named by its thumbprint.
///
/// # Errors
/// The file can not be read, or is no RSA private key. The text never repeats the key.
pub fn read_key(path: &Path) -> Result<PreludeKey, SignError> {
    let text = input::read_text(path)?;
    let key = PreludeKey::from_pem("", &text).map_err(|_| SignError::NotAPrivateKey(path.to_owned()))?;
    Ok(PreludeKey { kid: key.thumbprint(), ..key })
}

/// The value of [`SIGNATURE_HEADER`] for a body.
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

/// The `curl` command that delivers a body with its signature. `file` is where the body lies; without one it stands in
/// the command.
///
/// # Errors
/// A body without a file that a shell can not hold.
pub fn curl(url: &str, signature: &str, file: Option<&Path>, body: &[u8]) -> Result<String, SignError> {
    let data = match file {
        Some(path) => format!("@{}", path.display()),
        // A shell's word holds neither NUL nor other bytes than text, and curl takes a leading @ for a file's name.
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

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A body could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A file could not be read.
    #[error(transparent)]
    Input(#[from] input::InputError),
    /// The file is no private key.
    #[error("{} is no RSA private key in PEM form (PKCS#8 or PKCS#1, without a passphrase)", .0.display())]
    NotAPrivateKey(std::path::PathBuf),
    /// The salt does not fit.
    #[error("the salt is too long for this key, which takes {0} bytes at most")]
    SaltTooLong(usize),
    /// The RSA code refuses.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A body that can not stand in a command.
    #[error(
        "this body can not stand in a command: write it to a file, and name that instead of standard input"
    )]
    NotShellText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_the_apps_and_all_else_the_accounts() {
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
        assert!(error.to_string().contains("222 bytes at most"), "{error}");
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
