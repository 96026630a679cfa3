//! Texts to typed settings, and the rules between them.

use std::fmt;

use ipnet::IpNet;
use tokio::time::Duration;

use super::{
    App, Config, Problem, Problems, apps,
    settings::{Settings, name},
    unsigned,
};
use crate::{
    authenticate::{keys::cache::COOL_DOWN, signature::PublicKey},
    endpoint::{Endpoint, SECRET_LENGTH},
    gate::{self, Gate, IpCheck, PRELUDE_ADDRESSES},
    respond::ChallengeForm,
    route::{QueueType, Routes},
    secret::Secret,
};

/// Reads everything, however much is wrong; `None` when a part that has no default is missing.
pub(super) fn config(settings: &Settings, problems: &mut Problems) -> Option<Config> {
    let apps = settings.text(name::APPS).map(|text| apps::read(text, problems)).unwrap_or_default();
    let account_keys = settings
        .text(name::PUBLIC_KEYS)
        .and_then(|text| problems.keep(name::PUBLIC_KEYS, PublicKey::all_from_pem(text)))
        .unwrap_or_default();
    let accept_unsigned = unsigned::sources(settings, problems);
    let (tokens, mut warnings) = path_tokens(settings, problems);
    let gate = Gate {
        allowed: match settings.list(name::ALLOWED_IPS) {
            Some(list) => blocks(name::ALLOWED_IPS, list, problems),
            None => blocks(name::ALLOWED_IPS, PRELUDE_ADDRESSES.split(','), problems),
        },
        trusted_proxies: blocks(
            name::TRUSTED_PROXIES,
            settings.list(name::TRUSTED_PROXIES).into_iter().flatten(),
            problems,
        ),
        check: choice(
            settings,
            name::IP_CHECK,
            &[("enforce", IpCheck::Enforce), ("report", IpCheck::Report), ("off", IpCheck::Off)],
            problems,
        ),
    };
    unsigned::check(settings, &accept_unsigned, &gate, problems);
    check_receivable(settings, &apps, problems);
    let routes = routes(settings, problems);
    for pattern in routes.iter().flat_map(|routes| &routes.unused_rules) {
        let message = format!("has the pattern `{pattern}`, which fits none of the event types");
        warnings.push(Problem { variable: name::ROUTES.into(), message });
    }
    let jwks_ttl = jwks_ttl(settings, problems);
    if jwks_ttl < COOL_DOWN {
        let message =
            format!("is less than the {} s that pass between two fetches of a key set", COOL_DOWN.as_secs());
        warnings.push(Problem { variable: name::JWKS_TTL_SECONDS.into(), message });
    }
    let challenge_form = choice(
        settings,
        name::CHALLENGE_RESPONSE,
        &[("object", ChallengeForm::Object), ("number", ChallengeForm::Number)],
        problems,
    );
    if gate.allowed.iter().any(|block| gate.trusted_proxies.iter().any(|proxies| proxies.contains(block))) {
        let message = "holds an allowed address: what calls from there is taken for a proxy";
        warnings.push(Problem { variable: name::TRUSTED_PROXIES.into(), message: message.into() });
    }
    let endpoint = Endpoint { tokens };
    Some(Config {
        gate,
        endpoint,
        apps,
        account_keys,
        accept_unsigned,
        jwks_ttl,
        routes: routes?,
        challenge_form,
        warnings,
    })
}

fn routes(settings: &Settings, problems: &mut Problems) -> Option<Routes> {
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
        problems.add(name::QUEUE_URL_PREFIX, "is required: the queues' URL up to the event type's part");
        return None;
    };
    // Without the rules first: a name that only a rule makes too long is the rule's problem.
    let own = Routes::new(prefix, queue_type, Vec::new());
    let own = problems.keep(name::QUEUE_URL_PREFIX, own)?;
    match rules {
        Some(rules) => problems.keep(name::ROUTES, Routes::new(prefix, queue_type, rules)),
        None => Some(own),
    }
}

/// Something must be receivable. Where one of the three is set and wrong, that is the problem.
fn check_receivable(settings: &Settings, apps: &[App], problems: &mut Problems) {
    let has_apps = !apps.is_empty() || problems.0.iter().any(|problem| problem.variable == name::APPS);
    let is_set = |name| settings.text(name).is_some();
    if !has_apps && !is_set(name::PUBLIC_KEYS) && !is_set(name::ACCEPT_UNSIGNED) {
        problems.add(
            name::APPS,
            "names no app, and neither PRELUDE_PUBLIC_KEYS nor PRELUDE_ACCEPT_UNSIGNED is set: nothing could be received",
        );
    }
}

fn path_tokens(settings: &Settings, problems: &mut Problems) -> (Vec<Secret>, Vec<Problem>) {
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
                let message = format!("holds a token of {length} characters; {SECRET_LENGTH} are advised");
                warnings.push(Problem { variable: name::PATH_TOKEN.into(), message });
            }
        }
        let token = Secret::parse(token).map_err(|error| format!("holds a token that {error}"));
        tokens.extend(problems.keep(name::PATH_TOKEN, token));
    }
    (tokens, warnings)
}

fn blocks<'a>(
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

fn jwks_ttl(settings: &Settings, problems: &mut Problems) -> Duration {
    let Some(text) = settings.text(name::JWKS_TTL_SECONDS) else { return DEFAULT_JWKS_TTL };
    match text.parse::<u32>() {
        Ok(seconds) if seconds > 0 => Duration::from_secs(seconds.into()),
        _ => {
            problems.add(name::JWKS_TTL_SECONDS, "is not a whole number of seconds, at least 1");
            DEFAULT_JWKS_TTL
        }
    }
}

const DEFAULT_JWKS_TTL: Duration = Duration::from_secs(600);

/// One of a few words; the default where it is not set, or wrong and told so.
fn choice<T: Copy + Default + fmt::Debug>(
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
    problems.add(name, format!("is none of {}", allowed.join(", ")));
    T::default()
}
