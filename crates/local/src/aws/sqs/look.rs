//! Reads the embedded queues without receiving from them, and refills them.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use prelude_webhooks::route::QueueUrl;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use winterbaume_core::{MockRequest, MockService as _};

use super::{EmbeddedSqs, EmbeddedSqsError, MAX_BYTES, QueueAttributeName, REGION};
use crate::aws::guard::{
    ledger::{Held, Visibility},
    wire::Entry,
};

/// Number of messages in a queue. The three numbers are the length of [`EmbeddedSqs::peek`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Name of the queue.
    pub queue: String,
    /// Messages that can be received now.
    pub visible: usize,
    /// Messages that were received and neither deleted nor made visible again.
    pub in_flight: usize,
    /// Messages that their sender delayed, and that were never visible.
    pub delayed: usize,
}

impl Depth {
    /// Depth of a queue that holds these messages.
    pub fn of(queue: &str, held: &[Held]) -> Self {
        let count = |wanted| held.iter().filter(|held| held.visibility == wanted).count();
        Self {
            queue: queue.to_owned(),
            visible: count(Visibility::Visible),
            in_flight: count(Visibility::InFlight),
            delayed: count(Visibility::Delayed),
        }
    }
}

impl EmbeddedSqs {
    /// Depth of every queue, sorted by name.
    ///
    /// # Errors
    /// A call to the embedded SQS failed.
    pub async fn depths(&self) -> Result<Vec<Depth>, EmbeddedSqsError> {
        let listed = self.client.list_queues().send().await;
        let listed = listed.map_err(|error| EmbeddedSqsError::new("list", "*", &error))?;
        let mut depths = Vec::new();
        for url in listed.queue_urls() {
            let asked = self.client.get_queue_attributes().queue_url(url);
            let asked = asked.attribute_names(QueueAttributeName::All).send().await;
            let queue = QueueUrl::name_in(url).to_owned();
            let attributes = asked.map_err(|error| EmbeddedSqsError::new("look at", &queue, &error))?;
            let count = |name| {
                attributes.attributes().and_then(|all| all.get(&name)?.parse().ok()).unwrap_or_default()
            };
            depths.push(Depth {
                queue,
                visible: count(QueueAttributeName::ApproximateNumberOfMessages),
                in_flight: count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
                delayed: count(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
            });
        }
        depths.sort_by(|one, other| one.queue.cmp(&other.queue));
        Ok(depths)
    }

    /// Messages in a queue, oldest first. Receives nothing.
    pub fn peek(&self, queue_name: &str) -> Vec<Held> {
        self.guard.ledger().queue(queue_name)
    }

    /// Messages that carry this attribute, among the newest two thousand of a queue.
    pub fn find(&self, queue_name: &str, attribute: &str, value: &str) -> Vec<Held> {
        self.guard.ledger().find(queue_name, attribute, value)
    }

    /// Messages in each queue.
    pub fn held(&self) -> impl Iterator<Item = (String, Vec<Held>)> {
        self.guard.ledger().queues().into_iter()
    }

    /// Counter that changes whenever a message is sent, received or deleted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.guard.ledger().changes()
    }

    /// Sends a message again; SQS gives it a new id. Creates the queue if it does not exist.
    ///
    /// # Errors
    /// The queue refuses the message.
    pub async fn send_again(&self, queue_name: &str, entry: &Entry) -> Result<(), EmbeddedSqsError> {
        if self.client.get_queue_url().queue_name(queue_name).send().await.is_err() {
            self.create_queue(queue_name, MAX_BYTES).await?;
        }
        let refused =
            |cause: String| EmbeddedSqsError { action: "fill", queue: queue_name.to_owned(), cause };
        let mut message = serde_json::to_value(entry).map_err(|error| refused(error.to_string()))?;
        if let Some(members) = message.as_object_mut() {
            members.insert("QueueUrl".to_owned(), Value::String(Self::queue_url_prefix(queue_name)));
        }
        let request = MockRequest {
            method: "POST".to_owned(),
            uri: format!("https://sqs.{REGION}.amazonaws.com/"),
            headers: HeaderMap::from_iter([(
                http::HeaderName::from_static("x-amz-target"),
                HeaderValue::from_static("AmazonSQS.SendMessage"),
            )]),
            body: Bytes::from(message.to_string()),
        };
        let response = self.guard.handle(request).await;
        if response.status == 200 {
            return Ok(());
        }
        Err(refused(String::from_utf8_lossy(&response.body).into_owned()))
    }
}
