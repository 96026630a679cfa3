//! Reads a queue to its end without losing a message. Received messages are held, and released at the end unless they
//! were removed.

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
    /// Newest handle of each held message, by message id.
    held: HashMap<String, String>,
    repeats: usize,
}

/// Numbers of a queue's messages, which are approximate in SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received.
    pub visible: usize,
    /// Messages that a reader holds.
    pub in_flight: usize,
    /// The queue has a redrive policy, which moves messages to a dead-letter queue after enough receipts.
    pub has_redrive_policy: bool,
}

/// Messages that SQS did not remove.
#[derive(Debug, Default)]
pub struct NotRemoved {
    /// Their ids.
    pub ids: Vec<String>,
    /// Error of a whole call.
    pub error: Option<AwsError>,
}

/// SQS's limit of messages in one call.
const BATCH: usize = 10;
/// Number of answers without a new message after which a queue counts as read. A message that is held for too long is
/// received again.
const MAX_REPEATS: usize = 3;

impl<'a> Mailbox<'a> {
    /// Creates a mailbox without messages. If this process dies, held messages are visible again after `hold_seconds`.
    pub fn new(aws: &'a Aws, queue_url: &'a QueueUrl, hold_seconds: i32) -> Self {
        Self { aws, queue_url, hold_seconds, held: HashMap::new(), repeats: 0 }
    }

    /// Counts the messages of the queue.
    ///
    /// # Errors
    /// The queue does not exist, or SQS refuses the call.
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

    /// Receives up to ten more messages; none if the queue shows only messages that are already held.
    ///
    /// # Errors
    /// SQS refuses the call, or does not answer.
    pub async fn next(&mut self) -> Result<Vec<Letter>, AwsError> {
        while self.repeats < MAX_REPEATS {
            let received = self
                .aws
                .client
                .receive_message()
                .queue_url(self.queue_url.as_str())
                .max_number_of_messages(10)
                .visibility_timeout(self.hold_seconds)
                // A call that waits asks all of SQS's servers. Without waiting, an empty answer proves nothing.
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

    /// Renews the time for which held messages stay hidden. Returns the ids of those whose time has ended, so that
    /// another reader may hold them.
    ///
    /// # Errors
    /// SQS refuses the call, or does not answer.
    pub async fn renew(&mut self, message_ids: &[String]) -> Result<Vec<String>, AwsError> {
        let mut lost = Vec::new();
        let mut calls: Vec<&[String]> = message_ids.chunks(BATCH).collect();
        while let Some(ids) = calls.pop() {
            let handles: Vec<_> =
                ids.iter().map(|id| self.held.get(id).cloned().unwrap_or_default()).collect();
            match self.set_visibility(&handles, self.hold_seconds).await {
                Ok(renewed) => {
                    let late = ids.iter().zip(renewed).filter(|(_, is_renewed)| !is_renewed);
                    lost.extend(late.map(|(id, _)| id.clone()));
                }
                // One handle can refuse the whole call.
                Err(AwsError::Refused(_)) if ids.len() > 1 => calls.extend(ids.chunks(1)),
                Err(AwsError::Refused(_)) => lost.extend_from_slice(ids),
                Err(error) => return Err(error),
            }
        }
        self.held.retain(|id, _| !lost.contains(id));
        Ok(lost)
    }

    /// Removes messages from the queue.
    ///
    /// # Errors
    /// SQS did not remove all of them.
    pub async fn remove(&mut self, message_ids: &[String]) -> Result<(), NotRemoved> {
        let mut left = NotRemoved::default();
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
                    left.ids.push(id.clone());
                }
            }
            left.error = left.error.or(removed.err().map(|error| self.aws.explain(error)));
        }
        if left.ids.is_empty() { Ok(()) } else { Err(left) }
    }

    /// Releases the held messages, which are visible at once. Returns the number of those that stay hidden until their
    /// time runs out.
    pub async fn release(&mut self) -> usize {
        let held: Vec<_> = self.held.drain().map(|(_, handle)| handle).collect();
        self.repeats = 0;
        let mut late = 0;
        for handles in held.chunks(BATCH) {
            let released = self.set_visibility(handles, 0).await.unwrap_or_default();
            late += handles.len() - released.into_iter().filter(|is_released| *is_released).count();
        }
        late
    }

    /// Hides up to ten messages for this time. Reports for each handle whether SQS did it.
    async fn set_visibility(&self, handles: &[String], seconds: i32) -> Result<Vec<bool>, AwsError> {
        let entry = |(index, handle): (usize, &String)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle)
                .visibility_timeout(seconds)
                .build()
                .ok()
        };
        let entries = handles.iter().enumerate().filter_map(entry).collect();
        let call = self.aws.client.change_message_visibility_batch().queue_url(self.queue_url.as_str());
        let changed =
            call.set_entries(Some(entries)).send().await.map_err(|error| self.aws.explain(error))?;
        let is_changed =
            |index: usize| changed.successful().iter().any(|entry| entry.id() == index.to_string());
        Ok((0..handles.len()).map(is_changed).collect())
    }
}
