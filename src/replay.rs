//! The way back from the parking queue, for `prelude parked`. The function itself never reads a queue.
//!
//! [`Replay`] reads a parked message with today's version and configuration, and sends its events to their queues.

mod reread;

use std::{sync::Arc, time::SystemTime};

use aws_smithy_types::{DateTime, date_time::Format};
use bytes::Bytes;
pub use prelude_events::{DecodeError as UnpackError, Encoding};
use tokio::time::{Duration, Instant};

use crate::{
    event::{Authentication, Batch, Destination, Event, Origin},
    inbound::Arrival,
    limits::is_sqs_text,
    parking::Reason,
    publish::{
        Publisher, SendBatch,
        failure::Failure,
        message::{Message, Stamp},
    },
    rejection::Rejection,
    route::{QueueType, QueueUrl, Routes},
};

/// Sends parked events to the queues to which they belong now.
pub struct Replay<S> {
    publisher: Publisher<S>,
}

/// Attributes of a parked message.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Reason why the message was parked.
    pub reason: Reason,
    origin: Origin,
    request_id: Arc<str>,
    received_at: SystemTime,
    trace_header: Option<Arc<str>>,
    event_id: Option<Arc<str>>,
}

/// Error: no receiver parked the message, because an attribute of every parked message is missing or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its attribute `{0}` is missing or unknown to this version")]
pub struct NotParked(pub &'static str);

/// One event of a parked message, and its destination now.
#[derive(Clone)]
pub struct Readdressed {
    /// Wire name of the type, known or not.
    pub type_name: Option<Arc<str>>,
    /// The attribute `event_id`.
    pub event_id: Arc<str>,
    /// The queue's URL and the message for it, or the reason to stay.
    pub place: Result<(QueueUrl, Message), Stay>,
}

/// Reason why an event stays in the parking queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// The receiver would park the event again, for this reason.
    Parked(Reason),
    /// The event's source is unknown.
    NoSource,
    /// The message of a Session event lacks the app, and consumers key on it.
    NoApp,
    /// An SQS message cannot hold the event as text.
    NotText,
}

impl Parked {
    /// Reads the message's attributes by their names, and its system attribute `AWSTraceHeader`.
    ///
    /// # Errors
    /// The first attribute that no receiver wrote.
    pub fn read<'a>(
        attribute: impl Fn(&str) -> Option<&'a str>,
        trace_header: Option<&str>,
    ) -> Result<Self, NotParked> {
        let source = match attribute("source") {
            Some(name) => Some(name.parse().map_err(|_unknown| NotParked("source"))?),
            None => None,
        };
        let received_at = attribute("received_at")
            .and_then(|text| DateTime::from_str(text, Format::DateTime).ok())
            .and_then(|time| SystemTime::try_from(time).ok());
        Ok(Self {
            reason: attribute("reason").and_then(Reason::named).ok_or(NotParked("reason"))?,
            origin: Origin {
                source,
                app_id: attribute("app_id").map(Into::into),
                authentication: attribute("authentication")
                    .and_then(Authentication::named)
                    .ok_or(NotParked("authentication"))?,
                key_id: attribute("key_id").map(Into::into),
            },
            // A message parked with the fewest attributes has no request id. An empty one is left out again.
            request_id: attribute("request_id").unwrap_or_default().into(),
            received_at: received_at.ok_or(NotParked("received_at"))?,
            trace_header: trace_header.map(Into::into),
            event_id: attribute("event_id").map(Into::into),
        })
    }

    /// Reports whether the message is a slice of a batch: several events.
    #[must_use]
    pub fn is_slice(&self) -> bool {
        self.reason == Reason::BatchTooLarge
    }

    /// The events of the decoded bytes, each with its destination by this version.
    fn events(&self, raw: &Bytes) -> Vec<Event> {
        let mut events = reread::events(raw, self.origin.source, self.reason);
        if let (false, [event], Some(event_id)) = (self.is_slice(), &mut *events, &self.event_id) {
            // The event keeps its id, because its duplicates have it, too.
            event.event_id.clone_from(event_id);
        }
        events
    }

    fn arrival(&self, deadline: Instant) -> Arrival {
        Arrival {
            request_id: Arc::clone(&self.request_id),
            received_at: self.received_at,
            trace_header: self.trace_header.clone(),
            deadline,
        }
    }

    fn stamp(&self, queue_type: QueueType) -> Stamp {
        Stamp::new(&self.origin, &self.arrival(Instant::now()), queue_type)
    }

    /// Reason to stay that does not depend on the events' types.
    fn obstacle(&self) -> Option<Stay> {
        match (self.origin.source, &self.origin.app_id) {
            (None, _) => Some(Stay::NoSource),
            (Some(prelude_events::Source::Session), None) => Some(Stay::NoApp),
            _ => None,
        }
    }
}

impl<S: SendBatch> Replay<S> {
    /// Sends through this sender, by these routes.
    pub const fn new(sender: S, routes: Routes) -> Self {
        Self { publisher: Publisher::new(sender, routes) }
    }

    /// Queue of each type.
    pub const fn routes(&self) -> &Routes {
        self.publisher.routes()
    }

    /// Finds the destinations of a parked message's events. `raw` is its decoded body. With `to`, all events go to that
    /// queue, also those of unknown type.
    pub fn readdress(&self, parked: &Parked, raw: &Bytes, to: Option<&QueueUrl>) -> Vec<Readdressed> {
        let stamp = parked.stamp(self.routes().queue_type());
        let readdress = |event: Event| {
            let place = match to {
                Some(queue_url) => forwarded(&event, &stamp).map(|message| (queue_url.clone(), message)),
                None => self.routed(parked, &event, &stamp),
            };
            Readdressed { place, type_name: event.type_name, event_id: event.event_id }
        };
        parked.events(raw).into_iter().map(readdress).collect()
    }

    fn routed(&self, parked: &Parked, event: &Event, stamp: &Stamp) -> Result<(QueueUrl, Message), Stay> {
        if let Some(stay) = parked.obstacle() {
            return Err(stay);
        }
        match &event.destination {
            Destination::Route(event_type) => {
                let message = stamp.routed(event).ok_or(Stay::Parked(Reason::Oversize))?;
                Ok((self.routes().queue_url(event_type).clone(), message))
            }
            Destination::Park(reason) => Err(Stay::Parked(*reason)),
        }
    }

    /// Sends messages to one queue until each is durable or refused. Returns the indices of the refused ones, and why.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: not every message could be sent by the deadline. Some may be durable.
    pub async fn send(
        &self,
        queue_url: &QueueUrl,
        messages: Vec<Message>,
        deadline: Instant,
    ) -> Result<Vec<(usize, Failure)>, Rejection> {
        self.publisher.send(queue_url, messages, deadline).await
    }

    /// Publishes the events of a slice one by one, as the receiver would publish them now. An event without a queue is
    /// parked again, by itself. Each group of [`MAX_AT_A_TIME`] events has `patience`.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: the slice must stay. Some of its events may be durable.
    pub async fn publish_slice(
        &self,
        slice: &Parked,
        raw: &Bytes,
        patience: Duration,
    ) -> Result<(), Rejection> {
        let mut events = slice.events(raw).into_iter().peekable();
        while events.peek().is_some() {
            let batch = Batch::of_parked(slice.origin.clone(), events.by_ref().take(MAX_AT_A_TIME).collect());
            self.publisher.publish(batch, &slice.arrival(Instant::now() + patience), || ()).await?;
        }
        Ok(())
    }
}

/// Number of events of a slice that are sent at a time. A FIFO group takes one call for each.
pub const MAX_AT_A_TIME: usize = 100;

/// The event as received, in one message for any queue.
fn forwarded(event: &Event, stamp: &Stamp) -> Result<Message, Stay> {
    let message = stamp.whole(event).ok_or(Stay::Parked(Reason::Oversize))?;
    let is_text = std::str::from_utf8(&event.raw).is_ok() && is_sqs_text(message.body());
    (is_text && !event.raw.is_empty()).then_some(message).ok_or(Stay::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::failure::SqsFailure;

    const ATTRIBUTES: [(&str, &str); 9] = [
        ("event_type", "user.created"),
        ("event_id", "evt_1"),
        ("source", "session"),
        ("app_id", "app1"),
        ("authentication", "signature"),
        ("key_id", "key-app1"),
        ("request_id", "r"),
        ("received_at", "2026-11-21T01:45:00.123456Z"),
        ("reason", "queue_missing"),
    ];
    const RAW: Bytes = Bytes::from_static(br#"{"type":"user.created","id":"evt_2"}"#);

    /// Nothing is sent.
    struct NoSqs;

    impl SendBatch for NoSqs {
        async fn send_batch(
            &self,
            _queue_url: &QueueUrl,
            _messages: &[&Message],
        ) -> Result<Vec<crate::publish::Acknowledgement>, SqsFailure> {
            Err(SqsFailure::timeout())
        }
    }

    fn replay(queue_type: QueueType) -> Replay<NoSqs> {
        let routes = Routes::new("https://sqs/1/p-", queue_type, Vec::new()).unwrap();
        Replay::new(NoSqs, routes)
    }

    fn read(changes: &[(&'static str, Option<&'static str>)]) -> Result<Parked, NotParked> {
        let lookup = |name: &str| match changes.iter().find(|(changed, _)| *changed == name) {
            Some((_, value)) => *value,
            None => ATTRIBUTES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value),
        };
        Parked::read(lookup, Some("Root=1-5759e988-bd862e3fe1be46a994272793"))
    }

    #[test]
    fn a_message_goes_back_with_every_attribute_but_the_reason() {
        let parked = read(&[]).unwrap();
        let mut events = replay(QueueType::Fifo).readdress(&parked, &RAW, None);
        let (queue_url, message) = events.remove(0).place.ok().unwrap();
        assert_eq!(queue_url.as_str(), "https://sqs/1/p-user-created.fifo");
        let attributes: Vec<_> = message.attributes().collect();
        assert_eq!(attributes, ATTRIBUTES[..8], "the id that it was parked with, too");
        assert_eq!(message.trace_header(), Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
        assert!(message.fifo().is_some());
    }

    #[test]
    fn attributes_that_no_receiver_writes_are_errors() {
        for (change, wrong) in [
            (("reason", None), "reason"),
            (("reason", Some("boredom")), "reason"),
            (("source", Some("mail")), "source"),
            (("authentication", None), "authentication"),
            (("received_at", Some("yesterday")), "received_at"),
        ] {
            assert_eq!(read(&[change]).unwrap_err(), NotParked(wrong));
        }
    }

    #[test]
    fn an_event_without_a_source_or_its_app_stays_unless_a_queue_is_named() {
        let replay = replay(QueueType::Standard);
        let to: QueueUrl = "https://sqs/1/elsewhere".into();
        for (change, stay) in [(("source", None), Stay::NoSource), (("app_id", None), Stay::NoApp)] {
            let parked = read(&[change]).unwrap();
            assert_eq!(replay.readdress(&parked, &RAW, None)[0].place.as_ref().err(), Some(&stay));
            let place = replay.readdress(&parked, &RAW, Some(&to)).remove(0).place;
            assert_eq!(place.ok().unwrap().0, to);
        }
        let unknown = Bytes::from_static(b"{\"type\":\"made.up\"}");
        let parked = read(&[("request_id", None), ("key_id", None)]).unwrap();
        let stay = Stay::Parked(Reason::UnknownType);
        assert_eq!(replay.readdress(&parked, &unknown, None)[0].place.as_ref().err(), Some(&stay));
        let (_, message) = replay.readdress(&parked, &unknown, Some(&to)).remove(0).place.ok().unwrap();
        let names: Vec<_> = message.attributes().map(|(name, _)| name).collect();
        assert_eq!(names, ["event_type", "event_id", "source", "app_id", "authentication", "received_at"]);
        for (raw, stay) in [
            (Bytes::from_static(b"\xff"), Stay::NotText),
            (Bytes::from_static(b"{\x01"), Stay::NotText),
            (Bytes::new(), Stay::NotText),
            (vec![b'x'; 1 << 20].into(), Stay::Parked(Reason::Oversize)),
        ] {
            assert_eq!(replay.readdress(&parked, &raw, Some(&to))[0].place.as_ref().err(), Some(&stay));
        }
    }
}
