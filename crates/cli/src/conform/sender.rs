//! Prelude's side of the checks: fresh events, signed in the form that the receiver was seen to accept.

use std::time::SystemTime;

use http::Method;
use prelude_events::{EventType, Source};
use serde_json::Value;

use super::{identity::Identity, probe::Request};
use crate::trigger::outgoing::{event_id, fresh_sample};
use prelude_local::prelude::{Alphabet, KeyError, PreludeKey, SessionApp, SignatureForm, batch};

/// The header with the signature.
pub(super) const SIGNATURE: &str = "x-webhook-signature";
/// The header with the key's id.
pub(super) const KEY_ID: &str = "x-webhook-signature-key-id";

/// A kind of key, and what it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The account's key: Verify and Notify events.
    Account,
    /// An app's key: its Session batches.
    App,
}

impl Lane {
    pub(super) const BOTH: [Self; 2] = [Self::Account, Self::App];

    /// What travels here, in words.
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

/// Makes the requests of the checks.
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

    /// Every manner in which Prelude may sign, the likeliest first: whether header names are in title case, and the
    /// signature's form. None without a key.
    pub(super) fn manners(&self, lane: Lane) -> Vec<(bool, SignatureForm)> {
        let mut manners = Vec::new();
        let Ok(key) = self.key(lane) else { return manners };
        for title_case in [true, false] {
            for salt_len in [32, key.longest_salt(), 0] {
                for alphabet in [Alphabet::UrlSafe, Alphabet::Standard] {
                    for padding in [false, true] {
                        manners.push((title_case, SignatureForm { salt_len, padding, alphabet }));
                    }
                }
            }
        }
        manners
    }

    /// Remembers that the receiver accepts this form.
    pub(super) fn prove(&mut self, lane: Lane, form: SignatureForm) {
        match lane {
            Lane::Account => self.account_form = Some(form),
            Lane::App => self.app_form = Some(form),
        }
    }

    /// Whether the receiver accepts genuine events here.
    pub(super) fn is_proven(&self, lane: Lane) -> bool {
        self.proven_form(lane).is_some()
    }

    fn proven_form(&self, lane: Lane) -> Option<SignatureForm> {
        match lane {
            Lane::Account => self.account_form,
            Lane::App => self.app_form,
        }
    }

    pub(super) fn form(&self, lane: Lane) -> SignatureForm {
        self.proven_form(lane).unwrap_or_default()
    }

    /// The lanes whose genuine events are accepted.
    pub(super) fn lanes(&self) -> impl Iterator<Item = Lane> {
        Lane::BOTH.into_iter().filter(|lane| self.is_proven(*lane))
    }

    /// The key of the lane; the first app's.
    pub(super) fn key(&self, lane: Lane) -> Result<&PreludeKey, KeyError> {
        match lane {
            Lane::Account => self.identity.account.as_ref(),
            Lane::App => self.identity.apps.first().and_then(|app| app.keys.first()),
        }
        .ok_or(KeyError::NoKey)
    }

    /// The app whose events are sent.
    pub(super) fn app(&self) -> Result<&SessionApp, KeyError> {
        self.identity.apps.first().ok_or(KeyError::NoKey)
    }

    /// A new event of the lane's usual type.
    pub(super) fn body(&self, lane: Lane) -> Vec<u8> {
        self.enclose(lane, [fresh(&lane.event_type())])
    }

    /// An event as the lane's bodies carry it.
    pub(super) fn enclose(&self, lane: Lane, events: impl IntoIterator<Item = String>) -> Vec<u8> {
        match lane {
            Lane::Account => events.into_iter().collect::<String>().into_bytes(),
            Lane::App => {
                let app_id = self.app().map_or("", |app| app.app_id.as_str());
                batch(app_id, events)
            }
        }
    }

    /// A new event whose payload is this text, not touched.
    pub(super) fn with_payload(&self, lane: Lane, payload: &str) -> Vec<u8> {
        let (id, event_type) = (fresh_id(), lane.event_type());
        let event = format!(
            "{{\"created_at\":\"2026-01-02T03:04:05Z\",\"id\":\"{id}\",\"payload\":{payload},\"type\":\"{event_type}\"}}"
        );
        self.enclose(lane, [event])
    }

    /// A signature by the lane's key, in the form that is accepted.
    pub(super) fn sign(&self, lane: Lane, body: &[u8]) -> Result<String, KeyError> {
        self.key(lane)?.sign_as(body, self.form(lane))
    }

    /// These bytes, genuinely signed.
    pub(super) fn signed(&self, lane: Lane, body: impl Into<Vec<u8>>) -> Result<Request, KeyError> {
        let body = body.into();
        let signature = self.sign(lane, &body)?;
        Ok(post(body).header(SIGNATURE, signature))
    }

    /// These bytes, signed by this key.
    pub(super) fn signed_by(&self, key: &PreludeKey, lane: Lane, body: Vec<u8>) -> Result<Request, KeyError> {
        // Another key may be too short for the salt of the lane's.
        let salt_len = self.form(lane).salt_len.min(key.longest_salt());
        let signature = key.sign_as(&body, SignatureForm { salt_len, ..self.form(lane) })?;
        Ok(post(body).header(SIGNATURE, signature))
    }

    /// A new genuine event.
    pub(super) fn good(&self, lane: Lane) -> Result<Request, KeyError> {
        self.signed(lane, self.body(lane))
    }

    /// A new genuine event, its signature in this form.
    pub(super) fn good_in(&self, lane: Lane, form: SignatureForm) -> Result<Request, KeyError> {
        let body = self.body(lane);
        let signature = self.key(lane)?.sign_as(&body, form)?;
        Ok(post(body).header(SIGNATURE, signature))
    }
}

/// A delivery without a signature.
pub(super) fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::new(Method::POST).header("content-type", "application/json").with_body(body)
}

/// Every type of a source.
pub(super) fn types_of(source: Source) -> impl Iterator<Item = &'static EventType> {
    EventType::ALL.iter().filter(move |event_type| event_type.source() == Some(source))
}

/// The type's sample as another event each time: a receiver may refuse nothing, but may drop what it saw before. Written
/// by serde_json, so that the genuine events do not catch a receiver that writes JSON anew; a check of its own does.
pub(super) fn fresh(event_type: &EventType) -> String {
    let event = fresh_sample(event_type).map(|event| event.to_string()).unwrap_or_default();
    serde_json::from_str::<Value>(&event).unwrap_or_default().to_string()
}

/// An id that was not used before.
pub(super) fn fresh_id() -> String {
    event_id(SystemTime::now())
}
