//! Authentic bytes become events: the family is told by the body's shape, and each family demands its own proof.
//!
//! Nothing authentic is refused for its content: what can not be routed is parked with a reason.

pub(crate) mod parked;
mod slices;

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use prelude_events::{EventType, Source};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use self::slices::slices;
use crate::{
    authenticate::{
        Delivery,
        signature::{Owner, Verified},
    },
    json::{Member, Members},
    parking::{Reason, is_sqs_text},
    rejection::Rejection,
    secret::hex,
};

/// The events of one delivery, and what is true of all of them.
#[derive(Debug)]
pub struct Batch {
    /// Where they come from, and how that is known.
    pub origin: Origin,
    /// The events, in the body's order; of a batch with too many, slices of its array.
    pub events: Vec<Event>,
    /// How many events the sender sent.
    pub count: usize,
    /// The body that the events are views of, where they are elements of its array.
    array: Option<Bytes>,
}

impl Batch {
    /// Events that were parked together, read once more from the bytes that hold them.
    pub(crate) const fn of_parked(origin: Origin, events: Vec<Event>) -> Self {
        Self { origin, count: events.len(), events, array: None }
    }

    /// Reports whether the events are elements of an array, so that slices of it can carry them.
    pub(crate) const fn is_array(&self) -> bool {
        self.array.is_some()
    }

    /// Adds slices that carry these elements, behind all events; gives the first slice's place.
    pub(crate) fn add_slices(&mut self, elements: &[usize]) -> usize {
        let first = self.events.len();
        if let Some(body) = &self.array {
            let elements = elements.iter().filter_map(|place| Some((*place, &*self.events.get(*place)?.raw)));
            let slices = slices(body, elements);
            self.events.extend(slices);
        }
        first
    }
}

/// Where a delivery comes from, and how that is known.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The family; `None` for a body that belongs to none.
    pub source: Option<Source>,
    /// The Session app.
    pub app_id: Option<Arc<str>>,
    /// What proves it.
    pub authentication: Authentication,
    /// The key that verified, by its owner's name for it.
    pub key_id: Option<Arc<str>>,
}

/// What proves a delivery; the message attribute `authentication`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// A signature by a configured key.
    Signature,
    /// The secret path, from a listed address.
    SecretPath,
}

impl Authentication {
    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::SecretPath => "secret_path",
        }
    }

    /// The proof of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Signature, Self::SecretPath].into_iter().find(|authentication| authentication.as_str() == name)
    }
}

/// One event, with its exact bytes.
pub struct Event {
    /// The bytes as received: a whole body, an element of a batch, or a slice of its array.
    pub raw: Bytes,
    /// Where it goes.
    pub verdict: Verdict,
    /// The type's wire name, known or not.
    pub type_name: Option<Box<str>>,
    /// The same for the same event, however often it is delivered. Consumers key idempotency on it together with the
    /// source, the app and the type.
    pub event_id: Box<str>,
    /// How many events the bytes hold: one, or more in a slice.
    pub count: usize,
}

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// To its type's queue.
    Route(EventType),
    /// To the parking queue.
    Park(Reason),
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

/// Reads a delivery. A batch of more than `max_events` is cut into slices.
///
/// # Errors
/// The family's proof is missing: another kind of key, another app's key, or an unsigned body that is not one of the
/// accepted sources' own types. [`Rejection::NotADelivery`] for a token that an app signed.
/// [`Rejection::KeysUnavailable`] when the app that is claimed has no key yet.
pub fn parse(delivery: &Delivery, max_events: usize) -> Result<Batch, Rejection> {
    match delivery {
        Delivery::Signed(verified) => parse_signed(verified, max_events),
        Delivery::Unsigned(vouched) => match Shape::of(vouched.body()) {
            Shape::Single(source, kind, members) if vouched.covers(source) => {
                let event = Event::single(vouched.body(), source, &kind, &members);
                // Only the family's own types: anyone can have Prelude post anything else here.
                if !matches!(event.verdict, Verdict::Route(_)) {
                    return Err(Rejection::UnsignedTypeUnknown);
                }
                let (authentication, key_id) = (Authentication::SecretPath, None);
                let origin = Origin { source: Some(source), app_id: None, authentication, key_id };
                Ok(Batch { origin, events: vec![event], count: 1, array: None })
            }
            _ => Err(Rejection::SignatureMissing),
        },
    }
}

fn parse_signed(verified: &Verified, max_events: usize) -> Result<Batch, Rejection> {
    let body = verified.body();
    let authentication = Authentication::Signature;
    let (origin, event) = match Shape::of(body) {
        Shape::Session(app_id, elements) => {
            let app_id: Arc<str> = app_id.ok_or(Rejection::KeyWrongForApp)?.into();
            let owner = Owner::App(Arc::clone(&app_id));
            let key_id = verified.key_id_of(&owner).ok_or(if verified.is_undecided(&owner) {
                Rejection::KeysUnavailable
            } else {
                Rejection::KeyWrongForApp
            })?;
            let (app_id, key_id) = (Some(app_id), Some(Arc::clone(key_id)));
            let origin = Origin { source: Some(Source::Session), app_id, authentication, key_id };
            let count = elements.len();
            if count > max_events {
                let elements = elements.iter().map(|element| element.get().as_bytes());
                let events = slices(body, elements.enumerate());
                return Ok(Batch { origin, events, count, array: None });
            }
            let events = elements.iter().map(|element| Event::element(body, element)).collect();
            return Ok(Batch { origin, events, count, array: Some(body.clone()) });
        }
        Shape::Single(source, kind, members) => {
            let key_id = verified.key_id_of(&Owner::Account).ok_or(Rejection::KeyWrongForFamily)?;
            let origin = Origin {
                source: Some(source),
                app_id: None,
                authentication,
                key_id: Some(Arc::clone(key_id)),
            };
            (origin, Event::single(body, source, &kind, &members))
        }
        Shape::None(Reason::InvalidJson, _)
            if verified.key_id_of(&Owner::Account).is_none() && is_jws_signing_input(body) =>
        {
            return Err(Rejection::NotADelivery);
        }
        Shape::None(reason, members) => {
            let origin =
                Origin { source: None, app_id: None, authentication, key_id: verified.key_id().cloned() };
            (origin, Event::of_no_family(body, reason, members))
        }
    };
    Ok(Batch { origin, events: vec![event], count: 1, array: None })
}

/// `<header>.<payload>` (RFC 7515, section 5.1): what an app's key signs in an access token of a user. The user holds
/// the signature as the token's third part, so that it proves nothing here.
fn is_jws_signing_input(body: &[u8]) -> bool {
    let is_base64url =
        |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    let mut parts = body.splitn(2, |byte| *byte == b'.');
    match (parts.next(), parts.next()) {
        (Some(header), Some(payload)) => !header.is_empty() && is_base64url(header) && is_base64url(payload),
        _ => false,
    }
}

/// What a body looks like.
enum Shape<'a> {
    /// An `events` array, and the app it claims.
    Session(Option<Cow<'a, str>>, Vec<&'a RawValue>),
    /// A string `type`, and the family it belongs to.
    Single(Source, Cow<'a, str>, Members<'a>),
    /// No family's.
    None(Reason, Option<Members<'a>>),
}

impl<'a> Shape<'a> {
    fn of(body: &'a [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(body) else { return Self::None(Reason::NotUtf8, None) };
        let is_json = || serde_json::from_str::<&RawValue>(text).is_ok();
        // Members' names are read as bytes, without the check for control characters.
        if text.bytes().any(|byte| byte < b' ') && !is_json() {
            return Self::None(Reason::InvalidJson, None);
        }
        let Some(members) = Members::of(text) else {
            return Self::None(if is_json() { Reason::InvalidEvent } else { Reason::InvalidJson }, None);
        };
        if let Some(elements) = members.events.elements() {
            return Self::Session(members.app_id.string(), elements);
        }
        match members.kind.string() {
            // Two `events` members: which one counts depends on who reads it.
            _ if matches!(members.events, Member::Repeated) => {
                Self::None(Reason::InvalidEvent, Some(members))
            }
            Some(kind) => Self::Single(family_of(&kind), kind, members),
            None => Self::None(Reason::InvalidEvent, Some(members)),
        }
    }
}

/// The family that a body's own `type` claims. Session events come in batches only.
fn family_of(kind: &str) -> Source {
    match EventType::known(kind).and_then(|known| known.source()) {
        Some(Source::VerifyV1) => Source::VerifyV1,
        _ if kind.starts_with("verify.") => Source::Verify,
        _ => Source::Notify,
    }
}

impl Event {
    fn single(body: &Bytes, source: Source, kind: &str, members: &Members<'_>) -> Self {
        let id = match source {
            Source::VerifyV1 => v1_id(kind, members),
            _ => members.id.text(),
        };
        Self::new(body.clone(), verdict(source, kind), Some(kind), id)
    }

    fn element(body: &Bytes, element: &RawValue) -> Self {
        // Borrowed from `body` by construction, so that this is a view of it.
        let raw = body.slice_ref(element.get().as_bytes());
        let members = Members::of(element.get()).unwrap_or_default();
        let kind = match members.kind {
            Member::Repeated => None,
            kind => kind.text().or_else(|| members.event.text()),
        };
        let verdict =
            kind.as_ref().map_or(Verdict::Park(Reason::InvalidEvent), |kind| verdict(Source::Session, kind));
        Self::new(raw, verdict, kind.as_deref(), members.id.text())
    }

    fn of_no_family(body: &Bytes, reason: Reason, members: Option<Members<'_>>) -> Self {
        Self::new(body.clone(), Verdict::Park(reason), None, members.and_then(|members| members.id.text()))
    }

    fn new(raw: Bytes, verdict: Verdict, type_name: Option<&str>, id: Option<Cow<'_, str>>) -> Self {
        let event_id = match id {
            Some(id) if is_attribute_value(&id) => id.into(),
            _ => format!("sha256:{}", hex(&Sha256::digest(&raw))).into(),
        };
        Self { raw, verdict, type_name: type_name.map(Into::into), event_id, count: 1 }
    }
}

/// Whether a text can be a message attribute's value: 1 to 256 characters that SQS takes.
pub(crate) fn is_attribute_value(text: &str) -> bool {
    !text.is_empty() && text.chars().nth(MAX_ATTRIBUTE_LENGTH).is_none() && is_sqs_text(text)
}

const MAX_ATTRIBUTE_LENGTH: usize = 256;

fn verdict(family: Source, kind: &str) -> Verdict {
    match EventType::known(kind) {
        _ if kind.is_empty() => Verdict::Park(Reason::InvalidEvent),
        Some(known) if known.source() == Some(family) => Verdict::Route(known),
        _ => Verdict::Park(Reason::UnknownType),
    }
}

/// `<type>:<attempt_uuid or auth_uuid>[:<delivery_status>]:<time>`: V1's `id` and uuids are shared by several events.
///
/// `None` when a member is there in another form than a text: left out of the id, it could make two events one.
fn v1_id<'a>(kind: &str, members: &Members<'a>) -> Option<Cow<'a, str>> {
    let uuid = match members.attempt_uuid {
        absent if absent.is_absent() => members.auth_uuid.text()?,
        attempt => attempt.text()?,
    };
    let time = members.time.text()?;
    let status = match members.delivery_status {
        absent if absent.is_absent() => String::new(),
        status => format!(":{}", status.text()?),
    };
    Some(format!("{kind}:{uuid}{status}:{time}").into())
}
