//! The configuration: all settings, read once into types. Every problem is reported with its variable.

mod apps;
mod problem;
mod read;
mod settings;
#[cfg(test)]
mod tests;
mod unsigned;

use std::{io, path::Path};

use prelude_events::Source;
use tokio::time::Duration;

use self::{
    problem::Problems,
    settings::{Settings, name},
};
pub use self::{
    problem::{ConfigErrors, Problem},
    settings::trim,
};
use crate::{
    app::App,
    authenticate::{challenge::ChallengeForm, keys::cache::COOL_DOWN, public_key::PublicKey},
    endpoint::Endpoint,
    gate::{Gate, IpCheck, PRELUDE_ADDRESSES},
    metrics::MetricsFormat,
    route::Routes,
};

/// Settings of the receiver. `docs/configuration.md` describes the variables.
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
    /// `PRELUDE_METRICS`.
    pub metrics: MetricsFormat,
    /// Settings that work and are probably mistakes.
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Reads the settings from the environment's variables, and from the file that `PRELUDE_CONFIG_FILE` names.
    ///
    /// `variables` are names and values, `None` for a value that is not UTF-8. Only `PRELUDE_…` variables count, and
    /// Lambda's own `AWS_LAMBDA_MAX_CONCURRENCY`.
    ///
    /// # Errors
    /// All problems at once.
    pub fn read(
        variables: impl IntoIterator<Item = (String, Option<String>)>,
        read_file: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::default();
        let settings = Settings::collect(variables, read_file, &mut problems);
        match Self::assemble(&settings, &mut problems) {
            Some(config) if problems.0.is_empty() => Ok(config),
            _ => Err(ConfigErrors(problems.0)),
        }
    }

    /// Reads all settings despite problems; `None` when a setting without a default is missing.
    fn assemble(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let apps = settings.text(name::APPS).map(|text| apps::read(text, problems)).unwrap_or_default();
        let account_keys = settings
            .text(name::PUBLIC_KEYS)
            .and_then(|text| problems.keep(name::PUBLIC_KEYS, PublicKey::all_from_pem(text)))
            .unwrap_or_default();
        let accept_unsigned = unsigned::sources(settings, problems);
        let (tokens, mut warnings) = read::path_tokens(settings, problems);
        let gate = Gate {
            allowed: match settings.list(name::ALLOWED_IPS) {
                Some(list) => read::blocks(name::ALLOWED_IPS, list, problems),
                None => read::blocks(name::ALLOWED_IPS, PRELUDE_ADDRESSES.split(','), problems),
            },
            trusted_proxies: read::blocks(
                name::TRUSTED_PROXIES,
                settings.list(name::TRUSTED_PROXIES).into_iter().flatten(),
                problems,
            ),
            check: read::choice(
                settings,
                name::IP_CHECK,
                &[("enforce", IpCheck::Enforce), ("report", IpCheck::Report), ("off", IpCheck::Off)],
                problems,
            ),
        };
        unsigned::check(settings, &accept_unsigned, &gate, problems);
        read::check_receivable(settings, &apps, problems);
        read::check_concurrency(settings, problems);
        let routes = read::routes(settings, problems);
        for pattern in routes.iter().flat_map(|routes| &routes.unused_rules) {
            let message = format!("has the pattern `{pattern}`, which matches no event type");
            warnings.push(Problem { variable: name::ROUTES.into(), message });
        }
        let jwks_ttl = read::jwks_ttl(settings, problems);
        if jwks_ttl < COOL_DOWN {
            let message =
                format!("is shorter than the {} s between two fetches of a key set", COOL_DOWN.as_secs());
            warnings.push(Problem { variable: name::JWKS_TTL_SECONDS.into(), message });
        }
        let challenge_form = read::choice(
            settings,
            name::CHALLENGE_RESPONSE,
            &[("object", ChallengeForm::Object), ("number", ChallengeForm::Number)],
            problems,
        );
        let metrics = read::choice(
            settings,
            name::METRICS,
            &[("emf", MetricsFormat::Emf), ("off", MetricsFormat::Off)],
            problems,
        );
        if gate.allowed.iter().any(|block| gate.trusted_proxies.iter().any(|proxies| proxies.contains(block)))
        {
            let message = "holds an allowed address: a caller with that address counts as a proxy";
            warnings.push(Problem { variable: name::TRUSTED_PROXIES.into(), message: message.into() });
        }
        let endpoint = Endpoint { tokens };
        Some(Self {
            gate,
            endpoint,
            apps,
            account_keys,
            accept_unsigned,
            jwks_ttl,
            routes: routes?,
            challenge_form,
            metrics,
            warnings,
        })
    }
}
