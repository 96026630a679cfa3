//! The configuration: read once, completely, into typed settings. Every problem is reported, each naming its variable.

mod apps;
mod read;
mod settings;

use std::{borrow::Cow, fmt, io, path::Path, sync::Arc};

use prelude_events::Source;
use tokio::time::Duration;

use crate::{
    authenticate::signature::PublicKey, endpoint::Endpoint, gate::Gate, respond::ChallengeForm,
    route::Routes, secret::Secret,
};

/// Everything the receiver can be told. `docs` and README list the variables.
#[derive(Debug)]
pub struct Config {
    /// `PRELUDE_ALLOWED_IPS`, `PRELUDE_IP_CHECK`, `PRELUDE_TRUSTED_PROXIES`.
    pub gate: Gate,
    /// `PRELUDE_PATH_TOKEN`.
    pub endpoint: Endpoint,
    /// `PRELUDE_APPS`.
    pub apps: Vec<App>,
    /// `PRELUDE_PUBLIC_KEYS`.
    pub account_keys: Vec<PublicKey>,
    /// `PRELUDE_ACCEPT_UNSIGNED`.
    pub accept_unsigned: Vec<Source>,
    /// `PRELUDE_JWKS_TTL_SECONDS`.
    pub jwks_ttl: Duration,
    /// `PRELUDE_QUEUE_URL_PREFIX`, `PRELUDE_QUEUE_TYPE`, `PRELUDE_ROUTES`.
    pub routes: Routes,
    /// `PRELUDE_CHALLENGE_RESPONSE`.
    pub challenge_form: ChallengeForm,
    /// What works, and deserves a look all the same.
    pub warnings: Vec<Problem>,
}

/// One Session app.
#[derive(Debug)]
pub struct App {
    /// Prelude's id of the app.
    pub app_id: Arc<str>,
    /// The token that its activation challenge must carry.
    pub verification_token: Secret,
    /// Where its public keys come from.
    pub keys: AppKeySource,
}

/// Where an app's public keys come from.
#[derive(Debug, Clone)]
pub enum AppKeySource {
    /// Configured: nothing is fetched.
    Pinned(Arc<[PublicKey]>),
    /// The app's JWKS document.
    Url(String),
}

/// One thing that is wrong, and the variable to change. Texts never repeat a key or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: Cow<'static, str>,
    /// What is wrong with it, as the rest of a sentence that starts with the name.
    pub message: String,
}

/// Every problem of a configuration that can not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl Config {
    /// Reads the settings from the environment's variables, and from the file that `PRELUDE_CONFIG_FILE` names.
    ///
    /// `variables` are name and value, `None` for a value that is not UTF-8. Others than `PRELUDE_…` are ignored.
    ///
    /// # Errors
    /// Every problem there is, at once.
    pub fn read(
        variables: impl IntoIterator<Item = (String, Option<String>)>,
        read_file: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::default();
        let settings = settings::Settings::collect(variables, read_file, &mut problems);
        let config = read::config(&settings, &mut problems);
        match config {
            Some(config) if problems.0.is_empty() => Ok(config),
            _ => Err(ConfigErrors(problems.0)),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.message)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} configuration problem(s)", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects problems while reading goes on.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, variable: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.0.push(Problem { variable: variable.into(), message: message.into() });
    }

    /// The value, or its problem noted.
    fn keep<T, E: fmt::Display>(&mut self, variable: &'static str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(variable, error.to_string())).ok()
    }
}
