//! The local Prelude of `prelude dev`: sends samples, signed with the keys of `tests/keys`, and rotates its app's keys.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prelude_events::{EventType, Source};
use prelude_webhooks::authenticate::keys::cache::COOL_DOWN;
use serde_json::json;

use crate::{
    trigger::outgoing::{Outgoing, Tamper, fresh_sample},
    trigger::sign::SignError,
};
use prelude_local::{
    aws::gateway::Request,
    prelude::{
        KeyError, PreludeKey, SIGNATURE_HEADER, activation_query, batch,
        jwks_server::JwksServer,
        samples::{self, Keys},
    },
};

/// Builds deliveries for one endpoint.
pub struct Sender {
    path: String,
    source_ip: String,
    account: PreludeKey,
    /// Keys of the app, newest first, each with the time of its publication.
    keys: Mutex<Vec<(Instant, PreludeKey)>>,
    key_server: JwksServer,
}

/// Name of a batch that holds every Session event type.
pub const SESSION_BATCH: &str = "session-batch";
/// Name of a signed event whose type is not in the table.
pub const UNKNOWN_TYPE: &str = "unknown-type";
/// Number of newer keys that stay published beside the first one. A receiver reads 16.
const NEWER_KEYS: usize = 8;
/// Time between the publication of a key and its first signature: a receiver's cool-down between two fetches of a key
/// set. With less, a receiver would refuse deliveries because it does not know the key yet.
pub const NOTICE: Duration = COOL_DOWN;

impl Sender {
    /// Creates a sender for this path, and publishes the app's key on this server.
    ///
    /// # Errors
    /// A key is unreadable.
    pub fn new(path: String, source_ip: String, key_server: JwksServer) -> Result<Self, KeyError> {
        let keys = Keys::read()?;
        // The first key counts as published long ago, so that it signs at once.
        let long_ago = Instant::now().checked_sub(NOTICE).unwrap_or_else(Instant::now);
        let app_keys = vec![(long_ago, keys.app)];
        publish(&key_server, &app_keys);
        Ok(Self { path, source_ip, account: keys.account, keys: Mutex::new(app_keys), key_server })
    }

    /// Builds a delivery of an event type, [`SESSION_BATCH`] or [`UNKNOWN_TYPE`]; `None` for another name.
    ///
    /// Each call creates a new event with an id of its own.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn delivery(&self, name: &str, tamper: Tamper) -> Result<Option<Request>, SignError> {
        let fresh = |event_type: &EventType| fresh_sample(event_type).map(|event| event.to_string());
        let (source, events) = match name {
            SESSION_BATCH => {
                let session = EventType::ALL.iter().filter(|t| t.source() == Some(Source::Session));
                (Source::Session, session.filter_map(fresh).collect())
            }
            UNKNOWN_TYPE => {
                let event = fresh(&EventType::VerifyAttempt).unwrap_or_default();
                (Source::Verify, vec![event.replace("verify.attempt", "verify.not_in_the_table")])
            }
            name => {
                let known = EventType::known(name);
                let Some((source, event)) = known.and_then(|t| Some((t.source()?, fresh(&t)?))) else {
                    return Ok(None);
                };
                (source, vec![event])
            }
        };
        let (body, key) = match source {
            Source::Session => (batch(samples::APP_ID, &events), self.signing_key()?),
            Source::VerifyV1 | Source::Verify | Source::Notify => {
                (events.concat().into_bytes(), self.account.clone())
            }
        };
        let source_ip = if tamper == Tamper::Address { FOREIGN_ADDRESS } else { self.source_ip.as_str() };
        let Outgoing { body, signature } = Outgoing::new(body, &key, source == Source::VerifyV1, tamper)?;
        let request = Request::new("POST", self.path.as_str(), source_ip).json(body);
        Ok(Some(match signature {
            Some(signature) => request.header(SIGNATURE_HEADER, signature),
            None => request,
        }))
    }

    /// Builds an activation of the app, with a new challenge.
    pub fn activation(&self) -> Request {
        let challenge = getrandom::u32().unwrap_or_default().to_string();
        let query = activation_query(samples::APP_ID, samples::VERIFICATION_TOKEN, &challenge);
        Request::new("GET", self.path.as_str(), self.source_ip.as_str()).query(query)
    }

    /// Publishes a new key of the app, which signs after [`NOTICE`]. The first key and the newest of the others stay
    /// published.
    ///
    /// Slow, because it generates an RSA key.
    ///
    /// # Errors
    /// The key cannot be generated.
    pub fn rotate(&self) -> Result<(), KeyError> {
        let key = PreludeKey::generate(format!("app-{:08x}", getrandom::u32().unwrap_or_default()))?;
        let mut keys = self.keys();
        if keys.len() > NEWER_KEYS {
            keys.remove(NEWER_KEYS - 1);
        }
        keys.insert(0, (Instant::now(), key));
        publish(&self.key_server, &keys);
        Ok(())
    }

    /// Ids of the app's published keys, newest first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().iter().map(|(_, key)| key.kid.clone()).collect()
    }

    /// URL of the app's key set.
    pub fn jwks_url(&self) -> String {
        self.key_server.url(samples::APP_ID)
    }

    fn keys(&self) -> MutexGuard<'_, Vec<(Instant, PreludeKey)>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Newest key that has been published for [`NOTICE`].
    fn signing_key(&self) -> Result<PreludeKey, KeyError> {
        let keys = self.keys();
        let noticed = keys.iter().find(|(published, _)| published.elapsed() >= NOTICE);
        noticed.or_else(|| keys.last()).map(|(_, key)| key.clone()).ok_or(KeyError::NoKey)
    }
}

fn publish(key_server: &JwksServer, keys: &[(Instant, PreludeKey)]) {
    let keys: Vec<_> = keys.iter().map(|(_, key)| key.jwk()).collect();
    key_server.publish(samples::APP_ID, &json!({ "keys": keys }));
}

/// Address in a block that is reserved for documentation (RFC 5737).
const FOREIGN_ADDRESS: &str = "198.51.100.7";

#[cfg(test)]
mod tests {
    use super::*;

    async fn sender() -> Sender {
        let key_server = JwksServer::start().await.unwrap();
        Sender::new("/webhooks/t".into(), "34.252.67.209".into(), key_server).unwrap()
    }

    #[tokio::test]
    async fn every_type_can_be_sent_each_time_as_another_event() {
        let sender = sender().await;
        for event_type in EventType::ALL {
            let send = || sender.delivery(event_type.as_str(), Tamper::None).unwrap().unwrap();
            let (one, other) = (send(), send());
            assert_ne!(one.body, other.body, "{event_type}");
            serde_json::from_slice::<serde_json::Value>(&one.body).unwrap();
        }
        assert!(sender.delivery("user.creatd", Tamper::None).unwrap().is_none());
    }

    #[tokio::test]
    async fn rotation_publishes_a_new_key_before_it_signs() {
        let sender = sender().await;
        for _ in 0..2 {
            sender.rotate().unwrap();
        }
        let ids = sender.key_ids();
        assert_eq!((ids.len(), ids[2].as_str()), (3, "app"));
        assert!(ids[0].starts_with("app-") && ids[0] != ids[1]);
        assert_eq!(sender.signing_key().unwrap().kid, "app");
        sender.keys()[1].0 -= NOTICE;
        assert_eq!(sender.signing_key().unwrap().kid, ids[1]);
        let full = (0..9).map(|_| (Instant::now(), sender.signing_key().unwrap())).collect();
        *sender.keys() = full;
        sender.rotate().unwrap();
        assert_eq!(sender.key_ids().len(), 9, "no more than a receiver reads");
    }
}
