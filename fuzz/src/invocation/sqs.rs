//! SQS that follows a script, keeps durable messages, and records messages that the real one would refuse.

use std::sync::{Arc, Mutex, PoisonError};

use prelude_events::EventType;
use prelude_webhooks::{
    publish::{Acknowledgement, SendBatch, failure::SqsFailure, message::Message},
    route::QueueUrl,
};

/// Durable message.
#[derive(Debug)]
pub struct Sent {
    pub queue: String,
    pub body: String,
    pub attributes: Vec<(String, String)>,
    /// Type whose queue has the message; `None` for a parked message.
    pub event_type: Option<EventType>,
}

impl Sent {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Default)]
pub struct Sqs(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    script: Vec<u8>,
    sent: Vec<Sent>,
    faults: Vec<String>,
}

impl Sqs {
    pub fn start(&self, script: &[u8]) {
        let script = script.iter().rev().copied().collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State { script, ..State::default() };
    }

    /// Messages that became durable since the start.
    pub fn take(&self) -> Vec<Sent> {
        let state = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // Checked here, because the receiver would answer a panic within its own call.
        assert!(state.faults.is_empty(), "SQS would refuse a message: {:?}", state.faults);
        state.sent
    }
}

impl SendBatch for Sqs {
    async fn send_batch(
        &self,
        queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        let hangs = {
            let mut state = self.0.lock().unwrap();
            state.note_faults(queue_url, messages);
            if state.script.last().is_some_and(u8::is_ascii_uppercase) {
                match state.script.pop() {
                    // SQS stores the messages, and the answer is lost.
                    Some(b'L') => {
                        messages.iter().for_each(|message| state.keep(queue_url, message));
                        return Err(SqsFailure::unanswered("response"));
                    }
                    Some(b'A') => return Err(SqsFailure::answered("AccessDenied", 403)),
                    Some(b'C') => return Err(SqsFailure::answered("InvalidMessageContents", 400)),
                    Some(b'N') => {
                        return Err(SqsFailure::answered("AWS.SimpleQueueService.NonExistentQueue", 400));
                    }
                    Some(b'S') => return Err(SqsFailure::answered("InternalError", 500)),
                    Some(b'T') => return Err(SqsFailure::answered("RequestThrottled", 400)),
                    Some(b'U') => return Err(SqsFailure::answered("NeverHeardOf", 400)),
                    _ => true,
                }
            } else {
                return Ok(messages.iter().map(|message| state.entry(queue_url, message)).collect());
            }
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(Vec::new())
    }
}

impl State {
    /// Answer for one entry of a call.
    fn entry(&mut self, queue_url: &QueueUrl, message: &Message) -> Acknowledgement {
        match self.script.pop() {
            Some(b'a') => Acknowledgement::Failed(SqsFailure::of_entry("AccessDenied")),
            Some(b'c') => Acknowledgement::Failed(SqsFailure::of_entry("InvalidMessageContents")),
            Some(b'l') => {
                self.keep(queue_url, message);
                Acknowledgement::Missing
            }
            Some(b'm') => Acknowledgement::Missing,
            Some(b'n') => {
                Acknowledgement::Failed(SqsFailure::of_entry("AWS.SimpleQueueService.NonExistentQueue"))
            }
            Some(b't') => Acknowledgement::Failed(SqsFailure::of_entry("RequestThrottled")),
            Some(b'u') => Acknowledgement::Failed(SqsFailure::of_entry("NeverHeardOf")),
            _ => {
                self.keep(queue_url, message);
                Acknowledgement::Durable
            }
        }
    }

    fn keep(&mut self, queue_url: &QueueUrl, message: &Message) {
        let attributes = message.attributes().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.sent.push(Sent {
            queue: queue_url.name().to_owned(),
            body: message.body().to_owned(),
            attributes: attributes.collect(),
            event_type: message.event_type().cloned(),
        });
    }

    /// Checks SQS's limits (`SendMessageBatch` in its API reference).
    fn note_faults(&mut self, queue_url: &QueueUrl, messages: &[&Message]) {
        let mut sum = 0;
        let mut note = |is_good: bool, what: &str| {
            if !is_good {
                self.faults.push(format!("{what} in a call to {queue_url}"));
            }
        };
        note((1..=10).contains(&messages.len()), "not one to ten entries");
        for message in messages {
            let attributes: Vec<_> = message.attributes().collect();
            let body = message.body();
            sum += body.len();
            sum += attributes.iter().map(|(name, value)| name.len() + 6 + value.len()).sum::<usize>();
            note(!body.is_empty() && is_text(body), "a body that is empty or has forbidden characters");
            note(attributes.len() <= 10, "more than ten attributes");
            for (index, (name, value)) in attributes.iter().enumerate() {
                note(
                    !value.is_empty() && is_text(value),
                    "an attribute that is empty or has forbidden characters",
                );
                note(attributes[..index].iter().all(|(other, _)| other != name), "a repeated attribute");
            }
            let is_fifo = queue_url.name().ends_with(".fifo");
            note(
                message.fifo().is_some() == is_fifo,
                "FIFO ids on a standard queue, or missing ones on a FIFO queue",
            );
            let fits =
                |id: &str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
            note(
                message.fifo().is_none_or(|ids| fits(&ids.deduplication_id) && fits(&ids.group_id)),
                "a malformed FIFO id",
            );
        }
        note(sum <= 1_048_576, "more than 1 MiB");
    }
}

/// Accepts `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`.
fn is_text(text: &str) -> bool {
    text.chars().all(|c| match u32::from(c) {
        0x9 | 0xA | 0xD => true,
        0..0x20 | 0xFFFE | 0xFFFF => false,
        _ => true,
    })
}
