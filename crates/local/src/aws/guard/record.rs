//! What the guard remembers: the calls it saw and the entries that were accepted.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    rules::batch_bytes,
    wire::{AttributeValue, Entry},
};

/// Bytes of bodies that are kept; a long-lived local stack forgets its oldest entries beyond that.
const KEPT_BYTES: usize = 512 * 1024 * 1024;
/// Calls that are kept.
const KEPT_CALLS: usize = 100_000;

/// An accepted message with everything its sender said, also what the embedded SQS drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEntry {
    /// The queue's name.
    pub queue: String,
    /// The id that SQS gave the message. A FIFO duplicate is recorded again with the first one's id.
    pub message_id: String,
    /// The message's text.
    pub body: String,
    /// The sender's attributes; a binary one is shown as its base64.
    pub attributes: BTreeMap<String, String>,
    /// Such as `AWSTraceHeader`.
    pub system_attributes: BTreeMap<String, String>,
    /// The FIFO or fair-queue group.
    pub group_id: Option<String>,
    /// The FIFO deduplication id.
    pub deduplication_id: Option<String>,
}

/// A `SendMessage` or `SendMessageBatch` call, accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// The queue's name.
    pub queue: String,
    /// How many entries it held.
    pub entries: usize,
    /// Their size as SQS counts it.
    pub bytes: usize,
}

/// The memory of a guard: the newest half GiB of bodies and the newest hundred thousand calls.
#[derive(Debug, Default)]
pub struct Records(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<RecordedEntry>,
    bytes: usize,
    calls: VecDeque<RecordedCall>,
}

impl Records {
    /// Every entry that is kept, oldest first.
    pub fn entries(&self) -> Vec<RecordedEntry> {
        self.kept().entries.iter().cloned().collect()
    }

    /// Every call that is kept, oldest first.
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

    /// The system attributes that SQS would hand to the receiver of this message.
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
