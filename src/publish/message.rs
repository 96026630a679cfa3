//! SQS messages: an event's bytes, and the attributes for consumers.

use std::sync::Arc;

use aws_smithy_types::{DateTime, date_time::Format};
use bytes::Bytes;
use prelude_events::{Encoding, EventType, Source};

use super::{
    encoding::{Parcel, encode},
    fifo::FifoIds,
};
use crate::{
    event::{Destination, Event, Origin},
    inbound::Arrival,
    limits::{MAX_MESSAGE, is_attribute_value, is_sqs_text},
    parking::Reason,
    route::QueueType,
};

/// A message within SQS's limits: valid characters, at most 1 MiB with its attributes.
#[derive(Clone)]
pub struct Message {
    body: Bytes,
    /// Attributes that all messages of the delivery share.
    shared: Arc<[Attribute]>,
    /// The message's own attributes.
    own: Vec<Attribute>,
    trace_header: Option<Arc<str>>,
    fifo: Option<FifoIds>,
    event_type: Option<EventType>,
    size: usize,
}

/// Name and value of a string attribute.
type Attribute = (&'static str, Arc<str>);

impl Message {
    /// Text of the body.
    #[must_use]
    pub fn body(&self) -> &str {
        // The body is UTF-8 by construction. SQS would refuse an empty one, so no event could be lost.
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// Names and values of the string attributes, each once.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.own.iter().chain(&*self.shared).map(|(name, value)| (*name, &**value))
    }

    /// Number of the attributes.
    #[must_use]
    pub fn attribute_count(&self) -> usize {
        self.shared.len() + self.own.len()
    }

    /// System attribute `AWSTraceHeader`, which does not count towards the size.
    #[must_use]
    pub fn trace_header(&self) -> Option<&str> {
        self.trace_header.as_deref()
    }

    /// Ids for a FIFO queue.
    #[must_use]
    pub const fn fifo(&self) -> Option<&FifoIds> {
        self.fifo.as_ref()
    }

    /// Group whose order a FIFO queue keeps; the same for all messages on other queues.
    #[must_use]
    pub fn group_id(&self) -> &str {
        self.fifo.as_ref().map_or("", |fifo| &fifo.group_id)
    }

    /// Type whose queue the message is for; `None` for a parked message.
    #[must_use]
    pub const fn event_type(&self) -> Option<&EventType> {
        self.event_type.as_ref()
    }

    /// Reports whether the body is encoded, so that SQS has no reason to refuse it.
    #[must_use]
    pub fn is_encoded(&self) -> bool {
        self.own.iter().any(|(name, _)| *name == "encoding")
    }

    /// Removes the attributes whose values come from outside.
    #[must_use]
    pub fn without_optional(mut self) -> Self {
        self.trace_header = None;
        let is_kept = |(name, _): &Attribute| !OPTIONAL.contains(name);
        self.shared = self.shared.iter().filter(|attribute| is_kept(attribute)).cloned().collect();
        self.own.retain(is_kept);
        self.size = self.body.len() + size_of(&self.shared) + size_of(&self.own);
        self
    }

    /// Size by SQS's limits, in bytes: the body, and names, types and values of the attributes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }
}

/// Common attributes of a delivery's messages.
pub(crate) struct Stamp {
    source: Option<Source>,
    app_id: Option<Arc<str>>,
    attributes: Arc<[Attribute]>,
    attributes_size: usize,
    trace_header: Option<Arc<str>>,
    queue_type: QueueType,
}

impl Stamp {
    pub(crate) fn new(origin: &Origin, arrival: &Arrival, queue_type: QueueType) -> Self {
        // Formatting fails only for years that RFC 3339 cannot represent.
        let received_at = DateTime::from(arrival.received_at).fmt(Format::DateTime).unwrap_or_default();
        let attributes: Arc<[_]> = [
            ("source", origin.source.map(|source| source.as_str().into())),
            ("app_id", origin.app_id.clone()),
            ("authentication", Some(origin.authentication.as_str().into())),
            ("key_id", origin.key_id.clone()),
            ("request_id", Some(Arc::clone(&arrival.request_id))),
            ("received_at", Some(received_at.into())),
        ]
        .into_iter()
        .filter_map(attribute)
        .collect();
        Self {
            source: origin.source,
            app_id: origin.app_id.clone(),
            attributes_size: size_of(&attributes),
            attributes,
            trace_header: arrival.trace_header.clone(),
            queue_type,
        }
    }

    /// The message for the type's own queue; `None` when it would be too large.
    pub(crate) fn routed(&self, event: &Event) -> Option<Message> {
        let Destination::Route(event_type) = &event.destination else { return None };
        self.whole(event).map(|message| Message { event_type: Some(event_type.clone()), ..message })
    }

    /// The event in one message, for any type; `None` when it would be too large.
    pub(crate) fn whole(&self, event: &Event) -> Option<Message> {
        let message = self.message(event, escape_forbidden(&event.raw), own(event, None), "");
        (message.size <= MAX_MESSAGE).then_some(message)
    }

    /// The messages for the parking queue: one, or as many parts as it takes.
    pub(super) fn parked(&self, event: &Event, reason: Reason, first: Encoding) -> Vec<Message> {
        let own = own(event, Some(reason));
        let size = self.attributes_size + size_of(&own);
        let message = |Parcel { body, encoding }: Parcel| {
            let encoding: Option<Arc<str>> =
                (encoding != Encoding::Text).then(|| encoding.to_string().into());
            let part = encoding.clone().unwrap_or_default();
            let encoding = encoding.map(|encoding| ("encoding", encoding));
            let message = self.message(event, body, own.iter().cloned().chain(encoding).collect(), &part);
            if first == Encoding::Text { message } else { message.without_optional() }
        };
        encode(&event.raw, first, size).into_iter().map(message).collect()
    }

    fn message(&self, event: &Event, body: Bytes, own: Vec<Attribute>, part: &str) -> Message {
        let fifo = match self.queue_type {
            QueueType::Standard => None,
            QueueType::Fifo => Some(FifoIds::of(event, self.source, self.app_id.as_deref(), part)),
        };
        let size = body.len() + self.attributes_size + size_of(&own);
        let (shared, trace_header) = (Arc::clone(&self.attributes), self.trace_header.clone());
        Message { body, shared, own, trace_header, fifo, event_type: None, size }
    }
}

/// The attributes of this event alone.
fn own(event: &Event, reason: Option<Reason>) -> Vec<Attribute> {
    [
        ("event_type", event.type_name.clone()),
        ("event_id", Some(Arc::clone(&event.event_id))),
        ("reason", reason.map(|reason| reason.as_str().into())),
    ]
    .into_iter()
    .filter_map(attribute)
    .collect()
}

/// An attribute whose value SQS accepts.
fn attribute((name, value): (&'static str, Option<Arc<str>>)) -> Option<Attribute> {
    value.filter(|value| is_attribute_value(value)).map(|value| (name, value))
}

/// Attributes whose values come from outside. They are omitted after SQS refused the message with them.
const OPTIONAL: [&str; 4] = ["event_type", "app_id", "key_id", "request_id"];

fn size_of(attributes: &[Attribute]) -> usize {
    attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len()).sum()
}

/// Escapes the two characters that JSON allows in a text and SQS forbids. Without them, which is the usual case, the bytes
/// stay exact.
fn escape_forbidden(json: &Bytes) -> Bytes {
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF in UTF-8, and most events hold no EF.
    match std::str::from_utf8(json) {
        Ok(text) if json.contains(&0xEF) && !is_sqs_text(text) => {
            Bytes::from(text.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff"))
        }
        _ => json.clone(),
    }
}
