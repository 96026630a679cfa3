//! Reading a queue to its end without losing anything: what is received is held, and given back at the end unless it
//! was removed.

use std::collections::HashMap;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
    QueueAttributeName,
};
use prelude_webhooks::route::QueueUrl;

use super::letter::Letter;
use crate::operate::aws::{Aws, AwsError};

/// A queue that is being read.
pub struct Mailbox<'a> {
    aws: &'a Aws,
    queue_url: &'a QueueUrl,
    hold_seconds: i32,
    /// The newest handle of each message that is held, by its id.
    held: HashMap<String, String>,
    repeats: usize,
}

/// A queue in numbers, which SQS calls approximate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received.
    pub visible: usize,
    /// Messages that somebody holds.
    pub in_flight: usize,
    /// Whether receiving often enough moves messages to a dead-letter queue.
    pub has_redrive_policy: bool,
}

/// SQS's limit for one call of any kind.
const BATCH: usize = 10;
/// Answers with nothing new before a queue is taken for read: what is held for longer than its time comes again.
const MAX_REPEATS: usize = 3;

impl<'a> Mailbox<'a> {
    /// Nothing is received yet. If this process dies, what it holds is visible again after `hold_seconds`.
    pub fn new(aws: &'a Aws, queue_url: &'a QueueUrl, hold_seconds: i32) -> Self {
        Self { aws, queue_url, hold_seconds, held: HashMap::new(), repeats: 0 }
    }

    /// How much there is.
    ///
    /// # Errors
    /// The queue is not there, or may not be asked.
    pub async fn depth(&self) -> Result<Depth, AwsError> {
        let asked = self.aws.client.get_queue_attributes().queue_url(self.queue_url.as_str());
        let asked = asked.attribute_names(QueueAttributeName::All).send().await;
        let attributes = asked.map_err(|error| self.aws.explain(error))?.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok(Depth {
            visible: number(QueueAttributeName::ApproximateNumberOfMessages),
            in_flight: number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
            has_redrive_policy: attributes
                .get(&QueueAttributeName::RedrivePolicy)
                .is_some_and(|policy| !policy.is_empty()),
        })
    }

    /// Up to ten more messages; none when the queue shows nothing that is not held already.
    ///
    /// # Errors
    /// SQS does not hand them over.
    pub async fn next(&mut self) -> Result<Vec<Letter>, AwsError> {
        while self.repeats < MAX_REPEATS {
            let received = self
                .aws
                .client
                .receive_message()
                .queue_url(self.queue_url.as_str())
                .max_number_of_messages(10)
                .visibility_timeout(self.hold_seconds)
                // Asks all of SQS's servers, where an empty answer without waiting means nothing.
                .wait_time_seconds(1)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .send()
                .await
                .map_err(|error| self.aws.explain(error))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            let mut letters = Vec::new();
            for (letter, handle) in messages.into_iter().map(Letter::of) {
                if self.held.insert(letter.message_id.clone(), handle).is_none() {
                    letters.push(letter);
                }
            }
            if !letters.is_empty() {
                self.repeats = 0;
                return Ok(letters);
            }
            self.repeats += 1;
        }
        Ok(Vec::new())
    }

    /// Removes messages for good; gives the ids of those that SQS did not remove.
    pub async fn remove(&mut self, message_ids: &[String]) -> Vec<String> {
        let mut left = Vec::new();
        for ids in message_ids.chunks(BATCH) {
            let entry = |(index, id): (usize, &String)| {
                let handle = self.held.get(id)?;
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(handle).build().ok()
            };
            let entries = ids.iter().enumerate().filter_map(entry).collect();
            let call = self.aws.client.delete_message_batch().queue_url(self.queue_url.as_str());
            let removed = call.set_entries(Some(entries)).send().await;
            for (index, id) in ids.iter().enumerate() {
                let index = index.to_string();
                let is_removed = removed
                    .as_ref()
                    .is_ok_and(|answer| answer.successful().iter().any(|entry| entry.id() == index));
                if is_removed {
                    self.held.remove(id);
                } else {
                    left.push(id.clone());
                }
            }
        }
        left
    }

    /// Gives back what is held, visible at once; gives how many come back only when their time has run out.
    pub async fn release(&mut self) -> usize {
        let held: Vec<_> = self.held.drain().map(|(_, handle)| handle).collect();
        self.repeats = 0;
        let mut late = 0;
        for handles in held.chunks(BATCH) {
            let entry = |(index, handle): (usize, &String)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            };
            let entries = handles.iter().enumerate().filter_map(entry).collect();
            let call = self.aws.client.change_message_visibility_batch().queue_url(self.queue_url.as_str());
            let released = call.set_entries(Some(entries)).send().await;
            late += handles.len() - released.map_or(0, |answer| answer.successful().len());
        }
        late
    }
}
