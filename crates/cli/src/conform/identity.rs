//! Keys and apps of the checks, which the receiver must trust.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    input::{self, InputError},
    private_file,
    random::random_token,
    trigger::sign::{self, SignError},
};
use prelude_local::{
    env_file::env_file,
    prelude::{KeyError, PreludeKey, SessionApp, samples},
};

/// Keys and apps of the sender.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Key that signs Verify and Notify events.
    pub account: Option<PreludeKey>,
    /// Session apps. The checks send the first app's events, and try the other apps' keys on them.
    pub apps: Vec<SessionApp>,
    /// The receiver takes Verify V1 events without a signature.
    pub unsigned_v1: bool,
}

/// Settings file: `{"account_key": "account.pem", "apps": [{"app_id", "verification_token", "key": "app.pem"}]}`.
/// Its paths are relative to its own folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_key: Option<PathBuf>,
    #[serde(default)]
    apps: Vec<AppSettings>,
    #[serde(default)]
    unsigned_v1: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSettings {
    app_id: String,
    verification_token: String,
    key: PathBuf,
}

impl Identity {
    /// Keys of `tests/keys`, which the settings of `events/.env` trust.
    ///
    /// # Errors
    /// A key of `tests/keys` cannot be read.
    pub fn local() -> Result<Self, KeyError> {
        let keys = samples::Keys::read()?;
        Ok(Self { apps: keys.apps().into(), account: Some(keys.account), unsigned_v1: true })
    }

    /// Generates keys for an account and two apps.
    ///
    /// # Errors
    /// A key cannot be generated, or the system has no random bytes.
    pub fn generate() -> Result<Self, IdentityError> {
        let app = |app_id: &str| -> Result<SessionApp, IdentityError> {
            Ok(SessionApp {
                app_id: app_id.to_owned(),
                verification_token: random_token()?,
                keys: vec![PreludeKey::generate(format!("key-{app_id}"))?],
            })
        };
        Ok(Self {
            account: Some(PreludeKey::generate("account")?),
            apps: vec![app("conform1")?, app("conform2")?],
            unsigned_v1: false,
        })
    }

    /// Reads a settings file and its keys.
    ///
    /// # Errors
    /// A file cannot be read, or is invalid.
    pub fn read(path: &Path) -> Result<Self, IdentityError> {
        let invalid = |error: serde_json::Error| IdentityError::Settings(path.to_owned(), error.to_string());
        let settings: Settings = serde_json::from_str(&input::read_text(path)?).map_err(invalid)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let app = |app: AppSettings| -> Result<SessionApp, IdentityError> {
            let key = read_key(&format!("key-{}", app.app_id), &folder.join(app.key))?;
            Ok(SessionApp { app_id: app.app_id, verification_token: app.verification_token, keys: vec![key] })
        };
        Ok(Self {
            account: settings.account_key.map(|key| read_key("account", &folder.join(key))).transpose()?,
            apps: settings.apps.into_iter().map(app).collect::<Result<_, _>>()?,
            unsigned_v1: settings.unsigned_v1,
        })
    }

    /// Writes the private keys, their settings file, and the settings of a receiver that trusts them.
    /// Returns the paths.
    ///
    /// # Errors
    /// A file cannot be written, or already exists.
    pub fn write(
        &self,
        folder: &Path,
        jwks_url: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<PathBuf>, IdentityError> {
        let mut files = Vec::new();
        let mut apps = Vec::new();
        if let Some(account) = &self.account {
            files.push(("account.pem".to_owned(), account.private_key_pem()?));
            files.push(("account.pub.pem".to_owned(), account.public_key_pem()?));
        }
        for app in &self.apps {
            let key = app.keys.first().ok_or(KeyError::NoKey)?;
            files.push((format!("{}.pem", app.app_id), key.private_key_pem()?));
            files.push((format!("{}.jwks.json", app.app_id), pretty(&app.jwks())));
            apps.push(AppSettings {
                app_id: app.app_id.clone(),
                verification_token: app.verification_token.clone(),
                key: format!("{}.pem", app.app_id).into(),
            });
        }
        let account_key = self.account.as_ref().map(|_| "account.pem".into());
        let settings = Settings { account_key, apps, unsigned_v1: self.unsigned_v1 };
        files.push(("settings.json".to_owned(), pretty(&json!(settings))));
        files.push(("receiver.env".to_owned(), self.receiver_settings(jwks_url)?));
        fs::create_dir_all(folder).map_err(|error| IdentityError::Write(folder.to_owned(), error))?;
        let write = |(name, text): (String, String)| {
            let path = folder.join(name);
            private_file::write(&path, text.as_bytes())
                .map_err(|error| IdentityError::Write(path.clone(), error))?;
            Ok(path)
        };
        files.into_iter().map(write).collect()
    }

    /// Settings of `prelude-webhooks` that trust these keys, as lines of an `.env` file. An app without a URL for its
    /// key set gets its key pinned.
    ///
    /// # Errors
    /// A key cannot be encoded.
    pub fn receiver_settings(&self, jwks_url: impl Fn(&str) -> Option<String>) -> Result<String, KeyError> {
        self.receiver_variables(jwks_url).map(env_file)
    }

    /// Names and values of [`receiver_settings`](Self::receiver_settings).
    ///
    /// # Errors
    /// A key cannot be encoded.
    pub fn receiver_variables(
        &self,
        jwks_url: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<(String, String)>, KeyError> {
        // Line ends are removed, because readers of `.env` files treat them differently.
        let one_line = |key: &PreludeKey| Ok::<_, KeyError>(key.public_key_pem()?.replace('\n', ""));
        let mut variables = Vec::new();
        if let Some(account) = &self.account {
            variables.push(("PRELUDE_PUBLIC_KEYS".to_owned(), one_line(account)?));
        }
        let app = |app: &SessionApp| {
            let mut settings = json!({"app_id": app.app_id, "verification_token": app.verification_token});
            let (name, value) = match jwks_url(&app.app_id) {
                Some(url) => ("jwks_url", json!(url)),
                None => ("public_keys", json!(app.keys.iter().map(one_line).collect::<Result<Vec<_>, _>>()?)),
            };
            if let Some(settings) = settings.as_object_mut() {
                settings.insert(name.to_owned(), value);
            }
            Ok::<_, KeyError>(settings)
        };
        if !self.apps.is_empty() {
            let apps = self.apps.iter().map(app).collect::<Result<Vec<_>, _>>()?;
            variables.push(("PRELUDE_APPS".to_owned(), json!(apps).to_string()));
        }
        Ok(variables)
    }
}

/// Reads a private key.
///
/// # Errors
/// The file cannot be read, or has no private key.
pub fn read_key(kid: &str, path: &Path) -> Result<PreludeKey, IdentityError> {
    Ok(PreludeKey { kid: kid.to_owned(), ..sign::read_key(path)? })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Keys or settings that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Unreadable settings file.
    #[error(transparent)]
    Input(#[from] InputError),
    /// File that cannot be created.
    #[error("{} cannot be written: {}", .0.display(), .1)]
    Write(PathBuf, io::Error),
    /// Settings file whose JSON is invalid.
    #[error("{} is not a settings file: {}", .0.display(), .1)]
    Settings(PathBuf, String),
    /// File without a private key.
    #[error(transparent)]
    PrivateKey(#[from] SignError),
    /// Unusable key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No random bytes for a token.
    #[error("the system has no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_keys_are_read_again_and_are_never_replaced() {
        let folder = std::env::temp_dir().join(format!("prelude-conform-{}", std::process::id()));
        let identity = Identity::local().unwrap();
        let paths = identity.write(&folder, |_| None).unwrap();
        let again = Identity::read(&folder.join("settings.json")).unwrap();
        let problem = identity.write(&folder, |_| None).unwrap_err();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            again.receiver_variables(|_| None).unwrap(),
            identity.receiver_variables(|_| None).unwrap()
        );
        assert_eq!(again.apps[0].verification_token, identity.apps[0].verification_token);
        assert!(again.unsigned_v1);
        assert!(paths.iter().any(|path| path.ends_with("receiver.env")));
        assert!(problem.to_string().contains("account.pem cannot be written"), "{problem}");
    }

    #[test]
    fn the_sample_settings_trust_the_local_identity() {
        let variables = Identity::local().unwrap().receiver_variables(|_| None).unwrap();
        let samples = samples::environment().unwrap();
        for (name, value) in &variables {
            let sample = &samples.iter().find(|(other, _)| other == name).unwrap().1;
            match serde_json::from_str::<Value>(value) {
                Ok(json) => assert_eq!(json, serde_json::from_str::<Value>(sample).unwrap()),
                Err(_) => assert_eq!(value, sample),
            }
        }
        assert_eq!(variables.len(), 2);
    }

    #[test]
    fn an_app_with_a_key_set_url_has_no_pinned_key() {
        let identity = Identity::local().unwrap();
        let text = identity.receiver_settings(|app_id| Some(format!("http://127.0.0.1:1/{app_id}"))).unwrap();
        assert!(
            text.contains("\"jwks_url\":\"http://127.0.0.1:1/demoapp1\"") && !text.contains("public_keys")
        );
        assert!(!text.contains("PRIVATE"));
    }
}
