//! Limits of SQS on messages and batches, as pure functions.
//!
//! [`check_batch`] has the limits that refuse a whole call; [`check_entry`] has those that refuse one message.
//!
//! | limit | code of the refusal | source |
//! |---|---|---|
//! | 1 to 10 entries in a batch | `EmptyBatchRequest`, `TooManyEntriesInBatchRequest` | [batch] |
//! | entry ids: distinct, 1 to 80 letters, digits, `-`, `_` | `BatchEntryIdsNotDistinct`, `InvalidBatchEntryId` | [batch], [quotas] |
//! | 1 MiB for all messages of a batch together | `BatchRequestTooLong` | [batch] |
//! | 1 MiB for a message, or less if the queue's own limit is lower | `InvalidParameterValue` | [quotas], [queue] |
//! | attribute names, types and values count, system attributes do not | | [metadata], [message] |
//! | a body of at least one character | `MissingParameter` | [quotas] |
//! | only characters that XML allows | `InvalidMessageContents` | [quotas] |
//! | 10 attributes for a message, and their form | `InvalidParameterValue` | [quotas], [metadata] |
//! | one system attribute, `AWSTraceHeader`, and its form | `InvalidParameterValue` | [message] |
//! | FIFO queue: a group id, and a deduplication id unless the queue hashes the body | `MissingParameter`, `InvalidParameterValue` | [message] |
//! | FIFO queue: no delay of a single message | `InvalidParameterValue` | [message] |
//! | standard queue: no deduplication id, a delay of 0 to 900 s | `InvalidParameterValue` | [message] |
//! | group and deduplication ids: 1 to 128 letters, digits, punctuation | `InvalidParameterValue` | [message] |
//!
//! Texts of refusals follow SQS's, because people search for them. Left out are the quotas on throughput and on messages
//! in flight.
//!
//! [batch]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
//! [message]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
//! [metadata]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
//! [queue]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
//! [quotas]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html

mod attributes;

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::wire::{AttributeValue, Code, Entry, Refusal};
use attributes::{check_attribute, check_system_attribute};

/// Most bytes of one message, and of all messages of a batch together.
pub const MAX_BYTES: usize = 1_048_576;
/// Most entries in a batch.
pub const MAX_ENTRIES: usize = 10;
/// Most attributes of a message.
pub const MAX_ATTRIBUTES: usize = 10;
/// Most characters in a queue's name. The embedded SQS enforces this limit:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html>
pub const MAX_QUEUE_NAME: usize = 80;

/// Settings of a queue that the limits depend on.
#[derive(Debug, Clone, Copy)]
pub struct QueueRules {
    /// Selects the limits of a FIFO queue.
    pub fifo: bool,
    /// Replaces a missing deduplication id by the body's hash.
    pub content_based_deduplication: bool,
    /// Limit of the queue for one message, at most [`MAX_BYTES`].
    pub max_message_bytes: usize,
}

/// Checks a batch as a whole. A refusal refuses every entry.
pub fn check_batch(entries: &[Entry]) -> Result<(), Refusal> {
    if entries.is_empty() {
        return Err(Refusal::new(
            Code::EmptyBatchRequest,
            "There should be at least one entry in the request.",
        ));
    }
    if entries.len() > MAX_ENTRIES {
        let text = format!(
            "Maximum number of entries per request are {MAX_ENTRIES}. You have sent {}.",
            entries.len()
        );
        return Err(Refusal::new(Code::TooManyEntries, text));
    }
    if !entries.iter().all(|entry| is_entry_id(&entry.id)) {
        let text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                    It can be at most 80 letters long.";
        return Err(Refusal::new(Code::InvalidEntryId, text));
    }
    let mut seen = BTreeSet::new();
    if let Some(repeated) = entries.iter().find(|entry| !seen.insert(entry.id.as_str())) {
        return Err(Refusal::new(Code::IdsNotDistinct, format!("Id {} repeated.", repeated.id)));
    }
    let bytes = batch_bytes(entries);
    if bytes > MAX_BYTES {
        let text =
            format!("Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {bytes} bytes.");
        return Err(Refusal::new(Code::BatchTooLong, text));
    }
    Ok(())
}

/// Checks one message, in a batch or alone. A refusal refuses this message only.
pub fn check_entry(entry: &Entry, queue: &QueueRules) -> Result<(), Refusal> {
    if entry.message_body.is_empty() {
        return Err(Refusal::new(
            Code::MissingParameter,
            "The request must contain the parameter MessageBody.",
        ));
    }
    check_characters(&entry.message_body)?;
    let limit = queue.max_message_bytes.min(MAX_BYTES);
    if message_bytes(entry) > limit {
        return invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
        ));
    }
    if entry.message_attributes.len() > MAX_ATTRIBUTES {
        let count = entry.message_attributes.len();
        return invalid(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        ));
    }
    for (name, value) in &entry.message_attributes {
        check_attribute(name, value)?;
    }
    for (name, value) in &entry.message_system_attributes {
        check_system_attribute(name, value)?;
    }
    check_queue_kind(entry, queue)
}

/// Size of a whole batch as SQS counts it.
pub fn batch_bytes(entries: &[Entry]) -> usize {
    entries.iter().map(message_bytes).sum()
}

/// Size of a message as SQS counts it: the body, and the names, types and values of attributes.
pub fn message_bytes(entry: &Entry) -> usize {
    let attributes = entry.message_attributes.iter();
    entry.message_body.len() + attributes.map(|(name, value)| name.len() + value_bytes(value)).sum::<usize>()
}

/// Reports whether SQS allows this character.
pub fn is_carried(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

fn value_bytes(value: &AttributeValue) -> usize {
    let binary =
        value.binary_value.as_deref().map_or(0, |text| STANDARD.decode(text).map_or(0, |bytes| bytes.len()));
    value.data_type.len() + value.string_value.as_deref().map_or(0, str::len) + binary
}

fn is_entry_id(id: &str) -> bool {
    (1..=80).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn check_characters(text: &str) -> Result<(), Refusal> {
    if text.chars().all(is_carried) {
        return Ok(());
    }
    let text = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                #xE000 to #xFFFD | #x10000 to #x10FFFF.";
    Err(Refusal::new(Code::InvalidMessageContents, text))
}

fn check_queue_kind(entry: &Entry, queue: &QueueRules) -> Result<(), Refusal> {
    if let Some(group) = &entry.message_group_id {
        check_queue_id("MessageGroupId", group)?;
    }
    if !queue.fifo {
        return match (&entry.message_deduplication_id, entry.delay_seconds) {
            (Some(id), _) => invalid(not_for_this_queue("MessageDeduplicationId", id)),
            (None, Some(delay)) if !(0..=900).contains(&delay) => invalid(format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: must be between 0 and 900."
            )),
            (None, _) => Ok(()),
        };
    }
    if let Some(delay) = entry.delay_seconds.filter(|delay| *delay != 0) {
        return invalid(not_for_this_queue("DelaySeconds", &delay.to_string()));
    }
    if entry.message_group_id.is_none() {
        return Err(Refusal::new(
            Code::MissingParameter,
            "The request must contain the parameter MessageGroupId.",
        ));
    }
    match &entry.message_deduplication_id {
        Some(id) => check_queue_id("MessageDeduplicationId", id),
        None if queue.content_based_deduplication => Ok(()),
        None => invalid(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
                .to_owned(),
        ),
    }
}

fn check_queue_id(name: &str, id: &str) -> Result<(), Refusal> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    invalid(format!(
        "Value {id} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and punctuation \
         characters. 1 to 128 in length."
    ))
}

fn not_for_this_queue(name: &str, value: &str) -> String {
    format!(
        "Value {value} for parameter {name} is invalid. Reason: The request includes a parameter that is not valid \
         for this queue type."
    )
}

fn invalid(message: String) -> Result<(), Refusal> {
    Err(Refusal::new(Code::InvalidParameterValue, message))
}

#[cfg(test)]
mod tests;
