//! `PRELUDE_APPS`: the Session apps.

use serde_json::{Map, Value};

use super::{problem::Problems, settings::name};
use crate::{
    app::{App, AppKeySource},
    authenticate::{is_key_server, public_key::PublicKey},
    secret::Secret,
};

/// Reads the JSON array. Problems name the entry by its place in the array, or by its app's id.
pub(super) fn read(text: &str, problems: &mut Problems) -> Vec<App> {
    let entries = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(entries)) => entries,
        Ok(_) => {
            problems.add(name::APPS, "is not a JSON array");
            return Vec::new();
        }
        // The error's own text may quote a value, so only its place is shown.
        Err(error) => {
            problems
                .add(name::APPS, format!("is not JSON (line {}, column {})", error.line(), error.column()));
            return Vec::new();
        }
    };
    let mut apps: Vec<App> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let Value::Object(entry) = entry else {
            problems.add(name::APPS, format!("has an entry {index} that is not an object"));
            continue;
        };
        if let Some(app) = read_app(index, entry, problems) {
            if apps.iter().any(|known| known.app_id == app.app_id) {
                problems.add(name::APPS, format!("has the app_id {} twice", app.app_id));
            }
            apps.push(app);
        }
    }
    apps
}

fn read_app(index: usize, entry: &Map<String, Value>, problems: &mut Problems) -> Option<App> {
    let app_id = match entry.get("app_id").and_then(Value::as_str) {
        Some(app_id) if is_app_id(app_id) => Some(app_id),
        Some(_) => {
            problems
                .add(name::APPS, format!("has an entry {index} whose app_id is not [A-Za-z0-9-]{{1,63}}"));
            None
        }
        None => {
            problems.add(name::APPS, format!("has an entry {index} without the text app_id"));
            None
        }
    };
    let shown = app_id.map_or_else(|| format!("entry {index}"), |app_id| format!("app {app_id}"));
    let mut complain = |what: String| problems.add(name::APPS, format!("has an {shown} {what}"));
    for member in entry.keys() {
        if !["app_id", "verification_token", "jwks_url", "public_keys"].contains(&member.as_str()) {
            complain(format!("with the unknown member {member}"));
        }
    }
    let verification_token = match entry.get("verification_token").and_then(Value::as_str).map(Secret::parse)
    {
        Some(Ok(token)) => Some(token),
        Some(Err(error)) => {
            complain(format!("whose verification_token {error}"));
            None
        }
        None => {
            complain("without the text verification_token".into());
            None
        }
    };
    let keys = read_keys(entry, app_id, &mut complain);
    Some(App { app_id: app_id?.into(), verification_token: verification_token?, keys: keys? })
}

fn read_keys(
    entry: &Map<String, Value>,
    app_id: Option<&str>,
    complain: &mut dyn FnMut(String),
) -> Option<AppKeySource> {
    let url = match entry.get("jwks_url") {
        None | Some(Value::Null) => None,
        Some(Value::String(url)) if url.is_empty() => None,
        Some(Value::String(url)) if is_key_server(url) => Some(url.clone()),
        Some(_) => {
            complain(
                "whose jwks_url is not an https URL (http is allowed on loopback addresses only)".into(),
            );
            return None;
        }
    };
    match entry.get("public_keys") {
        None | Some(Value::Null) => {}
        Some(Value::Array(pems)) if pems.is_empty() => {}
        Some(Value::Array(pems)) => {
            return read_pinned(pems, complain).map(|keys| AppKeySource::Pinned(keys.into()));
        }
        Some(_) => {
            complain("whose public_keys is not a list of PEM texts".into());
            return None;
        }
    }
    url.or_else(|| Some(format!("https://{}.session.prelude.dev/.well-known/jwks.json", app_id?)))
        .map(AppKeySource::Url)
}

fn read_pinned(pems: &[Value], complain: &mut dyn FnMut(String)) -> Option<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for pem in pems {
        match pem.as_str().map(PublicKey::all_from_pem) {
            Some(Ok(more)) => keys.extend(more),
            Some(Err(error)) => {
                complain(format!("with a public key that {error}"));
                return None;
            }
            None => {
                complain("whose public_keys is not a list of PEM texts".into());
                return None;
            }
        }
    }
    Some(keys)
}

fn is_app_id(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
