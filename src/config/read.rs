//! Single settings, from texts to types.

use std::fmt;

use ipnet::IpNet;
use tokio::time::Duration;

use super::{
    problem::{Problem, Problems},
    settings::{Settings, name},
    unsigned,
};
use crate::{
    app::App,
    endpoint::SECRET_LENGTH,
    gate,
    route::{QueueType, RouteError, Routes},
    secret::Secret,
};

pub(super) fn routes(settings: &Settings, problems: &mut Problems) -> Option<Routes> {
    let queue_type = choice(
        settings,
        name::QUEUE_TYPE,
        &[("standard", QueueType::Standard), ("fifo", QueueType::Fifo)],
        problems,
    );
    let rules = settings.text(name::ROUTES).map(|text| {
        let (rules, errors) = Routes::parse_rules(text);
        errors.into_iter().for_each(|error| problems.add(name::ROUTES, error.to_string()));
        rules
    });
    let Some(prefix) = settings.text(name::QUEUE_URL_PREFIX) else {
        problems.add(name::QUEUE_URL_PREFIX, "is required: the URL of a queue without its event-type suffix");
        return None;
    };
    let routes = Routes::new(prefix, queue_type, rules.unwrap_or_default());
    let variable = match routes {
        Err(RouteError::Prefix | RouteError::PrefixTooLong(_)) => name::QUEUE_URL_PREFIX,
        Err(
            RouteError::NotRules
            | RouteError::Pattern(_)
            | RouteError::Slug(_)
            | RouteError::ReservedSlug(_)
            | RouteError::SlugTooLong(_),
        )
        | Ok(_) => name::ROUTES,
    };
    problems.keep(variable, routes)
}

/// Demands that something can be received. A wrong value of one of the three is its own problem.
pub(super) fn check_receivable(settings: &Settings, apps: &[App], problems: &mut Problems) {
    let has_apps = !apps.is_empty() || problems.0.iter().any(|problem| problem.variable == name::APPS);
    let is_set = |name| settings.text(name).is_some();
    if !has_apps && !is_set(name::PUBLIC_KEYS) && !is_set(name::ACCEPT_UNSIGNED) {
        problems.add(
            name::APPS,
            "names no app, and neither PRELUDE_PUBLIC_KEYS nor PRELUDE_ACCEPT_UNSIGNED is set: no event could be received",
        );
    }
}

/// Demands one invocation at a time. Deliveries beside each other would share the memory, the connections and the time that
/// the receiver plans for one.
pub(super) fn check_concurrency(settings: &Settings, problems: &mut Problems) {
    let Some(text) = settings.text(name::MAX_CONCURRENCY) else { return };
    let fault = match text.parse::<u32>() {
        Ok(1) => return,
        Ok(0) | Err(_) => "is not a number of invocations: expected 1",
        Ok(_more) => {
            "is greater than 1: expected 1, because the receiver takes one delivery at a time; set the function's \
             PerExecutionEnvironmentMaxConcurrency to 1, or run it without Managed Instances"
        }
    };
    problems.add(name::MAX_CONCURRENCY, fault);
}

pub(super) fn path_tokens(settings: &Settings, problems: &mut Problems) -> (Vec<Secret>, Vec<Problem>) {
    let (mut tokens, mut warnings) = (Vec::new(), Vec::new());
    for token in settings.list(name::PATH_TOKEN).into_iter().flatten() {
        let is_digest = token.starts_with("sha256:");
        if !is_digest && !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            problems.add(name::PATH_TOKEN, "holds a token with other characters than A-Z, a-z, 0-9, _ and -");
            continue;
        }
        if !is_digest && (1..SECRET_LENGTH).contains(&token.len()) {
            let length = token.len();
            if unsigned::is_set(settings) {
                let message = format!(
                    "holds a token of {length} characters: expected {SECRET_LENGTH} or more while \
                     PRELUDE_ACCEPT_UNSIGNED is set, because the path is a proof of an unsigned request"
                );
                problems.add(name::PATH_TOKEN, message);
            } else {
                let message =
                    format!("holds a token of {length} characters: {SECRET_LENGTH} or more are recommended");
                warnings.push(Problem { variable: name::PATH_TOKEN.into(), message });
            }
        }
        let token = Secret::parse(token).map_err(|error| format!("holds a token that {error}"));
        tokens.extend(problems.keep(name::PATH_TOKEN, token));
    }
    (tokens, warnings)
}

pub(super) fn blocks<'a>(
    name: &'static str,
    list: impl Iterator<Item = &'a str>,
    problems: &mut Problems,
) -> Vec<IpNet> {
    let mut blocks = Vec::new();
    for (index, text) in list.enumerate() {
        match gate::parse_block(text) {
            Some(block) => blocks.push(block),
            None => problems
                .add(name, format!("has an entry {} that is neither an address nor a CIDR block", index + 1)),
        }
    }
    blocks
}

pub(super) fn jwks_ttl(settings: &Settings, problems: &mut Problems) -> Duration {
    let Some(text) = settings.text(name::JWKS_TTL_SECONDS) else { return DEFAULT_JWKS_TTL };
    match text.parse::<u32>() {
        Ok(seconds) if seconds > 0 => Duration::from_secs(seconds.into()),
        _ => {
            problems.add(
                name::JWKS_TTL_SECONDS,
                "is not a number of seconds: expected a whole number, at least 1",
            );
            DEFAULT_JWKS_TTL
        }
    }
}

const DEFAULT_JWKS_TTL: Duration = Duration::from_secs(600);

/// Reads one of a few words. An unset setting has the default; a wrong word is a problem.
pub(super) fn choice<T: Copy + Default + fmt::Debug>(
    settings: &Settings,
    name: &'static str,
    words: &[(&str, T)],
    problems: &mut Problems,
) -> T {
    let Some(text) = settings.text(name) else { return T::default() };
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return *value;
    }
    let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    problems.add(name, format!("is unknown: expected one of {}", allowed.join(", ")));
    T::default()
}
