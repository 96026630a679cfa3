//! Settings of the receiver in `prelude dev`: the user's, completed with the samples'.

use std::{collections::BTreeMap, io, path::Path};

use prelude_webhooks::config::Config;
use serde_json::{Value, json};

use crate::environment::{Environment, EnvironmentError};
use prelude_local::{
    env_file::env_file,
    prelude::{KeyError, jwks_server::JwksServer, samples},
};

/// Settings by name of the variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(pub BTreeMap<String, String>);

/// Error of reading the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is unusable.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A key of the samples is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Settings {
    /// Reads the settings. The process's variables win over the file's, and the file's over the samples'.
    ///
    /// Without `env_file`, the current directory's `.env` is read if it exists. With a `PRELUDE_CONFIG_FILE`, the
    /// samples add nothing. [`Settings::resolve_jwks_url`] completes the samples' app.
    ///
    /// # Errors
    /// The file is unusable.
    pub fn read(
        process: impl IntoIterator<Item = (String, String)>,
        env_file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let own = env_file.map_or_else(|| Environment::of_file(Path::new(".env")), Environment::of_file);
        let mut own = match own {
            Err(EnvironmentError::Unreadable(_, error))
                if env_file.is_none() && error.kind() == io::ErrorKind::NotFound =>
            {
                BTreeMap::new()
            }
            read => read?.into_texts(),
        };
        own.extend(process);
        own.retain(|name, _| name.starts_with("PRELUDE_") && !name.starts_with("PRELUDE_CLI_"));
        if own.get("PRELUDE_CONFIG_FILE").is_some_and(|path| !path.is_empty()) {
            return Ok(Self(own));
        }
        let mut settings: BTreeMap<_, _> = samples::environment()?.into_iter().collect();
        settings.entry("PRELUDE_APPS".to_owned()).and_modify(fetch_keys_of_the_sample_app);
        settings.insert("PRELUDE_METRICS".to_owned(), "emf".to_owned());
        settings.extend(own);
        Ok(Self(settings))
    }

    /// Completes the samples' app with the URL of its key set.
    pub fn resolve_jwks_url(&mut self, jwks_url: &str) {
        if let Some(apps) = self.0.get_mut("PRELUDE_APPS") {
            *apps = apps.replace(JWKS_URL, jwks_url);
        }
    }

    /// Sets a variable, and replaces an earlier value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Builds the receiver's configuration.
    ///
    /// # Errors
    /// All problems of the settings.
    pub fn config(&self) -> Result<Config, EnvironmentError> {
        Environment::of_variables(self.0.clone()).config()
    }

    /// Path of the endpoint, with the first path token that is not a digest.
    pub fn path(&self) -> String {
        let tokens = self.0.get("PRELUDE_PATH_TOKEN").map(String::as_str).unwrap_or_default();
        let token = tokens.split(',').map(str::trim).find(|token| !token.starts_with("sha256:"));
        match token {
            Some(token) if !token.is_empty() => format!("/webhooks/{token}"),
            _ => "/webhooks".to_owned(),
        }
    }

    /// Reports whether the samples' Session app is configured, so that the local Prelude can activate it.
    pub fn has_sample_app(&self) -> bool {
        let apps = self.0.get("PRELUDE_APPS").and_then(|apps| serde_json::from_str::<Value>(apps).ok());
        let ids = apps.iter().filter_map(Value::as_array).flatten().filter_map(|app| app.get("app_id"));
        ids.into_iter().any(|id| id == samples::APP_ID)
    }

    /// Formats the settings as a `.env` file for a key server and queues at these ports, with the variables that an AWS
    /// SDK needs to reach the queues.
    pub fn to_env_file(mut self, prelude_port: u16, sqs_port: u16) -> String {
        self.resolve_jwks_url(&JwksServer::url_on(prelude_port, samples::APP_ID));
        let mut aws = Environment::of_variables([]);
        samples::LOCAL.iter().for_each(|(name, value)| aws.set(name, *value));
        aws.set("AWS_ENDPOINT_URL_SQS", format!("http://127.0.0.1:{sqs_port}"));
        env_file(aws.into_texts()) + &env_file(self.0)
    }
}

/// Replaces the pinned key of the samples' app with the URL of its key set. The second app keeps its key: nothing rotates it.
fn fetch_keys_of_the_sample_app(apps: &mut String) {
    let mut entries = serde_json::from_str::<Value>(apps).unwrap_or_default();
    let entry = entries.as_array_mut().into_iter().flatten().find(|app| app["app_id"] == samples::APP_ID);
    if let Some(app) = entry.and_then(Value::as_object_mut) {
        app.remove("public_keys");
        app.insert("jwks_url".to_owned(), json!(JWKS_URL));
    }
    *apps = entries.to_string();
}

/// Placeholder for the URL of the key set until it is known.
const JWKS_URL: &str = "{jwks_url}";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn scratch(text: &str) -> PathBuf {
        let name = format!("prelude-settings-{}-{}", std::process::id(), getrandom::u64().unwrap());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_process_wins_over_the_file_and_the_file_over_the_samples() {
        let file = scratch("PRELUDE_QUEUE_TYPE=fifo\nPRELUDE_PATH_TOKEN='sha256:00, mine'\nOTHER=x\n");
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
                "PRELUDE_METRICS",
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
    fn a_configuration_file_is_not_completed() {
        let process = [("PRELUDE_CONFIG_FILE".to_owned(), "/x.json".to_owned())];
        let settings = Settings::read(process, None).unwrap();
        assert_eq!((settings.0.len(), settings.path().as_str()), (1, "/webhooks"));
        assert!(!settings.has_sample_app());
    }

    #[test]
    fn printed_settings_can_be_read_again() {
        let mut settings = Settings::read([], None).unwrap();
        settings.resolve_jwks_url("http://127.0.0.1:1/jwks.json");
        let apps: Value = serde_json::from_str(&settings.0["PRELUDE_APPS"]).unwrap();
        assert_eq!(apps[0]["jwks_url"], "http://127.0.0.1:1/jwks.json");
        assert!(apps[0].get("public_keys").is_none(), "keys that rotate are fetched");
        assert!(apps[1]["public_keys"].is_array(), "the second app's key is pinned");
        settings.set("PRELUDE_ODD", "it's \"$HOME\" \\ and\nmore");
        let printed = settings.clone().to_env_file(0, 1234);
        assert!(printed.contains("AWS_ENDPOINT_URL_SQS='http://127.0.0.1:1234'\n"), "{printed}");
        let file = scratch(&printed);
        let read = Settings::read([], Some(&file)).unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn the_error_of_a_bad_file_does_not_quote_it() {
        let missing = Settings::read([], Some(Path::new("/nowhere/.env"))).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/.env cannot be read"), "{missing}");
        let file = scratch("PRELUDE_PATH_TOKEN='s3cret\n");
        let broken = Settings::read([], Some(&file)).unwrap_err().to_string();
        std::fs::remove_file(file).unwrap();
        assert!(broken.contains("NAME=value") && !broken.contains("s3cret"), "{broken}");
    }
}
