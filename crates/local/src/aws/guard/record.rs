//! Records of the guard: sending calls and accepted entries.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    rules::batch_bytes,
    wire::{AttributeValue, Entry},
};

/// Bytes of bodies that are kept. Beyond that, the oldest entries are dropped, so that a long-lived stack stays small.
const KEPT_BYTES: usize = 512 * 1024 * 1024;
/// Number of calls that are kept.
const KEPT_CALLS: usize = 100_000;

/// Accepted message with every member that its sender set, including those that the embedded SQS drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEntry {
    /// Name of the queue.
    pub queue: String,
    /// Id that SQS gave the message. A FIFO duplicate is recorded again, with the id of the first message.
    pub message_id: String,
    /// Message body.
    pub body: String,
    /// Attributes that the sender set. A binary value is base64.
    pub attributes: BTreeMap<String, String>,
    /// System attributes that the sender set, such as `AWSTraceHeader`.
    pub system_attributes: BTreeMap<String, String>,
    /// Message group of a FIFO queue or a fair queue.
    pub group_id: Option<String>,
    /// Deduplication id of a FIFO queue.
    pub deduplication_id: Option<String>,
}

/// `SendMessage` or `SendMessageBatch` call, accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// Name of the queue.
    pub queue: String,
    /// Number of entries.
    pub entries: usize,
    /// Size of the entries as SQS counts it.
    pub bytes: usize,
}

/// Newest half GiB of accepted bodies, and newest hundred thousand calls.
#[derive(Debug, Default)]
pub struct Records(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<RecordedEntry>,
    bytes: usize,
    calls: VecDeque<RecordedCall>,
}

impl Records {
    /// Kept entries, oldest first.
    pub fn entries(&self) -> Vec<RecordedEntry> {
        self.kept().entries.iter().cloned().collect()
    }

    /// Kept calls, oldest first.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.kept().calls.iter().cloned().collect()
    }

    pub(crate) fn call(&self, queue: &str, entries: &[Entry]) {
        let call =
            RecordedCall { queue: queue.to_owned(), entries: entries.len(), bytes: batch_bytes(entries) };
        let mut kept = self.kept();
        kept.calls.push_back(call);
        if kept.calls.len() > KEPT_CALLS {
            kept.calls.pop_front();
        }
    }

    pub(crate) fn accepted(&self, queue: &str, message_id: &str, entry: Entry) {
        let recorded = RecordedEntry {
            queue: queue.to_owned(),
            message_id: message_id.to_owned(),
            body: entry.message_body,
            attributes: texts(entry.message_attributes),
            system_attributes: texts(entry.message_system_attributes),
            group_id: entry.message_group_id,
            deduplication_id: entry.message_deduplication_id,
        };
        let mut kept = self.kept();
        kept.bytes += recorded.body.len();
        kept.entries.push_back(recorded);
        while kept.bytes > KEPT_BYTES {
            let Some(oldest) = kept.entries.pop_front() else { break };
            kept.bytes -= oldest.body.len();
        }
    }

    /// System attributes that SQS returns with this message on receipt.
    pub(crate) fn system_attributes(&self, message_id: &str) -> BTreeMap<String, String> {
        let kept = self.kept();
        let Some(entry) = kept.entries.iter().rev().find(|entry| entry.message_id == message_id) else {
            return BTreeMap::new();
        };
        let mut attributes = entry.system_attributes.clone();
        let ids = [("MessageGroupId", &entry.group_id), ("MessageDeduplicationId", &entry.deduplication_id)];
        for (name, id) in ids {
            if let Some(id) = id {
                attributes.insert(name.to_owned(), id.clone());
            }
        }
        attributes
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn texts(attributes: BTreeMap<String, AttributeValue>) -> BTreeMap<String, String> {
    let text = |value: AttributeValue| value.string_value.or(value.binary_value).unwrap_or_default();
    attributes.into_iter().map(|(name, value)| (name, text(value))).collect()
}
