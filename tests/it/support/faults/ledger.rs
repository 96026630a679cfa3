//! Record of what SQS stored and what its answers said, taken on the wire: the truth that the function's
//! answer is measured against.

use std::sync::Mutex;

use prelude_local::aws::guard::wire::{BatchRequest, Entry};
use serde_json::Value;

/// Every call, in order.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Call>>);

/// One call of `SendMessageBatch`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The queue's name.
    pub(crate) queue: String,
    pub(crate) sent: Vec<Sent>,
    /// The code that the call as a whole was refused with.
    pub(crate) refusal: Option<String>,
}

/// One entry of a call.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) entry: Entry,
    /// SQS stored it, for any answer.
    pub(crate) stored: bool,
    pub(crate) answered: Answered,
}

/// Statement of the received answer about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// No answer arrived, or none that says so.
    Nothing,
    /// It has a message id: SQS acknowledged that it stored it.
    Durable,
    /// It failed, with this code.
    Refused(String),
}

impl Ledger {
    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The calls after the first `skip`.
    pub(crate) fn since(&self, skip: usize) -> Vec<Call> {
        self.0.lock().unwrap()[skip..].to_vec()
    }

    /// How many entries SQS stored, duplicates on FIFO queues with the others.
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

    /// Notes the entries that SQS stored, before a fault changes the answer.
    pub(crate) fn stored(&self, number: usize, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        for id in ids(&answer, "Successful") {
            self.entry(number, id, |sent| sent.stored = true);
        }
    }

    /// Notes the answer that arrives.
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
        // An entry that is in both lists is not acknowledged.
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
