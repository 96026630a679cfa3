//! Checks the exposure of the receiver: its address list, its path tokens, and secrets in clear text.

use std::collections::HashSet;

use prelude_webhooks::{
    config::Config,
    gate::{IpCheck, PRELUDE_ADDRESSES},
};

use super::{Group, State};
use crate::environment::Environment;

/// Least number of different characters in a strong token. A random token of hexadecimal digits always has more.
const MIN_VARIETY: usize = 8;
/// Shortest prefix of a usual block. Only clouds have larger blocks.
const WIDE_BLOCK: u8 = 16;

pub(super) fn group(config: &Config, settings: &Environment) -> Group {
    let mut group = Group::new("exposure");
    addresses(config, settings, &mut group);
    path(config, settings, &mut group);
    let in_clear = settings.text("PRELUDE_APPS").map(tokens_in_clear).unwrap_or_default();
    if !in_clear.is_empty() {
        let text = "a verification_token is written in clear text: write sha256:<hex> of it instead";
        group.add(State::Warn, text, in_clear);
    }
    group
}

fn addresses(config: &Config, settings: &Environment, group: &mut Group) {
    let is_default = settings.text("PRELUDE_ALLOWED_IPS").is_none_or(|list| list == PRELUDE_ADDRESSES);
    let has_others = !config.account_keys.is_empty() || !config.accept_unsigned.is_empty();
    match config.gate.check {
        IpCheck::Enforce if is_default && has_others => group.warn(
            "PRELUDE_IP_CHECK enforces the addresses that Prelude publishes for Session only: \
             check that the log has no address_check line for Verify and Notify",
        ),
        IpCheck::Enforce => {
            group.ok(format!("PRELUDE_IP_CHECK enforces {} address block(s)", config.gate.allowed.len()))
        }
        IpCheck::Report => group.warn(
            "PRELUDE_IP_CHECK only reports: signed deliveries are accepted from any address. \
             Set enforce when the log's address_check lines have shown Prelude's addresses",
        ),
        IpCheck::Off => {
            group.warn("PRELUDE_IP_CHECK is off: signed deliveries are accepted from any address")
        }
    }
    let allowed = config.gate.allowed.iter();
    let wide: Vec<_> =
        allowed.filter(|block| block.prefix_len() < WIDE_BLOCK).map(ToString::to_string).collect();
    if !wide.is_empty() {
        group.add(
            State::Warn,
            "PRELUDE_ALLOWED_IPS holds a block that admits a large part of the Internet",
            wide,
        );
    }
}

fn path(config: &Config, settings: &Environment, group: &mut Group) {
    let count = config.endpoint.tokens.len();
    if count == 0 {
        return group.ok("no path token: a signature authenticates every delivery");
    }
    let Some(text) = settings.text("PRELUDE_PATH_TOKEN") else {
        return group.unknown("the strength of the path token in PRELUDE_CONFIG_FILE is not checked");
    };
    let tokens: Vec<_> = text.split(',').map(str::trim).collect();
    let digests = tokens.iter().filter(|token| token.starts_with("sha256:")).count();
    let variety = |token: &&&str| token.chars().collect::<HashSet<_>>().len();
    let weak = tokens.iter().filter(|token| !token.starts_with("sha256:") && variety(token) < MIN_VARIETY);
    match weak.count() {
        0 if digests == tokens.len() => {
            group.unknown(format!(
                "the strength of the path token(s) is unknown: {digests} digest(s) hide it"
            ));
        }
        0 => group.ok(format!("{count} path token(s)")),
        weak => group.warn(format!("{weak} path token(s) repeat few characters: choose random ones")),
    }
    if count > 2 {
        group.warn(format!("{count} path tokens: remove an old one two weeks after its replacement"));
    }
}

/// Ids of the apps whose token is not a digest.
fn tokens_in_clear(apps: &str) -> Vec<String> {
    let apps: Vec<serde_json::Value> = serde_json::from_str(apps).unwrap_or_default();
    let text = |app: &serde_json::Value, name: &str| app.get(name)?.as_str().map(str::to_owned);
    apps.iter()
        .filter(|app| text(app, "verification_token").is_some_and(|token| !token.starts_with("sha256:")))
        .filter_map(|app| text(app, "app_id"))
        .collect()
}
