//! Any settings are used completely, or refused with the variables at fault. No text about them repeats a secret.

use std::collections::HashSet;

use ipnet::{IpNet, Ipv6Net};
use prelude_webhooks::config::Config;
use serde_json::Value;

/// Checks settings: lines of `NAME=VALUE`. `file:` before a name puts this and all later lines into the file that
/// `PRELUDE_CONFIG_FILE` names.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (variables, file) = text.split_once("\nfile:").unwrap_or((&text, ""));
    let variables: Vec<_> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        // A value that is only this character represents one that is not UTF-8.
        .map(|(name, value)| (name.to_owned(), Some(value.to_owned()).filter(|value| value != "\u{FFFD}")))
        .collect();
    let (secrets, others): (Vec<_>, Vec<_>) =
        variables.iter().map(|(name, value)| split(name, value.as_deref())).unzip();
    let others = others.concat() + file;
    let read = |variables: Vec<_>| Config::read(variables, |_| Ok(file.to_owned()));
    let padded = variables.iter().map(|(name, value)| (name.clone(), value.clone().map(pad))).collect();
    let padded = read(padded).map(drop);
    let result = read(variables);
    assert_eq!(
        result.as_ref().map(drop).map_err(Clone::clone),
        padded,
        "blanks around a value change nothing"
    );
    let text = match result {
        Ok(config) => {
            assert!(config.accept_unsigned.is_empty() || !config.endpoint.tokens.is_empty());
            if !config.accept_unsigned.is_empty() {
                check_few(&config.gate.allowed);
                let proxies = config.gate.trusted_proxies.iter().filter(|block| !is_private(block));
                check_few(&proxies.copied().collect::<Vec<_>>());
            }
            assert!(
                !config.apps.is_empty()
                    || !config.account_keys.is_empty()
                    || !config.accept_unsigned.is_empty()
            );
            assert!(config.routes.queue_urls().all(|url| url.name().len() <= 80));
            let warnings: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
            format!("{config:?}{}", warnings.join("\n"))
        }
        Err(errors) => {
            assert!(!errors.0.is_empty());
            assert!(errors.0.iter().all(|problem| problem.variable.starts_with("PRELUDE_")));
            format!("{errors} {errors:?}")
        }
    };
    for secret in secrets.concat().iter().filter(|secret| !others.contains(secret.as_str())) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// Value with the line end that YAML's `|` or a tool leaves after it.
fn pad(value: String) -> String {
    format!(" {value}\n\\n")
}

/// Checks that few addresses are listed, because only a short list authenticates. Counts addresses one by one.
fn check_few(blocks: &[IpNet]) {
    let (mut v4, mut v6) = (HashSet::new(), HashSet::new());
    for block in blocks {
        match block {
            IpNet::V4(block) => {
                assert!(block.prefix_len() >= 24);
                v4.extend(block.trunc().subnets(32).unwrap());
            }
            IpNet::V6(block) if block.prefix_len() < 64 => {
                assert!(block.prefix_len() >= 62);
                v6.extend(block.trunc().subnets(64).unwrap());
            }
            IpNet::V6(block) => drop(v6.insert(Ipv6Net::new(block.addr(), 64).unwrap().trunc())),
        }
    }
    assert!(v4.len() <= 256 && v6.len() <= 4, "{blocks:?}");
}

fn is_private(block: &IpNet) -> bool {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
    private.iter().any(|private| private.parse::<IpNet>().unwrap().contains(block))
}

/// Marked secrets in a variable's value, and the rest of the value, which may be shown.
fn split(name: &str, value: Option<&str>) -> (Vec<String>, String) {
    let value = value.unwrap_or_default();
    match name {
        "PRELUDE_PATH_TOKEN" | "PRELUDE_PUBLIC_KEYS" => (marked(value), String::new()),
        "PRELUDE_APPS" => {
            let Ok(Value::Array(apps)) = serde_json::from_str(value) else {
                return (marked(value), String::new());
            };
            let (mut secrets, mut others) = (Vec::new(), String::new());
            for (name, value) in apps.iter().filter_map(Value::as_object).flatten() {
                match &**name {
                    "verification_token" | "public_keys" => secrets.extend(marked(&value.to_string())),
                    _ => others.push_str(&format!("{name} {value} ")),
                }
            }
            (secrets, others)
        }
        _ => (Vec::new(), format!("{name} {value} ")),
    }
}

/// Words with the mark that the dictionary and the seeds put into secrets.
fn marked(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.contains("s3cr3t")).map(str::to_owned).collect()
}
