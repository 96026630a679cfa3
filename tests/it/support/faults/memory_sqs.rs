//! SQS as a list in memory, with SQS's rules.
//!
//! The embedded SQS of the local stack needs time to start with a queue for every event type. It shows its messages only
//! through receipts. That is right for tests that read as consumers do, and too slow for ten thousand cases.
//!
//! This SQS speaks the same protocol to the same SDK, obeys the same rules, and is read directly. It has every queue
//! that a call names.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use prelude_local::aws::guard::{
    rules::{MAX_BYTES, QueueRules, check_batch, check_entry},
    wire::{BatchRequest, Entry},
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// Queues of this SQS. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct MemorySqs(Arc<Mutex<State>>);

/// Message in its stored form.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Name of the queue.
    pub(crate) queue: String,
    pub(crate) entry: Entry,
}

#[derive(Default)]
struct State {
    stored: Vec<Stored>,
    /// Time and message id of stored messages, by queue and deduplication id.
    known: HashMap<(String, String), (Instant, String)>,
    violations: Vec<String>,
}

/// Time for which a FIFO queue recognises a deduplication id.
const DEDUPLICATION: Duration = Duration::from_secs(300);
/// Required by the protocol. The Rust SDK does not compare it, so the value is constant.
const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

impl MemorySqs {
    /// Messages so far, in order of arrival. Omits duplicates that a FIFO queue dropped.
    pub(crate) fn stored(&self) -> Vec<Stored> {
        self.0.lock().unwrap().stored.clone()
    }

    /// Removes and returns the messages.
    pub(crate) fn take(&self) -> Vec<Stored> {
        std::mem::take(&mut self.0.lock().unwrap().stored)
    }

    /// Messages that SQS would refuse for their form. Tests require none, because the function must never send one.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.0.lock().unwrap().violations.clone()
    }

    /// Answers a call as SQS does.
    pub(crate) fn send_message_batch(&self, batch: &BatchRequest) -> Value {
        let queue = batch.queue().to_owned();
        let rules = QueueRules {
            fifo: queue.ends_with(".fifo"),
            content_based_deduplication: false,
            max_message_bytes: MAX_BYTES,
        };
        let mut state = self.0.lock().unwrap();
        if let Err(refusal) = check_batch(&batch.entries) {
            state.violations.push(refusal.message);
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &batch.entries {
            match check_entry(entry, &rules) {
                Ok(()) => {
                    let id = state.store(&queue, entry);
                    let success = json!({"Id": entry.id, "MessageId": id, "MD5OfMessageBody": MD5, "MD5OfMessageAttributes": MD5});
                    successful.push(success);
                }
                Err(refusal) => {
                    let code = refusal.code.query_code();
                    failed.push(json!({"Id": entry.id, "SenderFault": true, "Code": code, "Message": ""}));
                    state.violations.push(refusal.message);
                }
            }
        }
        json!({"Successful": successful, "Failed": failed})
    }
}

impl State {
    fn store(&mut self, queue: &str, entry: &Entry) -> String {
        let key = entry.message_deduplication_id.as_ref().map(|id| (queue.to_owned(), id.clone()));
        if let Some((at, id)) = key.as_ref().and_then(|key| self.known.get(key))
            && at.elapsed() < DEDUPLICATION
        {
            return id.clone();
        }
        let id = format!("00000000-0000-4000-8000-{:012}", self.stored.len());
        self.stored.push(Stored { queue: queue.to_owned(), entry: entry.clone() });
        self.known.extend(key.map(|key| (key, (Instant::now(), id.clone()))));
        id
    }
}

impl fmt::Debug for MemorySqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySqs").finish_non_exhaustive()
    }
}

/// Answers a call over a socket, from a function in a separate process.
pub(crate) async fn answer(sqs: MemorySqs, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let batch = serde_json::from_slice(&body).unwrap();
    let answer = sqs.send_message_batch(&batch).to_string();
    Response::builder()
        .header("Content-Type", "application/x-amz-json-1.0")
        .body(Full::new(answer.into()))
        .unwrap()
}
