//! Keys for a verification: their origins, their labels, and the results of their trials.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use prelude_webhooks::{
    app::{App, AppKeySource},
    authenticate::{
        is_key_server,
        keys::jwks,
        public_key::{KeyError, PublicKey, Thumbprint},
        signature::Trial,
    },
    config::Config,
    secret::Secret,
};
use serde::Serialize;
use tokio::time::Duration;

use crate::input::{self, InputError};

/// Public keys, each with its origin.
#[derive(Debug)]
pub struct KnownKeys {
    pub(super) account: Vec<PublicKey>,
    pub(super) apps: Vec<App>,
    pub(super) ttl: Duration,
    pub(super) labels: Labels,
    /// True for keys from the command line, whose owner is unknown.
    pub(super) generic: bool,
}

impl Default for KnownKeys {
    fn default() -> Self {
        let (account, apps, labels) = (Vec::new(), Vec::new(), Labels::default());
        Self { account, apps, ttl: Duration::from_secs(600), labels, generic: true }
    }
}

impl KnownKeys {
    /// Keys of the receiver's configuration.
    pub fn of_config(config: &Config) -> Self {
        let labels = Labels::of_config(config);
        let (account, apps) = (config.account_keys.clone(), config.apps.clone());
        Self { account, apps, ttl: config.jwks_ttl, labels, generic: false }
    }

    /// Adds every key of a PEM file.
    ///
    /// # Errors
    /// The file is unreadable, or holds anything other than public keys.
    pub fn add_pem(&mut self, path: &Path) -> Result<(), KeysError> {
        let text = input::read_text(path)?;
        let keys = PublicKey::all_from_pem(&text)
            .map_err(|problem| KeysError::Pem { path: path.to_owned(), problem })?;
        for key in &keys {
            self.labels.add(*key.thumbprint(), path.display().to_string());
        }
        self.account.extend(keys);
        Ok(())
    }

    /// Adds a key set. One at a URL is fetched when one of its keys is needed.
    ///
    /// # Errors
    /// The file is unreadable or holds no usable key.
    pub fn add_jwks(&mut self, place: &KeySetPlace) -> Result<(), KeysError> {
        let keys = match place {
            KeySetPlace::Url(url) => AppKeySource::Url(url.clone()),
            KeySetPlace::File(path) => {
                let keys = jwks::parse(&input::read(path)?);
                if keys.is_empty() {
                    return Err(KeysError::NoUsableKey(path.clone()));
                }
                for key in &keys {
                    self.labels.add(*key.thumbprint(), path.display().to_string());
                }
                AppKeySource::Pinned(keys.into())
            }
        };
        let app_id = place.to_string().into();
        self.apps.push(App { app_id, verification_token: Secret::unmatchable(), keys });
        Ok(())
    }

    /// Reports whether there is neither a key nor a key set.
    pub fn is_empty(&self) -> bool {
        self.account.is_empty() && self.apps.is_empty()
    }
}

/// Place of a key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySetPlace {
    /// URL of a key server.
    Url(String),
    /// A file.
    File(PathBuf),
}

impl FromStr for KeySetPlace {
    type Err = &'static str;

    /// Refuses URLs over which an attacker could replace the keys.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            url if is_key_server(url) => Ok(Self::Url(url.to_owned())),
            url if url.contains("://") => {
                Err("expected an https:// URL, http:// with a loopback address, or a file")
            }
            path => Ok(Self::File(path.into())),
        }
    }
}

impl fmt::Display for KeySetPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Error of unusable keys. Its text never quotes a key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file is unreadable.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A PEM file holds anything other than public keys.
    #[error("{} {problem}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// The problem of its content.
        problem: KeyError,
    },
    /// A file holds no usable key.
    #[error("{} holds no usable RSA key: expected a JSON Web Key Set", .0.display())]
    NoUsableKey(PathBuf),
}

/// Owners of keys, in words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    known: Vec<(Thumbprint, String)>,
    /// Apps whose keys are fetched. An unknown key belongs to one of them.
    fetching: Vec<String>,
}

impl Labels {
    pub(crate) fn of_config(config: &Config) -> Self {
        let mut labels = Self::default();
        for key in &config.account_keys {
            labels.add(*key.thumbprint(), "account".to_owned());
        }
        for App { app_id, keys, .. } in &config.apps {
            let label = format!("app {app_id}");
            match keys {
                AppKeySource::Pinned(keys) => {
                    keys.iter().for_each(|key| labels.add(*key.thumbprint(), label.clone()));
                }
                AppKeySource::Url(_) => labels.fetching.push(label),
            }
        }
        labels
    }

    pub(super) fn add(&mut self, key: Thumbprint, label: String) {
        if !self.known.iter().any(|(other, known)| *other == key && *known == label) {
            self.known.push((key, label));
        }
    }

    fn of(&self, key: &Thumbprint) -> String {
        let known = self.known.iter().filter(|(other, _)| other == key).map(|(_, label)| label.as_str());
        let known: Vec<_> = known.collect();
        if known.is_empty() { self.fetching.join(" or ") } else { known.join(", ") }
    }
}

/// One key that was compared with the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyTrial {
    /// Owner or origin of the key.
    pub owner: String,
    /// Its `kid`, otherwise its thumbprint (RFC 7638).
    pub key_id: String,
    /// Length of the key.
    pub bits: usize,
    /// Result of the comparison.
    pub result: TrialResult,
}

/// Result of comparing a key with the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialResult {
    /// The key verifies the signature.
    Verified,
    /// The key does not verify the signature.
    Failed,
    /// The key could not have made a signature of this length.
    OtherLength,
}

/// Keys that were tried, in order.
#[derive(Debug, Default)]
pub(crate) struct Trials(Vec<(Thumbprint, KeyTrial)>);

impl Trials {
    pub(crate) fn rows(&self, labels: &Labels) -> Vec<KeyTrial> {
        self.0.iter().map(|(key, row)| KeyTrial { owner: labels.of(key), ..row.clone() }).collect()
    }
}

impl Trials {
    /// Adds a key that was tried.
    pub(crate) fn add(&mut self, key: &PublicKey, trial: Trial) {
        let result = match trial {
            Trial::Verified => TrialResult::Verified,
            Trial::Failed => TrialResult::Failed,
            Trial::OtherLength => TrialResult::OtherLength,
        };
        let (key_id, bits) = (key.key_id().to_string(), key.modulus_length() * 8);
        self.0.push((*key.thumbprint(), KeyTrial { owner: String::new(), key_id, bits, result }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_is_fetched_over_https_or_from_this_machine() {
        let is_url = |url: &str| matches!(url.parse(), Ok(KeySetPlace::Url(_)));
        for url in
            ["https://keys.example/jwks.json", "http://127.0.0.1:1/jwks.json", "http://[::1]:1/jwks.json"]
        {
            assert!(is_url(url), "{url}");
        }
        for url in
            ["http://keys.example/jwks.json", "http://[2001:db8::1]/jwks.json", "ftp://[::1]/jwks.json"]
        {
            assert!(url.parse::<KeySetPlace>().is_err(), "{url}");
        }
    }
}
