//! An SQS that accepts every message and records only its destination.

use std::sync::{Arc, Mutex, PoisonError};

use prelude_webhooks::{
    publish::{Acknowledgement, SendBatch, failure::SqsFailure, message::Message},
    route::QueueUrl,
};

/// Destination and attributes of a message that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) queue: String,
    pub(super) event_type: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) encoding: Option<String>,
}

/// Records every message. Clones share the record.
#[derive(Debug, Clone, Default)]
pub(super) struct DrySqs(Arc<Mutex<Vec<Taken>>>);

impl DrySqs {
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SendBatch for DrySqs {
    async fn send_batch(
        &self,
        queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        let queue = queue_url.name();
        let taken = messages.iter().map(|message| {
            let attribute = |name: &str| {
                let found = message.attributes().find(|(other, _)| *other == name);
                found.map(|(_, value)| value.to_string())
            };
            Taken {
                queue: queue.to_owned(),
                event_type: attribute("event_type"),
                event_id: attribute("event_id"),
                reason: attribute("reason"),
                encoding: attribute("encoding"),
            }
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}
