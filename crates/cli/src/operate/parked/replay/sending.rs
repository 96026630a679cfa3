//! Sends the selected messages, and removes the durable ones.

use std::collections::BTreeMap;

use prelude_webhooks::{
    publish::{failure::Failure, message::Message},
    route::QueueUrl,
};
use tokio::time::Instant;

use super::{Run, SEND_PATIENCE};
use crate::operate::parked::{mailbox::Mailbox, parts::Label, report::Fate};

/// An item whose events are about to be sent.
pub(super) struct Pending {
    pub(super) label: Label,
    pub(super) queues: BTreeMap<String, usize>,
    pub(super) messages: Vec<(QueueUrl, Message)>,
    pub(super) failure: Option<String>,
}

impl Run<'_> {
    /// Sends queue by queue, so that a failure concerns one queue only. Removes the items whose events are all durable.
    pub(super) async fn send_pending(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        let mut by_queue: BTreeMap<QueueUrl, (Vec<usize>, Vec<Message>)> = BTreeMap::new();
        for (index, item) in pending.iter_mut().enumerate() {
            for (queue_url, message) in item.messages.drain(..) {
                let (indexes, messages) = by_queue.entry(queue_url).or_default();
                indexes.push(index);
                messages.push(message);
            }
        }
        for (queue_url, (indexes, messages)) in by_queue {
            let failures = self.send_to(&queue_url, messages).await;
            for (place, failure) in failures {
                if let Some(item) = indexes.get(place).and_then(|index| pending.get_mut(*index)) {
                    item.failure.get_or_insert(failure);
                }
            }
        }
        for Pending { label, queues, failure, .. } in pending {
            let fate = match failure {
                Some(why) => {
                    self.sorter.forget(&label);
                    Fate::Failed(why)
                }
                None if self.order.dry_run => Fate::Moved(queues),
                None => self.removed(&label, queues).await,
            };
            self.add_row(label, fate);
        }
    }

    /// Sends messages to a queue. Returns the indices of those that the queue did not accept, with the reasons.
    async fn send_to(&mut self, queue_url: &QueueUrl, messages: Vec<Message>) -> Vec<(usize, String)> {
        let count = messages.len();
        let all = |why: &str| (0..count).map(|place| (place, why.to_owned())).collect();
        if let Some(why) = self.unusable.get(queue_url) {
            return all(why);
        }
        let queue = queue_url.name();
        if self.order.dry_run {
            let asked = Mailbox::new(&self.parking.aws, queue_url, 0).depth().await;
            let Err(error) = asked else { return Vec::new() };
            let why = format!("{queue}: {error}");
            self.unusable.insert(queue_url.clone(), why.clone());
            return all(&why);
        }
        match self.parking.replay.send(queue_url, messages, Instant::now() + SEND_PATIENCE).await {
            Ok(refused) => {
                let explained = |(place, failure)| {
                    let why = match failure {
                        Failure::QueueMissing => format!("{queue} does not exist"),
                        Failure::QueueDenied => {
                            format!(
                                "these credentials, or the queue's KMS key, do not allow sending to {queue}"
                            )
                        }
                        Failure::Content | Failure::Retryable | Failure::Unknown => {
                            format!("{queue} refuses its content or size")
                        }
                    };
                    if matches!(failure, Failure::QueueMissing | Failure::QueueDenied) {
                        self.unusable.insert(queue_url.clone(), why.clone());
                    }
                    (place, why)
                };
                refused.into_iter().map(explained).collect()
            }
            Err(_rejection) => {
                let why = format!("{queue} did not accept all messages in {} s", SEND_PATIENCE.as_secs());
                self.unusable.insert(queue_url.clone(), why.clone());
                all(&why)
            }
        }
    }
}
