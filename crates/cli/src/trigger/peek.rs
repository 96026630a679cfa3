//! Looks into the dev stack's queues through the real SDK, and leaves every message there.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_sqs::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName},
};
use prelude_webhooks::{config::Config as Receiver, route::Routes};
use serde::Serialize;

use super::post::Sent;
use crate::{local::prelude::KeyError, local::sqs::REGION, samples};

/// Where an event lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The queue's name.
    pub queue: String,
    /// The id that SQS gave the message.
    pub message_id: String,
    /// Why it is parked, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
}

/// The dev stack's queues.
#[derive(Debug)]
pub struct Queues {
    client: Client,
    routes: Routes,
}

impl Queues {
    /// The queues of `events/.env` at this endpoint.
    ///
    /// # Errors
    /// A key of those settings can not be read.
    pub fn at(endpoint: &str) -> Result<Self, PeekError> {
        let variables = samples::environment()?.into_iter().map(|(name, value)| (name, Some(value)));
        let config = Receiver::read(variables, |path| std::fs::read_to_string(path))
            .map_err(|_problems| PeekError::NoSettings)?;
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
        Ok(Self { client, routes: config.routes })
    }

    /// Every visible message: hidden for a moment, so that each is seen, and shown again.
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
                .map_err(|_error| PeekError::Unreachable)?;
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
                show = show.entries(entry.build().map_err(|_incomplete| PeekError::Unreachable)?);
            }
            show.send().await.map_err(|_error| PeekError::Unreachable)?;
        }
        Ok(messages)
    }
}

/// Long enough to look through a queue; should this process die meanwhile, the messages come back by themselves.
const HIDDEN_SECONDS: i32 = 20;
/// What of a queue is looked through.
const MOST_MESSAGES: usize = 5_000;

/// The messages that were seen, by queue, and not yet told to be anyone's.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, Vec<Message>>);

impl Seen {
    /// The event's message; none where somebody consumed it already.
    pub(super) async fn find(
        &mut self,
        event: &Sent,
        queues: &Queues,
        since: SystemTime,
    ) -> Result<Option<Placed>, PeekError> {
        let parking = queues.routes.parking();
        let own = event.event_type.as_ref().map_or(parking, |event_type| queues.routes.queue_url(event_type));
        for url in [own, parking] {
            if !self.0.contains_key(&**url) {
                self.0.insert(url.to_string(), queues.messages(url).await?);
            }
            let Some(messages) = self.0.get_mut(&**url) else { continue };
            let is_it = |message: &Message| message.body() == Some(&event.raw) && is_new(message, since);
            if let Some(place) = messages.iter().position(is_it) {
                return Ok(Some(placed(url, messages.swap_remove(place))));
            }
        }
        Ok(None)
    }
}

/// Whether it was sent in this run: a file, or a sample with its own ids, may lie there from an earlier one.
fn is_new(message: &Message, since: SystemTime) -> bool {
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    sent.and_then(|sent| sent.parse::<u128>().ok()).is_none_or(|sent| sent >= since)
}

fn placed(queue_url: &str, message: Message) -> Placed {
    let queue = queue_url.rsplit('/').next().unwrap_or(queue_url).to_owned();
    let reason = message.message_attributes().and_then(|all| all.get("reason"));
    let parked = reason.and_then(|reason| reason.string_value()).map(str::to_owned);
    Placed { queue, message_id: message.message_id.unwrap_or_default(), parked }
}

/// The queues could not be looked into.
#[derive(Debug, thiserror::Error)]
pub enum PeekError {
    /// No SQS there, or one without these queues.
    #[error("the queues can not be looked into: is the dev stack's SQS at this address?")]
    Unreachable,
    /// The samples' settings are no configuration.
    #[error("the settings of events/.env can not be used")]
    NoSettings,
    /// A test key can not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
}
