//! Messages in the queues, for reading without receiving.
//!
//! The embedded SQS has no such operation. Every call passes the guard, which enters messages here when they are sent,
//! and removes them when they are deleted.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use prelude_webhooks::route::QueueUrl;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use winterbaume_core::{MockRequest, MockResponse};

use super::wire::Entry;

/// Message that was sent and not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Id that SQS gave the message.
    pub message_id: String,
    /// Time of sending, in milliseconds since 1970.
    pub sent_at: u64,
    /// Number of times that the message was received.
    pub received: u32,
    /// Message as its sender described it.
    pub entry: Entry,
    #[serde(skip)]
    receipt_handles: Vec<String>,
    /// Set if a consumer made the message visible again, and no consumer received it since.
    #[serde(skip)]
    is_given_back: bool,
}

impl Held {
    fn new(message_id: &str, entry: Entry) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            message_id: message_id.to_owned(),
            sent_at: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            received: 0,
            entry,
            receipt_handles: Vec::new(),
            is_given_back: false,
        }
    }

    /// String value of an attribute that the sender set.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.entry.message_attributes.get(name)?.string_value.as_deref()
    }
}

/// Number of messages that [`Ledger::find`] searches: as many as one request can produce.
const NEWEST: usize = 2_000;

/// Messages of each queue, oldest first.
#[derive(Debug)]
pub struct Ledger {
    queues: Mutex<BTreeMap<String, Vec<Held>>>,
    changes: watch::Sender<u64>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { queues: Mutex::default(), changes: watch::channel(0).0 }
    }
}

impl Ledger {
    /// Messages of every queue that has ever held one.
    pub fn queues(&self) -> BTreeMap<String, Vec<Held>> {
        self.lock().clone()
    }

    /// Messages of one queue.
    pub fn queue(&self, name: &str) -> Vec<Held> {
        self.lock().get(name).cloned().unwrap_or_default()
    }

    /// Messages of one queue that carry this attribute, among its newest.
    pub fn find(&self, queue: &str, attribute: &str, value: &str) -> Vec<Held> {
        let queues = self.lock();
        let newest = queues.get(queue).into_iter().flat_map(|messages| messages.iter().rev().take(NEWEST));
        let mut found: Vec<_> =
            newest.filter(|held| held.attribute(attribute) == Some(value)).cloned().collect();
        found.reverse();
        found
    }

    /// Messages of all queues that were sent at this time or later, in milliseconds since 1970, with their queues.
    pub fn sent_since(&self, since: u64) -> Vec<(String, Held)> {
        let queues = self.lock();
        let messages =
            queues.iter().flat_map(|(queue, messages)| messages.iter().map(move |held| (queue, held)));
        let late = messages.filter(|(_, held)| held.sent_at >= since);
        late.map(|(queue, held)| (queue.clone(), held.clone())).collect()
    }

    /// Counter that changes whenever a message is sent, received or deleted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Enters an accepted message. A FIFO duplicate has the id of the first message and does not count twice.
    pub(super) fn accepted(&self, queue: &str, message_id: &str, entry: &Entry) {
        let mut queues = self.lock();
        let messages = queues.entry(queue.to_owned()).or_default();
        match messages.iter_mut().find(|held| held.message_id == message_id) {
            Some(held) => held.entry = entry.clone(),
            None => messages.push(Held::new(message_id, entry.clone())),
        }
        drop(queues);
        self.notify();
    }

    /// Notes received messages, with the receipt handles that can delete them.
    pub(super) fn received(&self, request: &MockRequest, response: &MockResponse) {
        let (Some(request), Some(response)) = (json(&request.body), json(&response.body)) else { return };
        let mut queues = self.lock();
        let name = QueueUrl::name_in(text(&request, "QueueUrl"));
        let mut changed = false;
        for message in list(&response, "Messages") {
            let id = text(message, "MessageId");
            let is_here =
                queues.get(name).is_some_and(|queue| queue.iter().any(|held| held.message_id == id));
            let moved = if is_here { None } else { Some(take(&mut queues, id)) };
            let queue = queues.entry(name.to_owned()).or_default();
            if let Some(moved) = moved {
                // SQS moved the message from another queue, or it was received before `accepted` ran.
                let entry = || Entry { message_body: text(message, "Body").to_owned(), ..Entry::default() };
                queue.push(moved.unwrap_or_else(|| Held::new(id, entry())));
            }
            if let Some(held) = queue.iter_mut().find(|held| held.message_id == id) {
                held.received += 1;
                held.is_given_back = false;
                held.receipt_handles.push(text(message, "ReceiptHandle").to_owned());
            }
            changed = true;
        }
        // An answer with room left holds every visible message that SQS did not move to the dead-letter queue.
        let most = request.get("MaxNumberOfMessages").and_then(Value::as_u64).unwrap_or(1);
        if u64::try_from(list(&response, "Messages").count()).is_ok_and(|count| count < most) {
            queues.get_mut(name).into_iter().flatten().for_each(|held| held.is_given_back = false);
        }
        drop(queues);
        if changed {
            self.notify();
        }
    }

    /// Applies another action: deletion, purging, or a changed visibility.
    pub(super) fn changed_by(&self, action: &str, request: &MockRequest, response: &MockResponse) {
        let (200, Some(request)) = (response.status, json(&request.body)) else { return };
        let queue = QueueUrl::name_in(text(&request, "QueueUrl"));
        match action {
            "DeleteMessage" => self.deleted(queue, &[text(&request, "ReceiptHandle")]),
            "DeleteMessageBatch" => {
                let answer = json(&response.body).unwrap_or_default();
                let deleted: Vec<_> = list(&answer, "Successful").map(|result| text(result, "Id")).collect();
                let entries = list(&request, "Entries").filter(|entry| deleted.contains(&text(entry, "Id")));
                self.deleted(queue, &entries.map(|entry| text(entry, "ReceiptHandle")).collect::<Vec<_>>());
            }
            "PurgeQueue" | "DeleteQueue" => {
                self.lock().remove(queue);
                self.notify();
            }
            "ChangeMessageVisibility" => self.hidden(queue, [&request]),
            "ChangeMessageVisibilityBatch" => self.hidden(queue, list(&request, "Entries")),
            "CreateQueue" => self.notify(),
            _ => {}
        }
    }

    /// Number of messages of the request's queue that were made visible again and not received since.
    pub(super) fn given_back(&self, request: &MockRequest) -> usize {
        let request = json(&request.body).unwrap_or_default();
        let queues = self.lock();
        let messages = queues.get(QueueUrl::name_in(text(&request, "QueueUrl"))).into_iter().flatten();
        messages.filter(|held| held.is_given_back).count()
    }

    /// Applies changes of visibility timeouts. A timeout of 0 makes a message visible again.
    fn hidden<'a>(&self, queue: &str, changes: impl IntoIterator<Item = &'a Value>) {
        let mut queues = self.lock();
        for change in changes {
            let handle = text(change, "ReceiptHandle");
            let is_given_back = change.get("VisibilityTimeout").and_then(Value::as_u64) == Some(0);
            for held in queues.get_mut(queue).into_iter().flatten() {
                if held.receipt_handles.iter().any(|other| other == handle) {
                    held.is_given_back = is_given_back;
                }
            }
        }
        drop(queues);
        self.notify();
    }

    fn deleted(&self, queue: &str, handles: &[&str]) {
        if let Some(messages) = self.lock().get_mut(queue) {
            messages
                .retain(|held| !held.receipt_handles.iter().any(|handle| handles.contains(&handle.as_str())));
        }
        self.notify();
    }

    fn notify(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Held>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the message with this id from its queue.
fn take(queues: &mut BTreeMap<String, Vec<Held>>, id: &str) -> Option<Held> {
    queues.values_mut().find_map(|queue| {
        let index = queue.iter().position(|held| held.message_id == id)?;
        Some(queue.remove(index))
    })
}

/// Adds to the number of visible messages in an answer.
pub(super) fn with_more_visible(mut response: MockResponse, more: usize) -> MockResponse {
    const VISIBLE: &str = "ApproximateNumberOfMessages";
    let Some(mut answer) = json(&response.body).filter(|_| more > 0) else { return response };
    if let Some(count) = answer.get_mut("Attributes").and_then(|attributes| attributes.get_mut(VISIBLE)) {
        let counted = count.as_str().and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
        *count = Value::from((counted + more).to_string());
        response.body = answer.to_string().into();
    }
    response
}

fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}
