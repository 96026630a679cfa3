//! The receiver's settings in `prelude dev`: the samples' own, and over them what the user has.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use prelude_webhooks::config::{Config, ConfigErrors};
use serde_json::{Value, json};

use crate::{local::prelude::KeyError, samples};

/// The settings by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(pub BTreeMap<String, String>);

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file that was asked for.
    #[error("{0} can not be read ({1}): name a file of NAME=value lines with --env-file")]
    Unreadable(PathBuf, io::Error),
    /// The text of the line is not repeated: it may hold a token.
    #[error("{0} has a line that is not NAME=value: quote values with spaces or quotes in them by '…'")]
    NotALine(PathBuf),
    /// A key of the samples.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Settings {
    /// The process's variables win over the file's, and the file's over those that suit the samples.
    ///
    /// Without `env_file`, the folder's `.env` is read if there is one. The samples' app has its keys on
    /// the local Prelude's key server, see [`Settings::resolve_jwks_url`]. Where the user names a configuration file, nothing is filled in.
    ///
    /// # Errors
    /// A file that can not be read.
    pub fn read(
        process: impl IntoIterator<Item = (String, String)>,
        env_file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let mut own = match env_file {
            Some(path) => file(path)?,
            None => match file(Path::new(".env")) {
                Err(SettingsError::Unreadable(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                    BTreeMap::new()
                }
                read => read?,
            },
        };
        own.extend(process);
        own.retain(|name, _| name.starts_with("PRELUDE_") && !name.starts_with("PRELUDE_CLI_"));
        if own.get("PRELUDE_CONFIG_FILE").is_some_and(|path| !path.is_empty()) {
            return Ok(Self(own));
        }
        let app = json!([{
            "app_id": samples::APP_ID,
            "verification_token": samples::VERIFICATION_TOKEN,
            "jwks_url": JWKS_URL,
        }]);
        let mut settings: BTreeMap<_, _> = samples::environment()?.into_iter().collect();
        settings.insert("PRELUDE_APPS".to_owned(), app.to_string());
        settings.extend(own);
        Ok(Self(settings))
    }

    /// Puts in the address of the key server where the samples' app is to have its keys there.
    pub fn resolve_jwks_url(&mut self, jwks_url: &str) {
        if let Some(apps) = self.0.get_mut("PRELUDE_APPS") {
            *apps = apps.replace(JWKS_URL, jwks_url);
        }
    }

    /// Sets one that is given on the command line.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The receiver's configuration.
    ///
    /// # Errors
    /// Every problem there is.
    pub fn config(&self) -> Result<Config, ConfigErrors> {
        let variables = self.0.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
        Config::read(variables, |path| std::fs::read_to_string(path))
    }

    /// The endpoint's path: with the first path token, if that is given in the clear.
    pub fn path(&self) -> String {
        let tokens = self.0.get("PRELUDE_PATH_TOKEN").map(String::as_str).unwrap_or_default();
        let token = tokens.split(',').map(str::trim).find(|token| !token.starts_with("sha256:"));
        match token {
            Some(token) if !token.is_empty() => format!("/webhooks/{token}"),
            _ => "/webhooks".to_owned(),
        }
    }

    /// Whether the samples' Session app is configured, so that the local Prelude can sign and activate.
    pub fn has_sample_app(&self) -> bool {
        let apps = self.0.get("PRELUDE_APPS").and_then(|apps| serde_json::from_str::<Value>(apps).ok());
        let ids = apps.iter().filter_map(Value::as_array).flatten().filter_map(|app| app.get("app_id"));
        ids.into_iter().any(|id| id == samples::APP_ID)
    }

    /// As the lines of a `.env` file, with what the AWS SDK needs to reach the queues at `sqs_port`.
    pub fn to_env_file(&self, sqs_port: u16) -> String {
        let aws = samples::LOCAL.into_iter().map(|(name, value)| match name {
            "AWS_ENDPOINT_URL_SQS" => (name, format!("http://127.0.0.1:{sqs_port}")),
            _ => (name, value.to_owned()),
        });
        let own = self.0.iter().map(|(name, value)| (name.as_str(), value.clone()));
        aws.chain(own).map(|(name, value)| format!("{name}={}\n", quoted(&value))).collect()
    }
}

/// Stands for the key set's address while that is not known.
const JWKS_URL: &str = "{jwks_url}";

fn file(path: &Path) -> Result<BTreeMap<String, String>, SettingsError> {
    let told = |error| match error {
        dotenvy::Error::Io(error) => SettingsError::Unreadable(path.to_owned(), error),
        _ => SettingsError::NotALine(path.to_owned()),
    };
    dotenvy::from_path_iter(path).map_err(told)?.map(|line| line.map_err(told)).collect()
}

/// For dotenv files: nothing is replaced between single quotes, but there can be none in them.
fn quoted(value: &str) -> String {
    if !value.contains('\'') && !value.contains('\n') {
        return format!("'{value}'");
    }
    let mut escaped = String::with_capacity(value.len() + 2);
    for character in value.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '"' | '\\' | '$' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env_file(text: &str) -> PathBuf {
        let name = format!("prelude-settings-{}-{}", std::process::id(), getrandom::u64().unwrap());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_process_wins_over_the_file_and_the_file_over_the_samples() {
        let file = env_file("PRELUDE_QUEUE_TYPE=fifo\nPRELUDE_PATH_TOKEN='sha256:00, mine'\nOTHER=x\n");
        let process = [("PRELUDE_QUEUE_TYPE", "standard"), ("PRELUDE_CLI_X", "y"), ("HOME", "/")];
        let process = process.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::read(process, Some(&file)).unwrap();
        std::fs::remove_file(file).unwrap();
        let names: Vec<_> = settings.0.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "PRELUDE_ACCEPT_UNSIGNED",
                "PRELUDE_APPS",
                "PRELUDE_PATH_TOKEN",
                "PRELUDE_PUBLIC_KEYS",
                "PRELUDE_QUEUE_TYPE",
                "PRELUDE_QUEUE_URL_PREFIX"
            ]
        );
        assert_eq!(settings.0["PRELUDE_QUEUE_TYPE"], "standard");
        assert_eq!(settings.path(), "/webhooks/mine");
        assert!(settings.has_sample_app());
    }

    #[test]
    fn a_configuration_file_is_not_filled_up() {
        let process = [("PRELUDE_CONFIG_FILE".to_owned(), "/x.json".to_owned())];
        let settings = Settings::read(process, None).unwrap();
        assert_eq!((settings.0.len(), settings.path().as_str()), (1, "/webhooks"));
        assert!(!settings.has_sample_app());
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        let mut settings = Settings::read([], None).unwrap();
        settings.resolve_jwks_url("http://127.0.0.1:1/jwks.json");
        assert!(settings.0["PRELUDE_APPS"].contains(r#""jwks_url":"http://127.0.0.1:1/jwks.json""#));
        settings.set("PRELUDE_ODD", "it's \"$HOME\" \\ and\nmore");
        let printed = settings.to_env_file(1234);
        assert!(printed.contains("AWS_ENDPOINT_URL_SQS='http://127.0.0.1:1234'\n"), "{printed}");
        let file = env_file(&printed);
        let read = Settings::read([], Some(&file)).unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn a_bad_file_is_told_without_its_text() {
        let missing = Settings::read([], Some(Path::new("/nowhere/.env"))).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/.env can not be read"), "{missing}");
        let file = env_file("PRELUDE_PATH_TOKEN='s3cret\n");
        let broken = Settings::read([], Some(&file)).unwrap_err().to_string();
        std::fs::remove_file(file).unwrap();
        assert!(broken.contains("NAME=value") && !broken.contains("s3cret"), "{broken}");
    }
}
