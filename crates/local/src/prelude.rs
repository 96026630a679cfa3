//! Stand-in for Prelude: an account with its keys and Session apps.
//!
//! * [`key`]: signing keys, and signatures in every form that a receiver must accept.
//! * [`jwks_server`]: key server with one key set for each Session app.
//! * [`management`]: management API that registers and activates webhooks.
//! * [`samples`]: the files of `events/`.
//!
//! Left out is the schedule of deliveries and retries: callers build requests themselves and send each one once.

pub mod jwks_server;
pub mod key;
pub mod management;
pub mod samples;
pub mod workload;

use std::sync::OnceLock;

use serde_json::{Value, json};

pub use key::{Alphabet, KeyError, PreludeKey, SIGNATURE_HEADER, SignatureForm};

/// Source addresses of Prelude, from its Session documentation.
pub const ADDRESSES: [&str; 3] = ["34.252.67.209", "52.30.192.161", "34.248.153.151"];

/// Prelude account with its signing key and its Session apps.
#[derive(Debug, Clone)]
pub struct LocalPrelude {
    /// Key that signs Verify and Notify events.
    pub account_key: PreludeKey,
    /// Session apps, each with its own keys.
    pub apps: Vec<SessionApp>,
}

impl LocalPrelude {
    /// Account with new keys, and an app for each pair of app id and verification token.
    ///
    /// Generating a key is slow, above all in debug builds; see [`LocalPrelude::shared`].
    pub fn generate(apps: &[(&str, &str)]) -> Result<Self, KeyError> {
        let app = |(app_id, token): &(&str, &str)| -> Result<SessionApp, KeyError> {
            let key = PreludeKey::generate(format!("key-{app_id}"))?;
            Ok(SessionApp {
                app_id: (*app_id).to_owned(),
                verification_token: (*token).to_owned(),
                keys: vec![key],
            })
        };
        Ok(Self {
            account_key: PreludeKey::generate("account")?,
            apps: apps.iter().map(app).collect::<Result<_, _>>()?,
        })
    }

    /// Account with the apps `app1` and `app2`. Its keys are generated once in each process.
    pub fn shared() -> Result<Self, KeyError> {
        static SHARED: OnceLock<LocalPrelude> = OnceLock::new();
        if let Some(prelude) = SHARED.get() {
            return Ok(prelude.clone());
        }
        let prelude = Self::generate(&[("app1", "token-of-app1"), ("app2", "token-of-app2")])?;
        Ok(SHARED.get_or_init(|| prelude).clone())
    }

    /// Session app with this id.
    pub fn app(&self, app_id: &str) -> Option<&SessionApp> {
        self.apps.iter().find(|app| app.app_id == app_id)
    }
}

/// Session app as Prelude knows it.
#[derive(Debug, Clone)]
pub struct SessionApp {
    /// Id of the app.
    pub app_id: String,
    /// Token that the receiver's owner chose when registering the webhook.
    pub verification_token: String,
    /// Keys in the app's key set. The first one signs.
    pub keys: Vec<PreludeKey>,
}

impl SessionApp {
    /// Key set of the app, as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        json!({"keys": self.keys.iter().map(PreludeKey::jwk).collect::<Vec<_>>()})
    }

    /// Value of the signature header for a body, signed with the app's first key.
    pub fn sign(&self, body: &[u8]) -> Result<String, KeyError> {
        self.keys.first().ok_or(KeyError::NoKey)?.sign(body)
    }

    /// Query string of the activation challenge for this app.
    pub fn activation_query(&self, challenge: &str) -> String {
        activation_query(&self.app_id, &self.verification_token, challenge)
    }

    /// Body of a batch of this app's events.
    pub fn batch(&self, events: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<u8> {
        batch(&self.app_id, events)
    }
}

/// Query string of an activation challenge, for any app id and token.
pub fn activation_query(app_id: &str, verification_token: &str, challenge: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("event", "activate")
        .append_pair("verification_token", verification_token)
        .append_pair("challenge", challenge)
        .append_pair("app_id", app_id)
        .finish()
}

/// Body of a batch that contains the events byte for byte.
pub fn batch(app_id: &str, events: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<u8> {
    let mut body = format!("{{\"app_id\":{},\"events\":[", Value::from(app_id));
    for (index, event) in events.into_iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(event.as_ref());
    }
    body.push_str("]}");
    body.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_holds_its_events_byte_for_byte() {
        let body = batch("a\"b", ["{\"type\" :1.0}", "{ }"]);
        assert_eq!(body, br#"{"app_id":"a\"b","events":[{"type" :1.0},{ }]}"#);
        assert_eq!(batch("a", Vec::<String>::new()), br#"{"app_id":"a","events":[]}"#);
    }

    #[test]
    fn an_activation_names_app_token_and_challenge() {
        let query = activation_query("app1", "a token&more", "-12");
        assert_eq!(query, "event=activate&verification_token=a+token%26more&challenge=-12&app_id=app1");
    }

    #[test]
    fn the_shared_account_keeps_its_keys() {
        let (one, two) = (LocalPrelude::shared().unwrap(), LocalPrelude::shared().unwrap());
        assert_eq!(one.account_key.jwk(), two.account_key.jwk());
        let app = one.app("app2").unwrap();
        assert_eq!(app.jwks()["keys"][0]["kid"], "key-app2");
        assert_ne!(app.jwks(), one.app("app1").unwrap().jwks());
        assert!(one.app("app3").is_none());
    }
}
