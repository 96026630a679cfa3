//! Events of a delivery: their exact bytes, their identity, and their destination.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use prelude_events::{EventType, Source};
use sha2::{Digest, Sha256};

use crate::{limits::is_attribute_value, parking::Reason, secret::hex};

/// The events of one delivery, and their common origin.
#[derive(Debug)]
pub struct Batch {
    /// Origin of the delivery.
    pub origin: Origin,
    /// The events, in the body's order. Empty for an array of too many events.
    pub events: Vec<Event>,
    /// Number of events that the sender sent.
    pub count: usize,
    /// The array whose elements the events are.
    pub(crate) array: Array,
}

/// Array of a batch's events.
#[derive(Debug)]
pub(crate) enum Array {
    /// The delivery has no array.
    None,
    /// Every element of this body's array is an event of the batch.
    Read(Bytes),
    /// The array has too many elements to send one by one. They are places in the body.
    TooLong(Bytes, Vec<Range<usize>>),
}

/// Origin of a delivery, and how it is known.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Product of Prelude that sent the events; `None` when the body does not show it.
    pub source: Option<Source>,
    /// The Session app.
    pub app_id: Option<Arc<str>>,
    /// Authentication of the delivery.
    pub authentication: Authentication,
    /// The owner's name for the key that verified.
    pub key_id: Option<Arc<str>>,
}

/// Authentication of a delivery; the message attribute `authentication`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// A signature by a configured key.
    Signature,
    /// The secret path, from a listed address.
    SecretPath,
}

/// One event, with its exact bytes.
pub struct Event {
    /// The exact bytes: a whole body, an element of a batch's array, or a slice of that array.
    pub raw: Bytes,
    /// Destination of the event.
    pub destination: Destination,
    /// Wire name of the type, known or not.
    pub type_name: Option<Arc<str>>,
    /// Identity of the event, the same in every delivery. Consumers key idempotency on it together with the source, the
    /// app and the type.
    pub event_id: Arc<str>,
    /// Number of events in the bytes: one, or more in a slice.
    pub count: usize,
}

/// Destination of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The queue of its type.
    Route(EventType),
    /// The parking queue.
    Park(Reason),
}

impl Batch {
    /// A delivery whose body is one event.
    pub(crate) fn of_one(origin: Origin, event: Event) -> Self {
        Self { origin, events: vec![event], count: 1, array: Array::None }
    }

    /// Events of an array that can be sent one by one.
    pub(crate) const fn of_array(origin: Origin, events: Vec<Event>, body: Bytes) -> Self {
        Self { origin, count: events.len(), events, array: Array::Read(body) }
    }

    /// An array of too many events to send one by one.
    pub(crate) const fn of_long_array(origin: Origin, elements: Vec<Range<usize>>, body: Bytes) -> Self {
        Self { origin, events: Vec::new(), count: elements.len(), array: Array::TooLong(body, elements) }
    }

    /// Events that are sent again from the parking queue.
    pub(crate) const fn of_parked(origin: Origin, events: Vec<Event>) -> Self {
        Self { origin, count: events.len(), events, array: Array::None }
    }
}

impl Authentication {
    /// Value of the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::SecretPath => "secret_path",
        }
    }

    /// The authentication with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Signature, Self::SecretPath].into_iter().find(|authentication| authentication.as_str() == name)
    }
}

impl Event {
    /// An event with the id that its source gave it. Without a usable id the event is identified by its bytes' SHA-256.
    pub(crate) fn new(
        raw: Bytes,
        destination: Destination,
        type_name: Option<&str>,
        id: Option<Cow<'_, str>>,
    ) -> Self {
        let event_id = match id {
            Some(id) if is_attribute_value(&id) => id.into(),
            _ => format!("sha256:{}", hex(&Sha256::digest(&raw))).into(),
        };
        Self { raw, destination, type_name: type_name.map(Into::into), event_id, count: 1 }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("destination", &self.destination).finish_non_exhaustive()
    }
}
