//! A local stand-in for Prelude: its keys, its signatures, its Session apps and what it sends.

pub mod jwks_server;
pub mod key;
pub mod management;
pub mod samples;

use std::sync::OnceLock;

use serde_json::{Value, json};

pub use key::{Alphabet, KeyError, PreludeKey, SIGNATURE_HEADER, SignatureForm};

/// Prelude's source addresses, as its Session documentation lists them.
pub const ADDRESSES: [&str; 3] = ["34.252.67.209", "52.30.192.161", "34.248.153.151"];

/// A Prelude account with its signing key and its Session apps.
#[derive(Debug, Clone)]
pub struct LocalPrelude {
    /// Signs Verify and Notify events.
    pub account_key: PreludeKey,
    /// Each signs its own batches.
    pub apps: Vec<SessionApp>,
}

impl LocalPrelude {
    /// An account with new keys and one app for each pair of app id and verification token.
    ///
    /// Every key takes a noticeable time to find, above all in debug builds; see [`LocalPrelude::shared`].
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

    /// An account with the apps `app1` and `app2`, whose keys are found once in this process and then reused.
    pub fn shared() -> Result<Self, KeyError> {
        static SHARED: OnceLock<LocalPrelude> = OnceLock::new();
        if let Some(prelude) = SHARED.get() {
            return Ok(prelude.clone());
        }
        let prelude = Self::generate(&[("app1", "token-of-app1"), ("app2", "token-of-app2")])?;
        Ok(SHARED.get_or_init(|| prelude).clone())
    }

    /// The app of this id.
    pub fn app(&self, app_id: &str) -> Option<&SessionApp> {
        self.apps.iter().find(|app| app.app_id == app_id)
    }
}

/// A Session app as Prelude knows it.
#[derive(Debug, Clone)]
pub struct SessionApp {
    /// Prelude's name of the app.
    pub app_id: String,
    /// What the receiver's owner gave Prelude when he registered the webhook.
    pub verification_token: String,
    /// The keys in the app's key set; the first one signs.
    pub keys: Vec<PreludeKey>,
}

impl SessionApp {
    /// The app's key set, as its `jwks.json` says it.
    pub fn jwks(&self) -> Value {
        json!({"keys": self.keys.iter().map(PreludeKey::jwk).collect::<Vec<_>>()})
    }

    /// The signature header's value for a body, by the app's first key.
    pub fn sign(&self, body: &[u8]) -> Result<String, KeyError> {
        self.keys.first().ok_or(KeyError::NoKey)?.sign(body)
    }

    /// The query string of the request by which Prelude proves that an endpoint wants this app's events.
    pub fn activation_query(&self, challenge: &str) -> String {
        activation_query(&self.app_id, &self.verification_token, challenge)
    }

    /// The body of a batch of this app's events.
    pub fn batch(&self, events: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<u8> {
        batch(&self.app_id, events)
    }
}

/// The query string of an activation, for an app id and token that need not be right.
pub fn activation_query(app_id: &str, verification_token: &str, challenge: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("event", "activate")
        .append_pair("verification_token", verification_token)
        .append_pair("challenge", challenge)
        .append_pair("app_id", app_id)
        .finish()
}

/// A batch's body, with the events' texts in it byte for byte.
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
