//! Searches the dev stack's queues through the SDK, and leaves every message there.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_sqs::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName},
};
use prelude_events::EventType;
use prelude_webhooks::{
    route::QueueUrl,
    route::{DEAD_LETTER_SUFFIX, PARKING_SLUG},
};
use serde::Serialize;

use super::post::Sent;
use crate::operate::aws::AwsError;
use prelude_local::{aws::sqs::REGION, http_client::ClientError, prelude::samples};

/// Message of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Name of the queue.
    pub queue: String,
    /// SQS's id of the message.
    pub message_id: String,
    /// Reason for parking; absent if the event is not parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
}

/// Queues of the dev stack, also with routes or FIFO queues.
#[derive(Debug)]
pub struct Queues {
    client: Client,
    endpoint: String,
    urls: Vec<String>,
}

impl Queues {
    /// Lists the queues at this endpoint with the name prefix of `events/.env`.
    ///
    /// # Errors
    /// The endpoint is not an SQS, or has no such queue.
    pub async fn at(endpoint: &str) -> Result<Self, PeekError> {
        let second = Duration::from_secs(1);
        let client = Client::from_conf(
            Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(REGION))
                .endpoint_url(endpoint)
                .credentials_provider(Credentials::new("local", "local", None, None, "dev stack"))
                .retry_config(RetryConfig::disabled())
                .timeout_config(
                    TimeoutConfig::builder().connect_timeout(second).operation_timeout(5 * second).build(),
                )
                .build(),
        );
        let listed = client.list_queues().queue_name_prefix(samples::QUEUE_PREFIX).send().await;
        let urls = listed.map_err(|error| PeekError::of(error, endpoint))?.queue_urls.unwrap_or_default();
        let endpoint = endpoint.to_owned();
        if urls.is_empty() {
            Err(PeekError::NoQueues { endpoint })
        } else {
            Ok(Self { client, endpoint, urls })
        }
    }

    /// Address of the SQS.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Queues that may hold an event of this type, the likely ones first: its own, the parking queue, and all others,
    /// because routes may merge types.
    fn candidates(&self, event_type: Option<&EventType>) -> Vec<&String> {
        let own = event_type.and_then(EventType::queue_slug);
        let rank = |url: &String| match slug(url) {
            slug if Some(slug) == own => 0,
            PARKING_SLUG => 1,
            _ => 2,
        };
        let mut candidates: Vec<_> =
            self.urls.iter().filter(|url| !slug(url).ends_with(DEAD_LETTER_SUFFIX)).collect();
        candidates.sort_by_key(|url| rank(url));
        candidates
    }

    /// Receives every visible message. Hides each for a moment, so that the next receipt returns others.
    async fn messages(&self, queue_url: &str) -> Result<Vec<Message>, PeekError> {
        let mut messages = Vec::new();
        while messages.len() < MOST_MESSAGES {
            let answer = self
                .client
                .receive_message()
                .queue_url(queue_url)
                .max_number_of_messages(10)
                .visibility_timeout(HIDDEN_SECONDS)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .send()
                .await
                .map_err(|error| PeekError::of(error, &self.endpoint))?;
            let more = answer.messages.unwrap_or_default();
            if more.is_empty() {
                break;
            }
            messages.extend(more);
        }
        for ten in messages.chunks(10) {
            let mut show = self.client.change_message_visibility_batch().queue_url(queue_url);
            for (index, message) in ten.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(message.receipt_handle().unwrap_or_default())
                    .visibility_timeout(0);
                show = show
                    .entries(entry.build().map_err(|_incomplete| PeekError::NotSqs(self.endpoint.clone()))?);
            }
            show.send().await.map_err(|error| PeekError::of(error, &self.endpoint))?;
        }
        Ok(messages)
    }
}

/// Time that is enough for reading a queue. If this process dies, the messages become visible again after it.
const HIDDEN_SECONDS: i32 = 20;
/// Limit of messages to read from a queue.
const MOST_MESSAGES: usize = 5_000;

/// Received messages by queue, without those that belong to a found event.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, Vec<Message>>);

impl Seen {
    /// Finds the event's message; `None` if a consumer deleted it already.
    pub(super) async fn find(
        &mut self,
        event: &Sent,
        queues: &Queues,
        since: SystemTime,
    ) -> Result<Option<Placed>, PeekError> {
        for url in queues.candidates(event.event_type.as_ref()) {
            if !self.0.contains_key(url) {
                self.0.insert(url.clone(), queues.messages(url).await?);
            }
            let Some(messages) = self.0.get_mut(url) else { continue };
            let is_it = |message: &Message| message.body() == Some(&event.raw) && is_new(message, since);
            if let Some(place) = messages.iter().position(is_it) {
                return Ok(Some(placed(url, messages.swap_remove(place))));
            }
        }
        Ok(None)
    }

    /// Reports whether a message that belongs to no found event was parked at this time or later.
    pub(super) fn has_parked(&self, since: SystemTime) -> bool {
        self.0.values().flatten().any(|message| reason(message).is_some() && is_new(message, since))
    }
}

/// Part of a queue's name between the prefix and `.fifo`.
fn slug(queue_url: &str) -> &str {
    let name = QueueUrl::name_in(queue_url);
    let slug = name.strip_prefix(samples::QUEUE_PREFIX).unwrap_or(name);
    slug.strip_suffix(".fifo").unwrap_or(slug)
}

/// Reports whether this run sent the message. An earlier run can have left the same file or sample.
fn is_new(message: &Message, since: SystemTime) -> bool {
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    sent.and_then(|sent| sent.parse::<u128>().ok()).is_none_or(|sent| sent >= since)
}

/// Reason for parking a message.
fn reason(message: &Message) -> Option<&str> {
    message.message_attributes()?.get("reason")?.string_value()
}

fn placed(queue_url: &str, message: Message) -> Placed {
    let queue = QueueUrl::name_in(queue_url).to_owned();
    let parked = reason(&message).map(str::to_owned);
    Placed { queue, message_id: message.message_id.unwrap_or_default(), parked }
}

/// Error of searching the queues.
#[derive(Debug, thiserror::Error)]
pub enum PeekError {
    /// SQS does not answer.
    #[error("the queues were not checked: {0}")]
    NoAnswer(ClientError),
    /// The answer is not SQS's.
    #[error("the queues were not checked: {0} does not answer as SQS does: check --sqs")]
    NotSqs(String),
    /// SQS refused a call.
    #[error("the queues were not checked: {0}")]
    Refused(AwsError),
    /// The SQS has no queue with the prefix.
    #[error(
        "the queues were not checked: the SQS at {endpoint} has no queue whose name begins with {}",
        samples::QUEUE_PREFIX
    )]
    NoQueues {
        /// Address of the SQS.
        endpoint: String,
    },
}

impl PeekError {
    fn of<E>(error: SdkError<E>, endpoint: &str) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        match AwsError::of(error, endpoint) {
            AwsError::Unreachable(place) => Self::NoAnswer(ClientError::NoConnection(place)),
            AwsError::UnknownHost(place) => Self::NoAnswer(ClientError::UnknownHost(place)),
            AwsError::TimedOut(place) => Self::NoAnswer(ClientError::TimedOut(place)),
            AwsError::Unreadable(place) => Self::NotSqs(place),
            refused => Self::Refused(refused),
        }
    }
}
