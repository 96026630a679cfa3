//! Texts of all settings.
//!
//! Variables win over the file, and unknown names are problems. Blanks around a value are dropped, and an empty value
//! counts as unset.

use std::{collections::BTreeMap, io, path::Path};

use serde_json::Value;

use super::problem::Problems;

/// Names of the variables that the receiver reads.
pub(super) mod name {
    pub(crate) const QUEUE_URL_PREFIX: &str = "PRELUDE_QUEUE_URL_PREFIX";
    pub(crate) const QUEUE_TYPE: &str = "PRELUDE_QUEUE_TYPE";
    pub(crate) const ROUTES: &str = "PRELUDE_ROUTES";
    pub(crate) const APPS: &str = "PRELUDE_APPS";
    pub(crate) const PUBLIC_KEYS: &str = "PRELUDE_PUBLIC_KEYS";
    pub(crate) const ACCEPT_UNSIGNED: &str = "PRELUDE_ACCEPT_UNSIGNED";
    pub(crate) const ALLOWED_IPS: &str = "PRELUDE_ALLOWED_IPS";
    pub(crate) const IP_CHECK: &str = "PRELUDE_IP_CHECK";
    pub(crate) const TRUSTED_PROXIES: &str = "PRELUDE_TRUSTED_PROXIES";
    pub(crate) const PATH_TOKEN: &str = "PRELUDE_PATH_TOKEN";
    pub(crate) const CONFIG_FILE: &str = "PRELUDE_CONFIG_FILE";
    pub(crate) const CHALLENGE_RESPONSE: &str = "PRELUDE_CHALLENGE_RESPONSE";
    pub(crate) const JWKS_TTL_SECONDS: &str = "PRELUDE_JWKS_TTL_SECONDS";
    pub(crate) const METRICS: &str = "PRELUDE_METRICS";
    /// Set by Lambda itself, so it is not one of the names that a user can set or misspell.
    pub(crate) const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

    /// The receiver's own settings.
    pub(crate) const ALL: [&str; 14] = [
        QUEUE_URL_PREFIX,
        QUEUE_TYPE,
        ROUTES,
        APPS,
        PUBLIC_KEYS,
        ACCEPT_UNSIGNED,
        ALLOWED_IPS,
        IP_CHECK,
        TRUSTED_PROXIES,
        PATH_TOKEN,
        CONFIG_FILE,
        CHALLENGE_RESPONSE,
        JWKS_TTL_SECONDS,
        METRICS,
    ];
}

/// Texts of the settings that are set, by name.
pub(super) struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    pub(super) fn collect(
        variables: impl IntoIterator<Item = (String, Option<String>)>,
        read_file: impl FnOnce(&Path) -> io::Result<String>,
        problems: &mut Problems,
    ) -> Self {
        let mut settings = BTreeMap::new();
        for (variable, value) in variables {
            let name = known(&variable)
                .or_else(|| (variable == name::MAX_CONCURRENCY).then_some(name::MAX_CONCURRENCY));
            if name.is_none() && (!variable.starts_with(PREFIX) || variable.starts_with(TOOL_PREFIX)) {
                continue;
            }
            match (name, value) {
                (None, _) => {
                    let hint = nearest(&variable);
                    problems.add(variable, format!("is set, but there is no such setting{hint}"));
                }
                (Some(name), None) => problems.add(name, "is not UTF-8"),
                (Some(name), Some(value)) => match trim(&value) {
                    "" => {}
                    text => drop(settings.insert(name, text.to_owned())),
                },
            }
        }
        if let Some(path) = settings.get(name::CONFIG_FILE) {
            match read_file(Path::new(path)) {
                Ok(text) => merge_file(&text, &mut settings, problems),
                Err(error) => problems.add(name::CONFIG_FILE, format!("names an unreadable file: {error}")),
            }
        }
        Self(settings)
    }

    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Parts of a list with commas, without the spaces around them.
    pub(super) fn list(&self, name: &'static str) -> Option<impl Iterator<Item = &str>> {
        self.text(name).map(|text| text.split(',').map(str::trim))
    }
}

/// Removes white space and escaped line ends (`\n`, `\r`) around a value. YAML's `|` leaves a line end after a value, and
/// tools that write a value into one line escape it.
#[must_use]
pub fn trim(value: &str) -> &str {
    let mut text = value.trim();
    while let Some(rest) =
        ESCAPED_LINE_ENDS.iter().find_map(|end| text.strip_suffix(end).or_else(|| text.strip_prefix(end)))
    {
        text = rest.trim();
    }
    text
}

const ESCAPED_LINE_ENDS: [&str; 2] = ["\\n", "\\r"];

const PREFIX: &str = "PRELUDE_";
/// Prefix of the tool's own variables, which the function ignores.
const TOOL_PREFIX: &str = "PRELUDE_CLI_";

fn known(variable: &str) -> Option<&'static str> {
    name::ALL.into_iter().find(|name| *name == variable)
}

/// Adds the members of a file, which have the variables' names. A value is the variable's text, or the JSON that the text
/// encodes.
fn merge_file(text: &str, settings: &mut BTreeMap<&'static str, String>, problems: &mut Problems) {
    let members = match serde_json::from_str::<serde_json::Map<String, Value>>(text) {
        Ok(members) => members,
        // The error's own text may quote a value, so only its place is shown.
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            return problems
                .add(name::CONFIG_FILE, format!("names a file that is not a JSON object ({place})"));
        }
    };
    for (member, value) in members {
        let Some(name) = known(&member).filter(|name| *name != name::CONFIG_FILE) else {
            problems.add(
                name::CONFIG_FILE,
                format!("names a file with the unknown setting {member}{}", nearest(&member)),
            );
            continue;
        };
        match as_text(name, value) {
            Ok(Some(text)) => drop(settings.entry(name).or_insert(text)),
            Ok(None) => {}
            Err(kind) => problems.add(name, format!("cannot be {kind} (in the file of PRELUDE_CONFIG_FILE)")),
        }
    }
}

fn as_text(name: &'static str, value: Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(trim(&text).to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) => Err("a boolean"),
        structured if [name::APPS, name::ROUTES].contains(&name) => Ok(Some(structured.to_string())),
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            let separator = if name == name::PUBLIC_KEYS { "\n" } else { "," };
            Ok(Some(texts.ok_or("a list of other values than texts")?.join(separator))
                .filter(|text| !text.is_empty()))
        }
        Value::Object(_) => Err("an object"),
    }
}

/// Hint for a misspelled name: the known name with the longest common beginning and end.
fn nearest(variable: &str) -> String {
    let shared = |a: &mut dyn Iterator<Item = (char, char)>| a.take_while(|(x, y)| x == y).count();
    let likeness = |name: &&str| {
        let head = shared(&mut name.chars().zip(variable.chars()));
        let tail = shared(&mut name.chars().rev().zip(variable.chars().rev()));
        head + tail
    };
    let best = name::ALL.into_iter().max_by_key(likeness);
    let is_close = |name: &&str| likeness(name) + 4 >= name.len().max(variable.len());
    best.filter(is_close).map_or(String::new(), |name| format!("; did you mean {name}?"))
}
