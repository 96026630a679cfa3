//! Messages in the queues, for reading without receiving.
//!
//! The embedded SQS has no such operation. The ledger is its storage, so that counts, lists and receipts have one source,
//! also when a receipt moves messages to a dead-letter queue.

mod storage;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use winterbaume_sqs::{SqsState, state::QueueState, types::Message};

use super::wire::Entry;

/// Message that was sent and not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Id that SQS gave the message.
    pub message_id: String,
    /// Time of sending, in milliseconds since 1970.
    pub sent_at: u64,
    /// Number of times that the message was received, in all queues.
    pub received: u32,
    /// Message as its sender described it.
    pub entry: Entry,
    /// Visibility when the message was read from the ledger.
    #[serde(skip)]
    pub visibility: Visibility,
}

/// Visibility of a message, by which SQS counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The next receipt returns the message, or moves it to the dead-letter queue.
    #[default]
    Visible,
    /// A consumer received the message, and its visibility timeout runs.
    InFlight,
    /// The sender's delay runs.
    Delayed,
}

impl Held {
    /// String value of an attribute that the sender set.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.entry.attribute(name)
    }
}

/// Number of messages that [`Ledger::find`] searches: as many as one request can produce.
const NEWEST: usize = 2_000;

/// Queues with their messages, oldest first.
#[derive(Debug)]
pub struct Ledger {
    contents: Mutex<Contents>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Contents {
    sqs: SqsState,
    notes: HashMap<String, Note>,
}

/// Members of a message that the embedded SQS drops.
#[derive(Debug, Default)]
struct Note {
    /// Message as its sender described it, without its body. Missing until the answer to the sender.
    entry: Option<Entry>,
    /// The embedded SQS counts from 0 again in the dead-letter queue.
    received: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { contents: Mutex::default(), changes: watch::channel(0).0 }
    }
}

impl Ledger {
    /// Messages of every queue that holds one.
    pub fn queues(&self) -> BTreeMap<String, Vec<Held>> {
        let contents = self.lock();
        let full = contents.sqs.queues.iter().filter(|(_, queue)| !queue.messages.is_empty());
        full.map(|(name, queue)| (name.clone(), contents.held(&queue.messages))).collect()
    }

    /// Messages of one queue.
    pub fn queue(&self, name: &str) -> Vec<Held> {
        let contents = self.lock();
        contents.sqs.queues.get(name).map(|queue| contents.held(&queue.messages)).unwrap_or_default()
    }

    /// Messages of one queue that carry this attribute, among its newest.
    pub fn find(&self, queue: &str, attribute: &str, value: &str) -> Vec<Held> {
        let contents = self.lock();
        let messages = contents.sqs.queues.get(queue).map_or(&[][..], |queue| &queue.messages);
        let newest = messages.get(messages.len().saturating_sub(NEWEST)..).unwrap_or_default();
        let carries = |message: &&Message| {
            let note = contents.notes.get(&message.message_id);
            note.and_then(|note| note.entry.as_ref()?.attribute(attribute)) == Some(value)
        };
        contents.held(newest.iter().filter(carries))
    }

    /// Messages of all queues that were sent at this time or later, in milliseconds since 1970, with their queues.
    pub fn sent_since(&self, since: u64) -> Vec<(String, Held)> {
        let contents = self.lock();
        let queues = contents.sqs.queues.iter().collect::<BTreeMap<_, _>>().into_iter();
        let late = queues.map(|(name, queue)| {
            let late = queue.messages.iter().filter(|message| sent_at(message) >= since);
            contents.held(late).into_iter().map(|held| (name.clone(), held))
        });
        late.flatten().collect()
    }

    /// Counter that changes whenever a message is sent, received or deleted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Notes an accepted message, unless it is a FIFO duplicate or already deleted.
    pub(super) fn accepted(&self, queue: &str, message_id: &str, entry: &Entry) {
        let mut contents = self.lock();
        let messages = contents.sqs.queues.get(queue).map_or(&[][..], |queue| &queue.messages);
        if messages.iter().rev().any(|message| message.message_id == message_id) {
            let note = contents.notes.entry(message_id.to_owned()).or_default();
            note.entry.get_or_insert_with(|| Entry { message_body: String::new(), ..entry.clone() });
        }
        drop(contents);
        self.notify();
    }

    fn notify(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn held<'a>(&self, messages: impl IntoIterator<Item = &'a Message>) -> Vec<Held> {
        let now = now();
        let held = messages.into_iter().map(|message| {
            let note = self.notes.get(&message.message_id);
            let entry = note.and_then(|note| note.entry.clone()).unwrap_or_default();
            Held {
                message_id: message.message_id.clone(),
                sent_at: sent_at(message),
                received: note.map_or(0, |note| note.received),
                entry: Entry { message_body: message.body.clone(), ..entry },
                visibility: visibility(message, now),
            }
        });
        held.collect()
    }

    /// Numbers of visible, in-flight and delayed messages, by the names of SQS's attributes.
    fn counts(queue: &QueueState) -> [(&'static str, usize); 3] {
        let now = now();
        let count =
            |wanted| queue.messages.iter().filter(|message| visibility(message, now) == wanted).count();
        [
            ("ApproximateNumberOfMessages", count(Visibility::Visible)),
            ("ApproximateNumberOfMessagesNotVisible", count(Visibility::InFlight)),
            ("ApproximateNumberOfMessagesDelayed", count(Visibility::Delayed)),
        ]
    }

    /// Drops the notes of messages that are in no queue.
    fn forget_deleted(&mut self) {
        let messages = self.sqs.queues.values().flat_map(|queue| &queue.messages);
        let kept: HashSet<_> = messages.map(|message| &message.message_id).collect();
        self.notes.retain(|id, _| kept.contains(id));
    }
}

fn visibility(message: &Message, now: i64) -> Visibility {
    match message.approximate_receive_count {
        _ if message.visible_at <= now => Visibility::Visible,
        0 => Visibility::Delayed,
        _ => Visibility::InFlight,
    }
}

fn sent_at(message: &Message) -> u64 {
    u64::try_from(message.sent_timestamp).unwrap_or_default()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
