//! The last step before the answer: every event becomes durable in SQS, or the answer is 503.
//!
//! [`Publisher`] joins three parts. `plan` finds a place for every event, and another place for a refused event. `queue`
//! packs, retries and splits the calls of one queue. `serve` gives the queues their turns. [`SendBatch`] is the port to SQS.

mod backoff;
mod call;
pub(crate) mod encoding;
pub mod failure;
pub mod fifo;
mod health;
mod line;
pub mod message;
mod pace;
mod pack;
mod plan;
mod queue;
mod send_batch;
mod serve;
mod slices;
pub mod sqs;

use std::collections::BTreeMap;

use tokio::time::Instant;

use self::{
    call::Draft,
    failure::Failure,
    message::{Message, Stamp},
    plan::Plan,
    queue::Queue,
    serve::{Service, Settled},
};
pub use self::{
    plan::Receipt,
    send_batch::{Acknowledgement, SendBatch},
};
use crate::{
    event::Batch,
    inbound::Arrival,
    rejection::Rejection,
    route::{QueueType, QueueUrl, Routes},
};

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

    /// Queue of each type.
    pub const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Returns when every event is durable: in its queue, or parked with a reason. Reports each retry of a call.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: some event is not durable. Durable ones come again with the retry.
    pub async fn publish(
        &self,
        batch: Batch,
        arrival: &Arrival,
        retried: impl FnMut(),
    ) -> Result<Receipt, Rejection> {
        let stamp = Stamp::new(&batch.origin, arrival, self.routes.queue_type());
        let mut plan = Plan::new(batch, &stamp, &self.routes, &arrival.request_id);
        let queues = self.queues(plan.first_messages());
        let mut service =
            Service::new(&self.sender, queues, Some(PARKING), arrival.deadline, &arrival.request_id, retried);
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

    /// Sends messages to one queue until each is durable or refused. Returns the indices of the refused ones, and why.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`]: not every message could be sent by the deadline. Some may be durable.
    pub(crate) async fn send(
        &self,
        queue_url: &QueueUrl,
        messages: Vec<Message>,
        deadline: Instant,
    ) -> Result<Vec<(usize, Failure)>, Rejection> {
        let draft = |(event, message)| {
            let (parked, sliceable, awaits_retry) = (None, false, false);
            Draft { event, message, parked, sliceable, awaits_retry, failures: 0, unlisted: 0 }
        };
        let drafts = messages.into_iter().enumerate().map(draft).collect();
        let queues = vec![self.queue(queue_url, drafts)];
        let mut service = Service::new(&self.sender, queues, None, deadline, NO_REQUEST, || ());
        let mut refused = Vec::new();
        while let Some(settled) = service.next().await {
            refused.extend(settled.refused.into_iter().map(|refused| (refused.draft.event, refused.failure)));
        }
        if service.is_complete() { Ok(refused) } else { Err(Rejection::PublishFailed) }
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

    fn queue(&self, url: &QueueUrl, drafts: Vec<Draft>) -> Queue {
        Queue::new(url.clone(), self.routes.queue_type() == QueueType::Fifo, drafts)
    }
}

/// Largest number of events that are sent one by one: about 200 calls, 25 after each other.
pub const MAX_EVENTS: usize = 2_000;
/// Log word in place of a request id, because a replay has no request.
const NO_REQUEST: &str = "replay";
/// Index of the parking queue among the queues of a delivery.
const PARKING: usize = 0;
