//! The way back from the parking queue, for the tool: what the receiver of today would make of what was parked.
//!
//! The function itself never reads a queue.

use std::{sync::Arc, time::SystemTime};

use aws_smithy_types::{DateTime, date_time::Format};
use bytes::Bytes;
use prelude_events::EventType;
use tokio::time::Instant;

use super::{
    Publisher, SendBatch,
    call::Draft,
    failure::Failure,
    message::{Message, Stamp},
    serve::Service,
};
use crate::{
    inbound::Arrival,
    parking::{Reason, is_sqs_text},
    parse::{self, Authentication, Batch, Event, Origin, Verdict},
    rejection::Rejection,
    route::QueueType,
};

/// What a parked message says of the events it holds.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Why it was parked.
    pub reason: Reason,
    origin: Origin,
    request_id: Arc<str>,
    received_at: SystemTime,
    trace_header: Option<Arc<str>>,
    event_id: Option<Box<str>>,
}

/// The message is none that a receiver parked: an attribute that each of those has is missing, or not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its attribute `{0}` is missing, or no value that this version knows")]
pub struct NotParked(pub &'static str);

/// One event of a parked message, and where it belongs now.
#[derive(Clone)]
pub struct Readdressed {
    /// The type's wire name, known or not.
    pub type_name: Option<Box<str>>,
    /// The attribute `event_id`. Consumers key idempotency on it together with the source, the app and the type.
    pub event_id: Box<str>,
    /// The queue's URL and the message for it, or why there is none.
    pub place: Result<(Arc<str>, Message), Stay>,
}

/// Why an event stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// It would be parked again, for this reason.
    Parked(Reason),
    /// No family was proven when it came.
    NoFamily,
    /// A Session event whose message does not tell the app, which consumers key on.
    NoApp,
    /// It is no text that an SQS message can hold.
    NotText,
}

impl Parked {
    /// Reads the message's attributes by their names, and its system attribute `AWSTraceHeader`.
    ///
    /// # Errors
    /// The first attribute that shows that the message is none of a receiver's.
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
            // A message that was parked with the fewest attributes has none; an empty one is left out again.
            request_id: attribute("request_id").unwrap_or_default().into(),
            received_at: received_at.ok_or(NotParked("received_at"))?,
            trace_header: trace_header.map(Into::into),
            event_id: attribute("event_id").map(Into::into),
        })
    }

    /// Whether it is a slice of a batch: several events.
    #[must_use]
    pub fn is_slice(&self) -> bool {
        self.reason == Reason::BatchTooLarge
    }

    /// The events that the unpacked bytes hold, each with the verdict of this version.
    fn events(&self, raw: &Bytes) -> Vec<Event> {
        let mut events = parse::parked::events(raw, self.origin.source, self.reason);
        if let (false, [event], Some(event_id)) = (self.is_slice(), &mut *events, &self.event_id) {
            // The id it has had so far: its duplicates have it too.
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

    /// What forbids to send its events on, whatever their type.
    fn obstacle(&self) -> Option<Stay> {
        match (self.origin.source, &self.origin.app_id) {
            (None, _) => Some(Stay::NoFamily),
            (Some(prelude_events::Source::Session), None) => Some(Stay::NoApp),
            _ => None,
        }
    }
}

impl<S: SendBatch> Publisher<S> {
    /// Where the events of a parked message belong now. `raw` is its body, unpacked; all events go `to` one queue where
    /// it is given, those of unknown type too.
    pub fn readdress(&self, parked: &Parked, raw: &Bytes, to: Option<&Arc<str>>) -> Vec<Readdressed> {
        let stamp = parked.stamp(self.routes.queue_type());
        let readdress = |event: Event| {
            let place = match to {
                Some(queue_url) => forwarded(&event, &stamp).map(|message| (Arc::clone(queue_url), message)),
                None => self.routed(parked, &event, &stamp),
            };
            Readdressed { place, type_name: event.type_name, event_id: event.event_id }
        };
        parked.events(raw).into_iter().map(readdress).collect()
    }

    fn routed(&self, parked: &Parked, event: &Event, stamp: &Stamp) -> Result<(Arc<str>, Message), Stay> {
        if let Some(stay) = parked.obstacle() {
            return Err(stay);
        }
        match &event.verdict {
            Verdict::Route(event_type) => {
                let message = stamp.routed(event).ok_or(Stay::Parked(Reason::Oversize))?;
                Ok((Arc::clone(self.queue_of_type(event_type)), message))
            }
            Verdict::Park(reason) => Err(Stay::Parked(*reason)),
        }
    }

    fn queue_of_type(&self, event_type: &EventType) -> &Arc<str> {
        self.routes.queue_url(event_type)
    }

    /// Sends messages to one queue until each is durable or refused; gives the places of those it will not take, and
    /// why.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: not everything could be sent by then; some of it may be durable.
    pub async fn send(
        &self,
        queue_url: &Arc<str>,
        messages: Vec<Message>,
        deadline: Instant,
    ) -> Result<Vec<(usize, Failure)>, Rejection> {
        let draft = |(event, message)| {
            let (parked, sliceable) = (None, false);
            Draft { event, message, parked, sliceable, failures: 0, unlisted: 0 }
        };
        let drafts = messages.into_iter().enumerate().map(draft).collect();
        let queues = vec![self.queue(queue_url, drafts)];
        let mut service = Service::new(&self.sender, queues, None, deadline, NO_REQUEST);
        let mut refused = Vec::new();
        while let Some(settled) = service.next().await {
            refused.extend(settled.refused.into_iter().map(|refused| (refused.draft.event, refused.failure)));
        }
        if service.is_complete() { Ok(refused) } else { Err(Rejection::PublishFailed) }
    }

    /// Publishes the events of a slice one by one, as the receiver would if they came now: what has no queue is parked
    /// again, by itself. Each run of events has this long; `after` is told how many are durable.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: the slice must stay; some of its events may be durable.
    pub async fn split(
        &self,
        slice: &Parked,
        raw: &Bytes,
        patience: tokio::time::Duration,
        mut after: impl FnMut(usize),
    ) -> Result<(), Rejection> {
        let mut events = slice.events(raw).into_iter().peekable();
        let mut durable = 0;
        while events.peek().is_some() {
            let run: Vec<_> = events.by_ref().take(MAX_RUN).collect();
            durable += run.len();
            let batch = Batch::of_parked(slice.origin.clone(), run);
            self.publish(batch, &slice.arrival(Instant::now() + patience)).await?;
            after(durable);
        }
        Ok(())
    }
}

/// How many events of a slice are sent at a time: few enough for one FIFO group, which takes a call for each.
const MAX_RUN: usize = 100;
/// What the log names in place of a request, which a replay has none of.
const NO_REQUEST: &str = "replay";

/// The event as it came, in one message, to whoever wants it.
fn forwarded(event: &Event, stamp: &Stamp) -> Result<Message, Stay> {
    let message = stamp.whole(event).ok_or(Stay::Parked(Reason::Oversize))?;
    let is_text = std::str::from_utf8(&event.raw).is_ok() && is_sqs_text(&message.body());
    (is_text && !event.raw.is_empty()).then_some(message).ok_or(Stay::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            _queue_url: &str,
            _messages: &[&Message],
        ) -> Result<Vec<super::super::Acknowledgement>, super::super::SqsFailure> {
            Err(super::super::SqsFailure::timeout())
        }
    }

    fn publisher(queue_type: QueueType) -> Publisher<NoSqs> {
        let routes = crate::route::Routes::new("https://sqs/1/p-", queue_type, Vec::new()).unwrap();
        Publisher::new(NoSqs, routes)
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
        let mut events = publisher(QueueType::Fifo).readdress(&parked, &RAW, None);
        let (queue_url, message) = events.remove(0).place.ok().unwrap();
        assert_eq!(&*queue_url, "https://sqs/1/p-user-created.fifo");
        let told: Vec<_> = message.attributes().iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(told, ATTRIBUTES[..8], "the id that it was parked with, too");
        assert_eq!(message.trace_header(), Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
        assert!(message.fifo().is_some());
    }

    #[test]
    fn attributes_that_no_receiver_writes_are_told() {
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
    fn what_lacks_a_family_or_its_app_stays_unless_a_queue_is_named() {
        let publisher = publisher(QueueType::Standard);
        let to: Arc<str> = "https://sqs/1/elsewhere".into();
        for (change, stay) in [(("source", None), Stay::NoFamily), (("app_id", None), Stay::NoApp)] {
            let parked = read(&[change]).unwrap();
            assert_eq!(publisher.readdress(&parked, &RAW, None)[0].place.as_ref().err(), Some(&stay));
            let place = publisher.readdress(&parked, &RAW, Some(&to)).remove(0).place;
            assert_eq!(place.ok().unwrap().0, to);
        }
        let unknown = Bytes::from_static(b"{\"type\":\"made.up\"}");
        let parked = read(&[("request_id", None), ("key_id", None)]).unwrap();
        let stay = Stay::Parked(Reason::UnknownType);
        assert_eq!(publisher.readdress(&parked, &unknown, None)[0].place.as_ref().err(), Some(&stay));
        let (_, message) = publisher.readdress(&parked, &unknown, Some(&to)).remove(0).place.ok().unwrap();
        let names: Vec<_> = message.attributes().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["event_type", "event_id", "source", "app_id", "authentication", "received_at"]);
        for (raw, stay) in [
            (Bytes::from_static(b"\xff"), Stay::NotText),
            (Bytes::from_static(b"{\x01"), Stay::NotText),
            (Bytes::new(), Stay::NotText),
            (vec![b'x'; 1 << 20].into(), Stay::Parked(Reason::Oversize)),
        ] {
            assert_eq!(publisher.readdress(&parked, &raw, Some(&to))[0].place.as_ref().err(), Some(&stay));
        }
    }
}
