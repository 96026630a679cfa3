//! What real SQS refuses: pure functions over a request, one rule each.

mod attributes;

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::wire::{AttributeValue, Code, Entry, Refusal};
use attributes::{check_attribute, check_system_attribute};

/// The most bytes of one message, and of all messages of a batch together.
pub const MAX_BYTES: usize = 1_048_576;
/// The most entries of a batch.
pub const MAX_ENTRIES: usize = 10;
/// The most attributes of a message.
pub const MAX_ATTRIBUTES: usize = 10;

/// What the rules need to know of the queue.
#[derive(Debug, Clone, Copy)]
pub struct QueueRules {
    /// A FIFO queue, which needs a group and a deduplication id.
    pub fifo: bool,
    /// A FIFO queue that takes the body's hash where no deduplication id is given.
    pub content_based_deduplication: bool,
    /// The queue's own limit for one message, which may be below SQS's.
    pub max_message_bytes: usize,
}

/// The rules for a batch as a whole: whatever breaks one refuses every entry.
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

/// The rules for one message, in a batch or alone: whatever breaks one refuses this entry only.
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

/// The size of a whole batch as SQS counts it.
pub fn batch_bytes(entries: &[Entry]) -> usize {
    entries.iter().map(message_bytes).sum()
}

/// The bytes that count against the limits: body, attribute names, types and values; not the system attributes.
pub fn message_bytes(entry: &Entry) -> usize {
    let attributes = entry.message_attributes.iter();
    entry.message_body.len() + attributes.map(|(name, value)| name.len() + value_bytes(value)).sum::<usize>()
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

/// Whether SQS carries this character.
pub fn is_carried(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
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
