//! Authentic bytes become events. The body's shape determines the source, and each source is authenticated in its own way.
//!
//! No authentic body is refused for its content: an event without a queue is parked with a reason.

use std::{borrow::Cow, ops::Range, sync::Arc};

use bytes::Bytes;
use prelude_events::{EventType, Source};
use serde_json::value::RawValue;

use crate::{
    authenticate::{
        Delivery,
        signature::{Owner, Verified},
    },
    event::{Authentication, Batch, Destination, Event, Origin},
    json::{Member, Members},
    parking::Reason,
    rejection::Rejection,
};

/// Reads a delivery. The elements of an array of more than `max_events` are located and not read.
///
/// # Errors
/// The key does not authenticate the source or the app, or an unsigned body has no type of an accepted source.
/// [`Rejection::NotADelivery`] for a token that an app signed. [`Rejection::KeysUnavailable`] while the claimed app has no
/// key.
pub fn parse(delivery: &Delivery, max_events: usize) -> Result<Batch, Rejection> {
    match delivery {
        Delivery::Signed(verified) => parse_signed(verified, max_events),
        Delivery::Unsigned(vouched) => match Shape::of(vouched.body()) {
            Shape::Single(source, kind, members) if vouched.covers(source) => {
                let event = single(vouched.body(), source, &kind, &members);
                // Only the source's own types, because anyone can make Prelude post other content here.
                if !matches!(event.destination, Destination::Route(_)) {
                    return Err(Rejection::UnsignedTypeUnknown);
                }
                let (authentication, key_id) = (Authentication::SecretPath, None);
                let origin = Origin { source: Some(source), app_id: None, authentication, key_id };
                Ok(Batch::of_one(origin, event))
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
            if elements.len() > max_events {
                let elements = elements.into_iter().map(|element| place_in(body, element)).collect();
                return Ok(Batch::of_long_array(origin, elements, body.clone()));
            }
            let events = elements.into_iter().map(|each| element(body, each)).collect();
            return Ok(Batch::of_array(origin, events, body.clone()));
        }
        Shape::Single(source, kind, members) => {
            let key_id = verified.key_id_of(&Owner::Account).ok_or(Rejection::KeyWrongForSource)?;
            let origin = Origin {
                source: Some(source),
                app_id: None,
                authentication,
                key_id: Some(Arc::clone(key_id)),
            };
            (origin, single(body, source, &kind, &members))
        }
        Shape::None(Reason::InvalidJson, _)
            if verified.key_id_of(&Owner::Account).is_none() && is_jws_signing_input(body) =>
        {
            return Err(Rejection::NotADelivery);
        }
        Shape::None(reason, members) => {
            let origin =
                Origin { source: None, app_id: None, authentication, key_id: verified.key_id().cloned() };
            (origin, unreadable(body, reason, members))
        }
    };
    Ok(Batch::of_one(origin, event))
}

/// Place of an array's element in the body that it borrows from.
fn place_in(body: &Bytes, element: &RawValue) -> Range<usize> {
    let start = element.get().as_ptr().addr() - body.as_ptr().addr();
    start..start + element.get().len()
}

/// Recognises `<header>.<payload>` (RFC 7515, section 5.1), which an app's key signs in a user's access token. The user
/// holds the signature as the token's third part, so it proves nothing here.
fn is_jws_signing_input(body: &[u8]) -> bool {
    let is_base64url =
        |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    let mut parts = body.splitn(2, |byte| *byte == b'.');
    match (parts.next(), parts.next()) {
        (Some(header), Some(payload)) => !header.is_empty() && is_base64url(header) && is_base64url(payload),
        _ => false,
    }
}

/// Shape of a body.
pub(crate) enum Shape<'a> {
    /// The body has an `events` array, and may claim an app.
    Session(Option<Cow<'a, str>>, Vec<&'a RawValue>),
    /// The body has a string `type`, which belongs to a source.
    Single(Source, Cow<'a, str>, Members<'a>),
    /// The body has the shape of no source.
    None(Reason, Option<Members<'a>>),
}

impl<'a> Shape<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(body) else { return Self::None(Reason::NotUtf8, None) };
        let is_json = || serde_json::from_str::<&RawValue>(text).is_ok();
        // `Members` reads names as bytes and does not check them for control characters.
        if has_control(text) && !is_json() {
            return Self::None(Reason::InvalidJson, None);
        }
        let Some(members) = Members::of(text) else {
            return Self::None(if is_json() { Reason::InvalidEvent } else { Reason::InvalidJson }, None);
        };
        if let Some(elements) = members.events.elements() {
            return Self::Session(members.app_id.string(), elements);
        }
        match members.kind.string() {
            // With two `events` members the events depend on the reader.
            _ if matches!(members.events, Member::Repeated) => {
                Self::None(Reason::InvalidEvent, Some(members))
            }
            Some(kind) => Self::Single(source_of(&kind), kind, members),
            None => Self::None(Reason::InvalidEvent, Some(members)),
        }
    }
}

/// Reports a character below U+0020. Whole chunks are compared without a branch, because a body has megabytes.
fn has_control(text: &str) -> bool {
    text.as_bytes().chunks(64).any(|chunk| chunk.iter().fold(false, |found, byte| found | (*byte < b' ')))
}

/// The source that a body's own `type` claims. Session events come in batches only.
fn source_of(kind: &str) -> Source {
    match EventType::known(kind).and_then(|known| known.source()) {
        Some(Source::VerifyV1) => Source::VerifyV1,
        _ if kind.starts_with("verify.") => Source::Verify,
        _ => Source::Notify,
    }
}

/// The event that a whole body of a source is.
pub(crate) fn single(body: &Bytes, source: Source, kind: &str, members: &Members<'_>) -> Event {
    let id = match source {
        Source::VerifyV1 => v1_id(kind, members),
        _ => members.id.text(),
    };
    Event::new(body.clone(), destination(source, kind), Some(kind), id)
}

/// The event that an element of a Session batch is. The element borrows from `body`.
pub(crate) fn element(body: &Bytes, element: &RawValue) -> Event {
    let raw = body.slice_ref(element.get().as_bytes());
    let members = Members::of(element.get()).unwrap_or_default();
    let kind = match members.kind {
        Member::Repeated => None,
        kind => kind.text().or_else(|| members.event.text()),
    };
    let destination = kind
        .as_ref()
        .map_or(Destination::Park(Reason::InvalidEvent), |kind| destination(Source::Session, kind));
    Event::new(raw, destination, kind.as_deref(), members.id.text())
}

/// The event that a body without a source's shape is.
pub(crate) fn unreadable(body: &Bytes, reason: Reason, members: Option<Members<'_>>) -> Event {
    let id = members.and_then(|members| members.id.text());
    Event::new(body.clone(), Destination::Park(reason), None, id)
}

fn destination(source: Source, kind: &str) -> Destination {
    match EventType::known(kind) {
        _ if kind.is_empty() => Destination::Park(Reason::InvalidEvent),
        Some(known) if known.source() == Some(source) => Destination::Route(known),
        _ => Destination::Park(Reason::UnknownType),
    }
}

/// Builds `<type>:<attempt_uuid or auth_uuid>[:<delivery_status>]:<time>`, because several V1 events share an `id` and the
/// UUIDs.
///
/// `None` when such a member is not a text: an id without it could be that of two events.
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
