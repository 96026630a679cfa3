//! A message of the parking queue, as SQS delivers it and as a file keeps it.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as System};
use prelude_webhooks::replay::{Encoding, NotParked, Parked, UnpackError};
use serde::{Deserialize, Serialize};

/// A message with all its attributes.
#[derive(Clone, Serialize, Deserialize)]
pub struct Letter {
    /// SQS's id.
    pub message_id: String,
    /// String attributes, by name. The receiver writes no others.
    pub attributes: BTreeMap<String, String>,
    /// SQS's own attributes, by name.
    pub system_attributes: BTreeMap<String, String>,
    /// Text of the body, still encoded.
    pub body: String,
}

impl Letter {
    /// Converts a message of SQS. Also returns the handle that removes the message.
    pub fn of(message: Message) -> (Self, String) {
        let system = message.attributes.unwrap_or_default();
        let attributes = message.message_attributes.unwrap_or_default();
        let text = |(name, value): (String, aws_sdk_sqs::types::MessageAttributeValue)| {
            Some((name, value.string_value?))
        };
        let letter = Self {
            message_id: message.message_id.unwrap_or_default(),
            attributes: attributes.into_iter().filter_map(text).collect(),
            system_attributes: system
                .into_iter()
                .map(|(name, value)| (name.as_str().to_owned(), value))
                .collect(),
            body: message.body.unwrap_or_default(),
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
        Parked::read(|name| self.attribute(name), self.system(&System::AwsTraceHeader))
    }

    /// Reads the encoding of the body.
    ///
    /// # Errors
    /// No receiver writes this encoding.
    pub fn encoding(&self) -> Result<Encoding, UnpackError> {
        Encoding::read(self.attribute("encoding"))
    }

    /// Reports whether the message is one of several of its event.
    pub fn is_part(&self) -> bool {
        matches!(self.encoding(), Ok(Encoding::GzipPart { .. }))
    }

    /// Time when SQS accepted the message.
    pub fn sent_at(&self) -> Option<SystemTime> {
        let milliseconds = self.system(&System::SentTimestamp)?.parse().ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
    }

    /// Number of receipts, including this one.
    pub fn receipts(&self) -> Option<u32> {
        self.system(&System::ApproximateReceiveCount)?.parse().ok()
    }

    fn system(&self, name: &System) -> Option<&str> {
        self.system_attributes.get(name.as_str()).map(String::as_str)
    }
}
