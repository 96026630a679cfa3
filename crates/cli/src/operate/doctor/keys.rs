//! Checks the keys that verify deliveries: the configured ones, and those of each app's key server.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use prelude_webhooks::{
    app::{App, AppKeySource},
    authenticate::{
        MAX_KEY_SET,
        keys::{cache::FETCH_TIMEOUT, jwks},
        public_key::PublicKey,
    },
    config::Config,
};
use serde_json::Value;

use super::{Group, clock};
use prelude_local::http_client::Client;

/// Time after which a key server counts as slow, because the first request of a cold start waits for it.
const SLOW: Duration = Duration::from_secs(1);

pub(super) async fn group(config: &Config, client: &Client, clock: &mut Group) -> Group {
    let mut group = Group::new("keys");
    if !config.account_keys.is_empty() {
        group.ok(format!("account: {}", named(&config.account_keys)));
    }
    for app in &config.apps {
        match &app.keys {
            AppKeySource::Pinned(keys) => group.ok(format!("app {}: pinned, {}", app.app_id, named(keys))),
            AppKeySource::Url(url) => fetched(app, url, client, &mut group, clock).await,
        }
    }
    if config.apps.is_empty() && config.account_keys.is_empty() {
        group.ok("none: all events are accepted unsigned, by path token and address");
    }
    group
}

async fn fetched(app: &App, url: &str, client: &Client, group: &mut Group, clock: &mut Group) {
    let app_id = &app.app_id;
    let answer = match client.send(Method::GET, url, HeaderMap::new(), Bytes::new()).await {
        Ok(answer) => answer,
        Err(error) => return group.fail(format!("app {app_id}: {error}")),
    };
    clock::compare(&format!("app {app_id}'s key server"), &answer.headers, clock);
    if answer.status != 200 {
        return group.fail(format!("app {app_id}: its key server answered {}: expected 200", answer.status));
    }
    if answer.body.len() > MAX_KEY_SET {
        return group
            .fail(format!("app {app_id}: its key set is too large: expected at most {} bytes", MAX_KEY_SET));
    }
    let keys = jwks::parse(&answer.body);
    if keys.is_empty() {
        return group.fail(format!(
            "app {app_id}: its key set has no usable key: expected RSA keys of 2048 to 8192 bits"
        ));
    }
    let age = answer.headers.get("age").and_then(|age| age.to_str().ok());
    let age = age.map(|age| format!(", {age} s old")).unwrap_or_default();
    let took = answer.took.as_millis();
    group.ok(format!("app {app_id}: {}{age}, fetched in {took} ms", named(&keys)));
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let count = document.get("keys").and_then(Value::as_array).map_or(0, Vec::len);
    if count > keys.len() {
        group.warn(format!("app {app_id}: {} of its {count} keys are not used", count - keys.len()));
    }
    if answer.took > FETCH_TIMEOUT {
        let limit = FETCH_TIMEOUT.as_secs();
        group.fail(format!(
            "app {app_id}: its key server took {took} ms: expected at most {limit} s, the receiver's limit"
        ));
    } else if answer.took > SLOW {
        group.warn(format!("app {app_id}: its key server took {took} ms, and a cold start waits for it"));
    }
}

fn named(keys: &[PublicKey]) -> String {
    let names: Vec<_> = keys.iter().map(|key| key.key_id().to_string()).collect();
    format!("{} key(s): {}", keys.len(), names.join(", "))
}
