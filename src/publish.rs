//! The last step before the answer: every event becomes durable in SQS, or the answer is 503.
//!
//! [`Publisher`] finds a place for every event, and another one for what SQS refuses; `send` packs, retries and splits;
//! [`SendBatch`] is the only door to SQS.

pub mod failure;
pub mod fifo;
pub mod message;
mod pack;
pub mod replay;
mod send;
pub mod sqs;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::SystemTime,
};

use tokio::time::Instant;

use self::{
    failure::{CallFailure, Failure},
    message::{Message, Stamp},
    send::{Draft, Refused},
};
use crate::{
    parking::{Form, Reason},
    parse::{Batch, Event, Verdict},
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
    ) -> impl Future<Output = Result<Vec<Acknowledgement>, CallFailure>> + Send;
}

/// What became of one message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledgement {
    /// SQS gave it an id: it is durable.
    Durable,
    /// SQS refused it, for this reason.
    Failed(Failure),
    /// The answer does not mention it.
    Missing,
}

/// What the invocation knows and every message carries.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The invocation's id, as Lambda logs it.
    pub request_id: Arc<str>,
    /// When the request came in.
    pub received_at: SystemTime,
    /// The Lambda context's trace header, well-formed.
    pub trace_header: Option<Arc<str>>,
    /// When the answer must be on its way.
    pub deadline: Instant,
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
    pub async fn publish(&self, mut batch: Batch, arrival: &Arrival) -> Result<Receipt, Rejection> {
        let stamp = Stamp::new(&batch.origin, arrival, self.routes.queue_type());
        let mut plan = self.plan(&batch.events, &stamp);
        if self.has_too_many_calls(&plan.drafts) {
            batch = batch.into_slices();
            plan = self.plan(&batch.events, &stamp);
        }
        let Plan { mut drafts, mut parked } = plan;
        while !drafts.is_empty() {
            let fifo = self.routes.queue_type() == QueueType::Fifo;
            let refused = send::all(&self.sender, self.by_queue(drafts), fifo, arrival.deadline).await?;
            drafts = Vec::with_capacity(refused.len());
            for refused in refused {
                let event = batch.events.get(refused.draft.event).ok_or(Rejection::PublishFailed)?;
                let (reason, more) = elsewhere(refused, event, &stamp)?;
                if let Some(first) = more.first().and_then(|draft| parked.get_mut(draft.event)) {
                    *first = Some(reason);
                }
                drafts.extend(more);
            }
        }
        Ok(self.receipt(&batch, &parked))
    }

    /// Makes every event's first message, or messages: to its queue, or parked where it can not be routed.
    fn plan(&self, events: &[Event], stamp: &Stamp) -> Plan {
        let mut plan =
            Plan { drafts: Vec::with_capacity(events.len()), parked: Vec::with_capacity(events.len()) };
        for (index, event) in events.iter().enumerate() {
            let reason = match (&event.verdict, stamp.routed(event)) {
                (Verdict::Route(_), Some(message)) => {
                    plan.drafts.push(Draft { event: index, message, parked: None });
                    None
                }
                (Verdict::Route(_), None) => Some(Reason::Oversize),
                (Verdict::Park(reason), _) => Some(*reason),
            };
            plan.drafts
                .extend(reason.into_iter().flat_map(|reason| park(index, event, stamp, reason, Form::Text)));
            plan.parked.push(reason);
        }
        plan
    }

    /// Whether a FIFO queue's calls, which go one after the other, would take too long.
    fn has_too_many_calls(&self, drafts: &[Draft]) -> bool {
        if self.routes.queue_type() == QueueType::Standard {
            return false;
        }
        let mut by_queue: HashMap<&Arc<str>, Vec<&Draft>> = HashMap::new();
        for draft in drafts {
            by_queue.entry(self.queue_of(draft)).or_default().push(draft);
        }
        let calls = |drafts: Vec<&Draft>| {
            pack::fifo_batches(drafts, |draft| draft.message.size(), |draft| draft.message.group_id()).len()
        };
        by_queue.into_values().any(|drafts| calls(drafts) > MAX_FIFO_CALLS)
    }

    fn by_queue(&self, drafts: Vec<Draft>) -> BTreeMap<Arc<str>, Vec<Draft>> {
        let mut by_queue: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for draft in drafts {
            by_queue.entry(Arc::clone(self.queue_of(&draft))).or_default().push(draft);
        }
        by_queue
    }

    fn queue_of(&self, draft: &Draft) -> &Arc<str> {
        draft
            .message
            .event_type()
            .map_or(self.routes.parking(), |event_type| self.routes.queue_url(event_type))
    }

    fn receipt(&self, batch: &Batch, parked: &[Option<Reason>]) -> Receipt {
        let mut receipt = Receipt { accepted: batch.count, ..Receipt::default() };
        for (event, reason) in batch.events.iter().zip(parked) {
            match (reason, &event.verdict) {
                // Slices are told by the events they hold.
                (Some(Reason::BatchTooLarge), _) => {
                    receipt.parked.insert(Reason::BatchTooLarge, batch.count);
                }
                (Some(reason), _) | (None, Verdict::Park(reason)) => {
                    *receipt.parked.entry(*reason).or_default() += 1
                }
                (None, Verdict::Route(event_type)) => {
                    *receipt.routed.entry(Arc::clone(self.routes.queue_url(event_type))).or_default() += 1;
                }
            }
        }
        receipt
    }
}

/// Messages to send, and for each event why it is parked, if it is.
struct Plan {
    drafts: Vec<Draft>,
    parked: Vec<Option<Reason>>,
}

/// How many events of a batch are sent one by one: 200 calls or so, 25 after each other.
pub const MAX_EVENTS: usize = 2_000;
/// How many calls to one FIFO queue, one after the other, fit into the budget.
const MAX_FIFO_CALLS: usize = 100;

/// Finds a place for what a queue will not take.
fn elsewhere(refused: Refused, event: &Event, stamp: &Stamp) -> Result<(Reason, Vec<Draft>), Rejection> {
    let Refused { draft: Draft { event: index, message, parked }, failure } = refused;
    match (parked, failure) {
        (None, failure) => {
            let reason = match failure {
                Failure::QueueMissing => Reason::QueueMissing,
                Failure::QueueDenied => Reason::QueueDenied,
                Failure::Content | Failure::Retryable | Failure::Unknown => Reason::RejectedBySqs,
            };
            Ok((reason, park(index, event, stamp, reason, Form::Text)))
        }
        // Once more with nothing that could offend.
        (Some((reason, Form::Text)), Failure::Content) if message.is_encoded() => {
            let parked = Some((reason, Form::Base64));
            Ok((reason, vec![Draft { event: index, message: message.without_optional(), parked }]))
        }
        (Some((reason, Form::Text)), Failure::Content) => {
            Ok((reason, park(index, event, stamp, reason, Form::Base64)))
        }
        (Some(_), failure) => {
            tracing::error!(code = "parking_failed", failure = failure.as_str());
            Err(Rejection::PublishFailed)
        }
    }
}

fn park(index: usize, event: &Event, stamp: &Stamp, reason: Reason, form: Form) -> Vec<Draft> {
    let messages = stamp.parked(event, reason, form).into_iter();
    messages.map(|message| Draft { event: index, message, parked: Some((reason, form)) }).collect()
}

/// The queue's name, for logs: its URL holds the account.
pub(crate) fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or(queue_url)
}
