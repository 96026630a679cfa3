//! The Prelude of `prelude dev`: sends samples signed with the keys of `tests/keys`, and rotates its app's keys.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prelude_events::{EventType, Source, samples as event_samples};
use prelude_webhooks::authenticate::keys::cache::COOL_DOWN;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    local::{
        gateway::Request,
        jwks_server::JwksServer,
        prelude::{KeyError, PreludeKey, activation_query, batch},
    },
    samples::{self, Keys},
};

/// Makes deliveries for one endpoint.
pub struct Sender {
    path: String,
    source_ip: String,
    account: PreludeKey,
    other: PreludeKey,
    /// The app's keys, newest first, and when each was published.
    keys: Mutex<Vec<(Instant, PreludeKey)>>,
    key_server: JwksServer,
}

/// What is wrong with a delivery on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// Nothing.
    #[default]
    None,
    /// The body was changed after it was signed.
    Body,
    /// One character of the signature was changed.
    Signature,
    /// It is signed by a key that nobody trusts.
    Key,
    /// The signature header was left out.
    Unsigned,
    /// It comes from an address on no allow-list.
    Address,
}

impl Tamper {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Body, Self::Signature, Self::Key, Self::Unsigned, Self::Address];
}

/// What can be sent beside an event type's name: a batch of every Session event type.
pub const SESSION_BATCH: &str = "session-batch";
/// What can be sent beside an event type's name: a signed event of a type that is not in the table.
pub const UNKNOWN_TYPE: &str = "unknown-type";
/// Newer keys that stay in the app's key set beside its first one; a receiver reads 16.
const NEWER_KEYS: usize = 8;
/// How long a key is published before it signs: a receiver's cool-down between two fetches of a key set, so that a
/// delivery is never refused because its key is too new.
pub const NOTICE: Duration = COOL_DOWN;
const SIGNATURE: &str = "X-Webhook-Signature";

impl Sender {
    /// A sender to this path, whose app's keys are published by this server.
    ///
    /// # Errors
    /// A key that can not be read.
    pub fn new(path: String, source_ip: String, key_server: JwksServer) -> Result<Self, KeyError> {
        let keys = Keys::read()?;
        // It has been published for ever, as far as anyone remembers.
        let long_ago = Instant::now().checked_sub(NOTICE).unwrap_or_else(Instant::now);
        let app_keys = vec![(long_ago, keys.app)];
        publish(&key_server, &app_keys);
        Ok(Self {
            path,
            source_ip,
            account: keys.account,
            other: keys.other,
            keys: Mutex::new(app_keys),
            key_server,
        })
    }

    /// The path of the app's key set on any key server.
    pub fn jwks_path() -> String {
        format!("/{}/.well-known/jwks.json", samples::APP_ID)
    }

    /// A delivery of what is named, an event type, [`SESSION_BATCH`] or [`UNKNOWN_TYPE`]; none for another name.
    ///
    /// Every time it is another event, with an id of its own.
    ///
    /// # Errors
    /// A key that can not sign.
    pub fn delivery(&self, name: &str, tamper: Tamper) -> Result<Option<Request>, KeyError> {
        let session = |event_type: &&EventType| event_type.source() == Some(Source::Session);
        Ok(Some(match name {
            SESSION_BATCH => {
                let events: Vec<_> = EventType::ALL.iter().filter(session).filter_map(fresh_sample).collect();
                self.session(&events, tamper)?
            }
            UNKNOWN_TYPE => {
                let Some(sample) = fresh_sample(&EventType::VerifyAttempt) else { return Ok(None) };
                self.signed_by_account(sample.replace("verify.attempt", "verify.not_in_the_table"), tamper)?
            }
            name => {
                let event_type = EventType::known(name);
                let Some((event_type, sample)) = event_type.and_then(|t| fresh_sample(&t).map(|s| (t, s)))
                else {
                    return Ok(None);
                };
                match event_type.source() {
                    Some(Source::Session) => self.session(&[sample], tamper)?,
                    Some(Source::VerifyV1) => self.unsigned(sample, tamper)?,
                    _ => self.signed_by_account(sample, tamper)?,
                }
            }
        }))
    }

    /// The activation of the app, with a new challenge.
    pub fn activation(&self) -> Request {
        let challenge = getrandom::u32().unwrap_or_default().to_string();
        let query = activation_query(samples::APP_ID, samples::VERIFICATION_TOKEN, &challenge);
        Request::new("GET", self.path.as_str(), self.source_ip.as_str()).query(query)
    }

    /// Publishes a new key of the app, which signs once it was published for [`NOTICE`]. The first key and the newest
    /// of the others stay published.
    ///
    /// Takes the time to find a key.
    ///
    /// # Errors
    /// No key was found.
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

    /// The ids of the app's published keys, newest first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().iter().map(|(_, key)| key.kid.clone()).collect()
    }

    /// Where the app's key set is.
    pub fn jwks_url(&self) -> String {
        self.key_server.url(samples::APP_ID)
    }

    fn keys(&self) -> MutexGuard<'_, Vec<(Instant, PreludeKey)>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest key that every receiver can have noticed.
    fn signing_key(&self) -> Option<PreludeKey> {
        let keys = self.keys();
        let noticed = keys.iter().find(|(published, _)| published.elapsed() >= NOTICE);
        noticed.or_else(|| keys.last()).map(|(_, key)| key.clone())
    }

    fn signed_by_account(&self, body: String, tamper: Tamper) -> Result<Request, KeyError> {
        self.request(body, Some(&self.account), tamper)
    }

    fn session(&self, events: &[String], tamper: Tamper) -> Result<Request, KeyError> {
        let body = String::from_utf8_lossy(&batch(samples::APP_ID, events)).into_owned();
        self.request(body, self.signing_key().as_ref(), tamper)
    }

    /// Where no signature exists there is still one to get wrong.
    fn unsigned(&self, body: String, tamper: Tamper) -> Result<Request, KeyError> {
        match tamper {
            Tamper::Signature => self.request(body, Some(&self.account), tamper),
            _ => self.request(body, None, tamper),
        }
    }

    fn request(&self, body: String, key: Option<&PreludeKey>, tamper: Tamper) -> Result<Request, KeyError> {
        let key = if tamper == Tamper::Key { Some(&self.other) } else { key };
        let mut signature = key.map(|key| key.sign(body.as_bytes())).transpose()?;
        let mut body = body;
        let mut source_ip = self.source_ip.as_str();
        match tamper {
            Tamper::None | Tamper::Key => {}
            Tamper::Body => body = body.replacen('{', r#"{"tampered":true,"#, 1),
            Tamper::Signature => signature = signature.map(|text| with_one_other_character(&text)),
            Tamper::Unsigned => signature = None,
            Tamper::Address => source_ip = FOREIGN_ADDRESS,
        }
        let request = Request::new("POST", self.path.as_str(), source_ip).json(body);
        Ok(match signature {
            Some(signature) => request.header(SIGNATURE, signature),
            None => request,
        })
    }
}

fn publish(key_server: &JwksServer, keys: &[(Instant, PreludeKey)]) {
    let keys: Vec<_> = keys.iter().map(|(_, key)| key.jwk()).collect();
    key_server.publish(samples::APP_ID, &json!({ "keys": keys }));
}

/// Of a block that is kept for documentation.
const FOREIGN_ADDRESS: &str = "198.51.100.7";

/// A type's sample with another id.
fn fresh_sample(event_type: &EventType) -> Option<String> {
    let sample = event_samples::sample(event_type)?.trim();
    let parsed = serde_json::from_str::<Value>(sample).ok()?;
    // V1's identity is made of other members; their times tell repetitions apart.
    let member = if event_type.source() == Some(Source::VerifyV1) { "attempt_uuid" } else { "id" };
    let id = parsed.get(member).or_else(|| parsed.get("auth_uuid")).and_then(Value::as_str)?;
    // The last group of a UUID, and as good as any end of another id.
    let random = format!("{:012x}", getrandom::u64().unwrap_or_default() >> 16);
    let kept = id.chars().count().saturating_sub(random.len());
    let fresh: String = id.chars().take(kept).chain(random.chars()).collect();
    Some(sample.replace(id, &fresh))
}

fn with_one_other_character(signature: &str) -> String {
    let middle = signature.len() - 40;
    let other = |(index, character)| match (index, character) {
        (index, 'A') if index == middle => 'B',
        (index, _) if index == middle => 'A',
        (_, character) => character,
    };
    signature.chars().enumerate().map(other).collect()
}

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
            assert_eq!(one.body.len(), other.body.len(), "{event_type}");
            serde_json::from_slice::<Value>(&one.body).unwrap();
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

    #[test]
    fn one_character_differs() {
        let signature = format!("rsassa-pss-sha256={}", "A".repeat(342));
        let tampered = with_one_other_character(&signature);
        let differing = signature.chars().zip(tampered.chars()).filter(|(a, b)| a != b).count();
        assert_eq!((differing, tampered.len()), (1, signature.len()));
    }
}
