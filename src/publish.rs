//! The last step before the answer: every event becomes durable in SQS, or the answer is 503.
//!
//! [`Publisher`] joins three parts: `plan` finds a place for every event, and another one for what a queue refuses;
//! `queue` packs, retries and splits; `serve` gives the queues their turns. [`SendBatch`] is the only door to SQS.

mod backoff;
mod call;
pub mod failure;
pub mod fifo;
mod health;
mod line;
pub mod message;
mod pace;
mod pack;
mod plan;
mod queue;
pub mod replay;
mod serve;
pub mod sqs;

use std::{collections::BTreeMap, sync::Arc};

use self::{
    call::Draft,
    failure::SqsFailure,
    message::{Message, Stamp},
    plan::Plan,
    queue::Queue,
    serve::{Service, Settled},
};
use crate::{
    inbound::Arrival,
    parking::Reason,
    parse::Batch,
    rejection::Rejection,
    route::{QueueType, Routes},
};

/// Sends one batch to one queue. The port to SQS; tests put a double here.
pub trait SendBatch: Send + Sync {
    /// Sends at most ten messages and tells what became of each.
    ///
    /// # Errors
    /// The call as a whole failed: none of the messages is known to be durable.
    fn send_batch(
        &self,
        queue_url: &str,
        messages: &[&Message],
    ) -> impl Future<Output = Result<Vec<Acknowledgement>, SqsFailure>> + Send;
}

/// What became of one message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledgement {
    /// SQS gave it an id: it is durable.
    Durable,
    /// SQS refused it.
    Failed(SqsFailure),
    /// The answer does not mention it.
    Missing,
}

/// What was made durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// How many events the sender sent.
    pub accepted: usize,
    /// How many events went to each queue's URL.
    pub routed: BTreeMap<Arc<str>, usize>,
    /// How many events were parked, by reason.
    pub parked: BTreeMap<Reason, usize>,
}

/// Makes deliveries durable.
pub struct Publisher<S> {
    sender: S,
    routes: Routes,
}

impl<S: SendBatch> Publisher<S> {
    /// Sends to these queues.
    pub const fn new(sender: S, routes: Routes) -> Self {
        Self { sender, routes }
    }

    /// Where each type goes.
    pub const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Returns when every event is durable: in its queue, or parked with a reason.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]; some events may be durable by then, and will come again.
    pub async fn publish(&self, batch: Batch, arrival: &Arrival) -> Result<Receipt, Rejection> {
        let stamp = Stamp::new(&batch.origin, arrival, self.routes.queue_type());
        let mut plan = Plan::new(batch, &stamp, &self.routes, &arrival.request_id);
        let queues = self.queues(plan.first_messages());
        let mut service =
            Service::new(&self.sender, queues, Some(PARKING), arrival.deadline, &arrival.request_id);
        while let Some(Settled { refused, overflow }) = service.next().await {
            let mut drafts: Vec<_> =
                refused.into_iter().flat_map(|refused| plan.elsewhere(refused)).collect();
            if !overflow.is_empty() {
                drafts.extend(plan.slice(overflow));
            }
            service.add(PARKING, drafts);
        }
        if service.is_complete() && !plan.is_lost {
            Ok(plan.receipt())
        } else {
            Err(Rejection::PublishFailed)
        }
    }

    /// The parking queue, and every queue that one of the messages is for.
    fn queues(&self, drafts: Vec<Draft>) -> Vec<Queue> {
        let mut by_url: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for draft in drafts {
            let url = match draft.message.event_type() {
                Some(event_type) => self.routes.queue_url(event_type),
                None => self.routes.parking(),
            };
            by_url.entry(url).or_default().push(draft);
        }
        let parked = by_url.remove(self.routes.parking()).unwrap_or_default();
        let queues = std::iter::once((self.routes.parking(), parked)).chain(by_url);
        queues.map(|(url, drafts)| self.queue(url, drafts)).collect()
    }

    fn queue(&self, url: &Arc<str>, drafts: Vec<Draft>) -> Queue {
        Queue::new(Arc::clone(url), self.routes.queue_type() == QueueType::Fifo, drafts)
    }
}

/// How many events of a batch are sent one by one: 200 calls or so, 25 after each other.
pub const MAX_EVENTS: usize = 2_000;
/// The parking queue's place among the queues of a delivery.
const PARKING: usize = 0;

/// The queue's name, for logs: its URL holds the account.
pub(crate) fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or(queue_url)
}
