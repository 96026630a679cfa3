//! Record of the messages that SQS stored and of its answers, taken on the wire. Tests compare the function's answer
//! with this record.

use std::sync::Mutex;

use prelude_local::aws::guard::wire::{BatchRequest, Entry};
use serde_json::Value;

/// Record of every call, in order.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Call>>);

/// One call of `SendMessageBatch`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Name of the queue.
    pub(crate) queue: String,
    pub(crate) sent: Vec<Sent>,
    /// Code with which the whole call was refused.
    pub(crate) refusal: Option<String>,
}

/// One entry of a call.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) entry: Entry,
    /// Set if SQS stored the entry, for any answer.
    pub(crate) stored: bool,
    pub(crate) answered: Answered,
}

/// Result of an entry in the received answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// No answer arrived, or the answer does not mention the entry.
    Nothing,
    /// SQS acknowledged the entry with a message id.
    Durable,
    /// SQS refused the entry with this code.
    Refused(String),
}

impl Ledger {
    /// Number of calls.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Calls after the first `skip`.
    pub(crate) fn since(&self, skip: usize) -> Vec<Call> {
        self.0.lock().unwrap()[skip..].to_vec()
    }

    /// Number of entries that SQS stored, including duplicates on FIFO queues.
    pub(crate) fn stored_entries(&self) -> usize {
        let calls = self.0.lock().unwrap();
        calls.iter().flat_map(|call| &call.sent).filter(|sent| sent.stored).count()
    }

    /// Adds a call and returns its number.
    pub(crate) fn called(&self, batch: &BatchRequest) -> usize {
        let sent = |entry: &Entry| Sent { entry: entry.clone(), stored: false, answered: Answered::Nothing };
        let queue = batch.queue().to_owned();
        let mut calls = self.0.lock().unwrap();
        calls.push(Call { queue, sent: batch.entries.iter().map(sent).collect(), refusal: None });
        calls.len() - 1
    }

    /// Records the entries that SQS stored, before a fault changes the answer.
    pub(crate) fn stored(&self, number: usize, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        for id in ids(&answer, "Successful") {
            self.entry(number, id, |sent| sent.stored = true);
        }
    }

    /// Records the answer that arrives.
    pub(crate) fn answered(&self, number: usize, status: u16, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        if status != 200 {
            let code = answer["__type"].as_str().unwrap_or_default();
            let code = code.rsplit('#').next().unwrap_or_default();
            let call = &mut self.0.lock().unwrap()[number];
            call.refusal = Some(code.to_owned());
            call.sent.iter_mut().for_each(|sent| sent.answered = Answered::Refused(code.to_owned()));
            return;
        }
        for success in answer["Successful"].as_array().into_iter().flatten() {
            if success["MessageId"].as_str().is_some_and(|id| !id.is_empty()) {
                let id = success["Id"].as_str().unwrap_or_default();
                self.entry(number, id, |sent| sent.answered = Answered::Durable);
            }
        }
        // An entry in both lists is not acknowledged.
        for failure in answer["Failed"].as_array().into_iter().flatten() {
            let code = failure["Code"].as_str().unwrap_or_default().to_owned();
            let id = failure["Id"].as_str().unwrap_or_default();
            self.entry(number, id, |sent| sent.answered = Answered::Refused(code));
        }
    }

    fn entry(&self, number: usize, id: &str, change: impl FnOnce(&mut Sent)) {
        let mut calls = self.0.lock().unwrap();
        if let Some(sent) = calls[number].sent.iter_mut().find(|sent| sent.entry.id == id) {
            change(sent);
        }
    }
}

fn ids<'a>(answer: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    answer[list].as_array().into_iter().flatten().filter_map(|entry| entry["Id"].as_str())
}
