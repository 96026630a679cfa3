use crate::{Envelope, Event, ParseError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

/// One event as a consumer receives it: the body of one SQS message.
///
/// ```
/// use prelude_events::{Event, Received, payload::verify::DeliveryStatus};
///
/// let body = r#"{"id": "evt_01jnh500a6frv9ky0wn4r6aycv", "type": "verify.delivery_status",
///     "payload": {"verification_id": "vrf_01jnh4zt8vfq5r71n1sx9yvx5m", "status": "undeliverable"}}"#;
/// let received = Received::parse(body)?;
///
/// assert_eq!(received.envelope.id.as_deref(), Some("evt_01jnh500a6frv9ky0wn4r6aycv"));
/// match received.event {
///     Event::VerifyDeliveryStatus(report) => {
///         assert_eq!(report.status, Some(DeliveryStatus::Undeliverable));
///     }
///     Event::Unknown { event_type, .. } => println!("ignoring {event_type}"),
///     _ => {}
/// }
/// # Ok::<(), prelude_events::ParseError>(())
/// ```
///
/// Serializes as the event that was received, byte for byte, even if `event` was changed since. `Received` fits
/// `aws_lambda_events`' `SqsEventObj<Received>`. There one bad body fails the whole batch, so parse record by record
/// where you can.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The id, the type, the time, and the JSON as received.
    pub envelope: Envelope,
    /// The payload, in the form of its type.
    pub event: Event,
}

impl Received {
    /// Reads the body of one message: the envelope first, then the payload in the form of its type.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object with a type, or the payload of a known type has an undocumented form. An unknown
    /// type is not an error. Errors hold no value of the body.
    pub fn parse(body: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Envelope::parse(body).and_then(Self::read)
    }

    /// The identifier that ties this event to others. You set it when you requested the verification or message;
    /// Session sets its own. The payload and its metadata are searched first, then the envelope.
    pub fn correlation_id(&self) -> Option<&str> {
        self.event.correlation_id().or(self.envelope.correlation_id.as_deref())
    }

    fn read(envelope: Envelope) -> Result<Self, ParseError> {
        let event = Event::parse(&envelope)?;
        Ok(Self { envelope, event })
    }
}

impl Serialize for Received {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.envelope.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Envelope::read(&raw).and_then(Self::read).map_err(de::Error::custom)
    }
}
