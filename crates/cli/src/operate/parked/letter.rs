//! A message of the parking queue, as SQS delivers it.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as System};
use prelude_webhooks::replay::{Encoding, NotParked, Parked, UnpackError};

/// A message with all its attributes.
#[derive(Clone)]
pub struct Letter {
    /// SQS's id.
    pub message_id: String,
    /// Text of the body, still encoded.
    pub body: String,
    /// String attributes, by name.
    pub attributes: BTreeMap<String, String>,
    /// Time when SQS accepted the message.
    pub sent_at: Option<SystemTime>,
    /// Number of receipts, including this one.
    pub receipts: Option<u32>,
    pub(super) trace_header: Option<String>,
}

impl Letter {
    /// Converts a message of SQS. Also returns the handle that removes the message.
    pub fn of(message: Message) -> (Self, String) {
        let system = message.attributes.unwrap_or_default();
        let milliseconds = system.get(&System::SentTimestamp).and_then(|text| text.parse().ok());
        let attributes = message.message_attributes.unwrap_or_default();
        let text = |(name, value): (String, aws_sdk_sqs::types::MessageAttributeValue)| {
            Some((name, value.string_value?))
        };
        let letter = Self {
            message_id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            attributes: attributes.into_iter().filter_map(text).collect(),
            sent_at: milliseconds.map(|since| SystemTime::UNIX_EPOCH + Duration::from_millis(since)),
            receipts: system.get(&System::ApproximateReceiveCount).and_then(|text| text.parse().ok()),
            trace_header: system.get(&System::AwsTraceHeader).cloned(),
        };
        (letter, message.receipt_handle.unwrap_or_default())
    }

    /// Value of one of the sender's attributes.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Reads the attributes that a receiver wrote.
    ///
    /// # Errors
    /// No receiver wrote the attributes.
    pub fn parked(&self) -> Result<Parked, NotParked> {
        Parked::read(|name| self.attribute(name), self.trace_header.as_deref())
    }

    /// Reads the encoding of the body.
    ///
    /// # Errors
    /// No receiver writes this encoding.
    pub fn encoding(&self) -> Result<Encoding, UnpackError> {
        Encoding::read(self.attribute("encoding"))
    }

    /// Time since the message was parked.
    pub fn age(&self) -> Option<Duration> {
        SystemTime::now().duration_since(self.sent_at?).ok()
    }
}
