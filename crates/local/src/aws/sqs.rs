//! Embedded SQS: winterbaume behind the [guard](super::guard), reached in-process through the real AWS SDK.
//!
//! The guard enforces SQS's limits. Queues and messages live in memory. Left out are quotas on throughput, retention,
//! encryption and access policies.

mod look;
mod server;
pub mod sight;

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_sqs::{
    Client, Config,
    config::{BehaviorVersion, Region, SharedHttpClient},
    error::DisplayErrorContext,
    types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName},
};
use prelude_webhooks::route::{DEAD_LETTER_SUFFIX, QueueUrl, Routes};
use serde_json::json;
use winterbaume_core::MockAws;

pub use look::Depth;
pub use server::{SqsServer, sqs_request};

pub use super::place::{ACCOUNT_ID, REGION};
use super::{
    faults::Fault,
    guard::{
        Guard,
        record::{RecordedCall, RecordedEntry},
        rules::{MAX_BYTES, MAX_QUEUE_NAME},
    },
    place,
};

/// Number of times that a message is received before it goes to the dead-letter queue: the template's default.
pub const MAX_RECEIVE_COUNT: u32 = 5;

/// Retention of every queue: the template's, and SQS's longest.
const RETENTION_SECONDS: u32 = 14 * 86_400;
/// Visibility timeout of every queue: the template's default.
const VISIBILITY_SECONDS: u32 = 180;

/// SQS in this process. Clones share the queues.
#[derive(Clone)]
pub struct EmbeddedSqs {
    guard: Arc<Guard>,
    http_client: SharedHttpClient,
    client: Client,
}

impl EmbeddedSqs {
    /// Starts with queues of these names. A name that ends in `.fifo` makes a FIFO queue.
    pub async fn start(
        queue_names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, EmbeddedSqsError> {
        let guard = Arc::new(Guard::default());
        let aws = MockAws::builder().with_service(Arc::clone(&guard)).build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(aws.credentials_provider())
            .http_client(aws.http_client())
            .build();
        let sqs = Self { guard, http_client: aws.http_client(), client: Client::from_conf(config) };
        for name in queue_names {
            sqs.create_queue(name.as_ref(), MAX_BYTES).await?;
        }
        Ok(sqs)
    }

    /// Starts with every queue that these routes lead to, as the template deploys them.
    ///
    /// Each queue except the parking queue has a dead-letter queue, unless its name leaves no room for the suffix.
    ///
    /// # Errors
    /// SQS refuses a queue's name.
    pub async fn start_for(routes: &Routes) -> Result<Self, EmbeddedSqsError> {
        let name = |url: &QueueUrl| url.name().to_owned();
        let sqs = Self::start(routes.queue_urls().map(name)).await?;
        for queue in routes.queue_urls().filter(|url| *url != routes.parking()).map(name) {
            if queue.len() + DEAD_LETTER_SUFFIX.len() <= MAX_QUEUE_NAME {
                sqs.create_dead_letter_queue(&queue).await?;
            }
        }
        Ok(sqs)
    }

    /// Creates a queue's dead-letter queue, for messages received [`MAX_RECEIVE_COUNT`] times and not deleted.
    ///
    /// # Errors
    /// The queue does not exist, or its name leaves no room for the suffix.
    pub async fn create_dead_letter_queue(&self, queue_name: &str) -> Result<(), EmbeddedSqsError> {
        let suffix = if queue_name.ends_with(".fifo") { ".fifo" } else { "" };
        let bare = queue_name.strip_suffix(suffix).unwrap_or(queue_name);
        let dead_letters = format!("{bare}{DEAD_LETTER_SUFFIX}{suffix}");
        self.create_queue(&dead_letters, MAX_BYTES).await?;
        let policy = json!({
            "deadLetterTargetArn": format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{dead_letters}"),
            "maxReceiveCount": MAX_RECEIVE_COUNT,
        });
        let set = self.client.set_queue_attributes().queue_url(Self::queue_url_prefix(queue_name));
        set.attributes(QueueAttributeName::RedrivePolicy, policy.to_string())
            .send()
            .await
            .map_err(|error| EmbeddedSqsError::new("set the redrive policy of", queue_name, &error))?;
        Ok(())
    }

    /// Creates a queue whose messages have at most this many bytes.
    pub async fn create_queue(&self, name: &str, max_message_bytes: usize) -> Result<(), EmbeddedSqsError> {
        let size = max_message_bytes.to_string();
        let mut create = self
            .client
            .create_queue()
            .queue_name(name)
            .attributes(QueueAttributeName::MaximumMessageSize, size)
            .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string())
            .attributes(QueueAttributeName::VisibilityTimeout, VISIBILITY_SECONDS.to_string());
        if name.ends_with(".fifo") {
            create = create.attributes(QueueAttributeName::FifoQueue, "true");
        }
        create.send().await.map_err(|error| EmbeddedSqsError::new("create", name, &error))?;
        Ok(())
    }

    /// HTTP client for `aws_sdk_sqs::config::Builder::http_client`; an SDK client built with it reaches these queues.
    pub fn http_client(&self) -> SharedHttpClient {
        self.http_client.clone()
    }

    /// SDK client of these queues, with made-up credentials.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Service behind the SDK client, for servers that take its requests over a socket.
    pub fn service(&self) -> Arc<Guard> {
        Arc::clone(&self.guard)
    }

    /// Queue URL up to and including this beginning of a queue's name.
    pub fn queue_url_prefix(prefix: &str) -> String {
        place::queue_url_prefix(prefix)
    }

    /// Receives and deletes every visible message of a queue, in the order of receipt.
    pub async fn drain(&self, queue_name: &str) -> Result<Vec<ReceivedMessage>, EmbeddedSqsError> {
        let url = Self::queue_url_prefix(queue_name);
        let mut drained = Vec::new();
        loop {
            let received = self.client.receive_message().queue_url(&url).max_number_of_messages(10);
            let received = received
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .wait_time_seconds(0)
                .send()
                .await
                .map_err(|error| EmbeddedSqsError::new("receive from", queue_name, &error))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(drained);
            }
            self.delete(&url, &messages).await.map_err(|error| EmbeddedSqsError {
                action: "delete from",
                queue: queue_name.to_owned(),
                cause: error,
            })?;
            drained.extend(messages.into_iter().map(ReceivedMessage::from));
        }
    }

    async fn delete(&self, url: &str, messages: &[Message]) -> Result<(), String> {
        let mut delete = self.client.delete_message_batch().queue_url(url);
        for (index, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
            let entry = entry.receipt_handle(message.receipt_handle().unwrap_or_default()).build();
            delete = delete.entries(entry.map_err(|error| error.to_string())?);
        }
        delete.send().await.map_err(|error| DisplayErrorContext(&error).to_string())?;
        Ok(())
    }

    /// Every entry accepted so far, with members that no consumer sees.
    pub fn recorded(&self) -> Vec<RecordedEntry> {
        self.guard.recorded()
    }

    /// Every sending call so far, including refused ones.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.guard.calls()
    }

    /// Makes the next matching calls fail.
    pub fn inject(&self, fault: Fault) {
        self.guard.inject(fault);
    }
}

/// Message as a consumer receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// Id that SQS gave the message.
    pub message_id: String,
    /// Message body.
    pub body: String,
    /// String attributes that the sender set.
    pub attributes: BTreeMap<String, String>,
    /// System attributes, including `AWSTraceHeader`, `MessageGroupId` and `MessageDeduplicationId`.
    pub system_attributes: BTreeMap<String, String>,
}

impl ReceivedMessage {
    /// Value of an attribute that the sender set.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl From<Message> for ReceivedMessage {
    fn from(message: Message) -> Self {
        let attributes = message.message_attributes.unwrap_or_default();
        let system_attributes = message.attributes.unwrap_or_default();
        Self {
            message_id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (name, value.string_value.unwrap_or_default()))
                .collect(),
            system_attributes: system_attributes
                .into_iter()
                .map(|(name, value)| (name.as_str().to_owned(), value))
                .collect(),
        }
    }
}

/// Failed operation on the embedded SQS.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} queue `{queue}`: {cause}")]
pub struct EmbeddedSqsError {
    action: &'static str,
    queue: String,
    cause: String,
}

impl EmbeddedSqsError {
    fn new(action: &'static str, queue: &str, error: &(impl std::error::Error + 'static)) -> Self {
        Self { action, queue: queue.to_owned(), cause: DisplayErrorContext(error).to_string() }
    }
}

#[cfg(test)]
mod tests;
