//! Sender of the checks: new events, signed in a form that the receiver accepts.

use std::time::SystemTime;

use http::Method;
use prelude_events::{EventType, Source};
use serde_json::Value;

use super::{identity::Identity, probe::Request};
use crate::trigger::outgoing::{event_id, fresh_sample};
use prelude_local::prelude::{Alphabet, KeyError, PreludeKey, SessionApp, SignatureForm, batch};

/// Header with the signature.
pub(super) const SIGNATURE: &str = "x-webhook-signature";
/// Header with the key's id.
pub(super) const KEY_ID: &str = "x-webhook-signature-key-id";

/// Kind of key, with the events that it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The account's key: Verify and Notify events.
    Account,
    /// An app's key: its Session batches.
    App,
}

impl Lane {
    pub(super) const BOTH: [Self; 2] = [Self::Account, Self::App];

    /// Name of a delivery of this lane, in descriptions of requests.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Account => "a Verify event",
            Self::App => "a Session batch",
        }
    }

    fn event_type(self) -> EventType {
        match self {
            Self::Account => EventType::VerifyAttempt,
            Self::App => EventType::UserCreated,
        }
    }
}

/// Maker of the checks' requests.
#[derive(Debug, Clone)]
pub struct Sender {
    pub(super) identity: Identity,
    account_form: Option<SignatureForm>,
    app_form: Option<SignatureForm>,
}

impl Sender {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, account_form: None, app_form: None }
    }

    /// All variants of a signed request that Prelude may send, the likeliest first: title case of the header names, and
    /// form of the signature. Empty without a key.
    pub(super) fn signing_variants(&self, lane: Lane) -> Vec<(bool, SignatureForm)> {
        let mut variants = Vec::new();
        let Ok(key) = self.key(lane) else { return variants };
        for title_case in [true, false] {
            for salt_len in [32, key.longest_salt(), 0] {
                for alphabet in [Alphabet::UrlSafe, Alphabet::Standard] {
                    for padding in [false, true] {
                        variants.push((title_case, SignatureForm { salt_len, padding, alphabet }));
                    }
                }
            }
        }
        variants
    }

    /// Remembers that the receiver accepts this form.
    pub(super) fn remember_accepted(&mut self, lane: Lane, form: SignatureForm) {
        match lane {
            Lane::Account => self.account_form = Some(form),
            Lane::App => self.app_form = Some(form),
        }
    }

    /// Reports whether the receiver accepts genuine events of this lane.
    pub(super) fn is_accepted(&self, lane: Lane) -> bool {
        self.accepted_form(lane).is_some()
    }

    fn accepted_form(&self, lane: Lane) -> Option<SignatureForm> {
        match lane {
            Lane::Account => self.account_form,
            Lane::App => self.app_form,
        }
    }

    /// Accepted form of a signature, or the default form.
    pub(super) fn form(&self, lane: Lane) -> SignatureForm {
        self.accepted_form(lane).unwrap_or_default()
    }

    /// Lanes whose genuine events are accepted.
    pub(super) fn lanes(&self) -> impl Iterator<Item = Lane> {
        Lane::BOTH.into_iter().filter(|lane| self.is_accepted(*lane))
    }

    /// Key of the lane: the account's, or the first app's.
    pub(super) fn key(&self, lane: Lane) -> Result<&PreludeKey, KeyError> {
        match lane {
            Lane::Account => self.identity.account.as_ref(),
            Lane::App => self.identity.apps.first().and_then(|app| app.keys.first()),
        }
        .ok_or(KeyError::NoKey)
    }

    /// App whose events are sent.
    pub(super) fn app(&self) -> Result<&SessionApp, KeyError> {
        self.identity.apps.first().ok_or(KeyError::NoKey)
    }

    /// Body with a new event of the lane's usual type.
    pub(super) fn body(&self, lane: Lane) -> Vec<u8> {
        self.enclose(lane, [fresh(&lane.event_type())])
    }

    /// Makes a body of the lane from events.
    pub(super) fn enclose(&self, lane: Lane, events: impl IntoIterator<Item = String>) -> Vec<u8> {
        match lane {
            Lane::Account => events.into_iter().collect::<String>().into_bytes(),
            Lane::App => {
                let app_id = self.app().map_or("", |app| app.app_id.as_str());
                batch(app_id, events)
            }
        }
    }

    /// Body with a new event that contains this text as its payload, byte for byte.
    pub(super) fn with_payload(&self, lane: Lane, payload: &str) -> Vec<u8> {
        let (id, event_type) = (fresh_id(), lane.event_type());
        let event = format!(
            "{{\"created_at\":\"2026-01-02T03:04:05Z\",\"id\":\"{id}\",\"payload\":{payload},\"type\":\"{event_type}\"}}"
        );
        self.enclose(lane, [event])
    }

    /// Signs bytes with the lane's key, in the accepted form.
    pub(super) fn sign(&self, lane: Lane, body: &[u8]) -> Result<String, KeyError> {
        self.key(lane)?.sign_as(body, self.form(lane))
    }

    /// Delivery of these bytes with a genuine signature.
    pub(super) fn signed(&self, lane: Lane, body: impl Into<Vec<u8>>) -> Result<Request, KeyError> {
        let body = body.into();
        let signature = self.sign(lane, &body)?;
        Ok(post(body).header(SIGNATURE, signature))
    }

    /// Delivery of these bytes, signed by this key.
    pub(super) fn signed_by(&self, key: &PreludeKey, lane: Lane, body: Vec<u8>) -> Result<Request, KeyError> {
        // The key may be too short for the lane's salt length.
        let salt_len = self.form(lane).salt_len.min(key.longest_salt());
        let signature = key.sign_as(&body, SignatureForm { salt_len, ..self.form(lane) })?;
        Ok(post(body).header(SIGNATURE, signature))
    }

    /// Delivery of a new genuine event.
    pub(super) fn good(&self, lane: Lane) -> Result<Request, KeyError> {
        self.signed(lane, self.body(lane))
    }

    /// Delivery of a new genuine event, with its signature in this form.
    pub(super) fn good_in(&self, lane: Lane, form: SignatureForm) -> Result<Request, KeyError> {
        let body = self.body(lane);
        let signature = self.key(lane)?.sign_as(&body, form)?;
        Ok(post(body).header(SIGNATURE, signature))
    }
}

/// Delivery without a signature.
pub(super) fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::new(Method::POST).header("content-type", "application/json").with_body(body)
}

/// Event types of a source.
pub(super) fn types_of(source: Source) -> impl Iterator<Item = &'static EventType> {
    EventType::ALL.iter().filter(move |event_type| event_type.source() == Some(source))
}

/// Sample of the type with new ids, because a receiver may drop an event that it already has. Serialized by serde_json,
/// so that a receiver that serializes JSON again accepts it: another check finds that fault.
pub(super) fn fresh(event_type: &EventType) -> String {
    let event = fresh_sample(event_type).map(|event| event.to_string()).unwrap_or_default();
    serde_json::from_str::<Value>(&event).unwrap_or_default().to_string()
}

/// Id of a new event.
pub(super) fn fresh_id() -> String {
    event_id(SystemTime::now())
}
