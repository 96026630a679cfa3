//! The last step before the answer: every event becomes durable in SQS, or the answer is 503.
//!
//! [`Publisher`] packs, retries, splits and parks; [`SendBatch`] is its only door to SQS.

pub mod failure;
pub mod fifo;
pub mod message;
mod pack;
pub mod sqs;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::SystemTime,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Duration, Instant, timeout_at};

use self::{
    failure::{CallFailure, Failure},
    message::{Message, Stamp},
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

/// A message on its way, and the event it is made of.
struct Draft {
    event: usize,
    message: Message,
    parked: Option<(Reason, Form)>,
}

/// Batches of one queue that are sent one after the other.
struct Run {
    queue_url: Arc<str>,
    batches: VecDeque<Vec<Draft>>,
}

/// A draft that its queue will not take, however often it is sent.
struct Refused {
    draft: Draft,
    failure: Failure,
}

impl<S: SendBatch> Publisher<S> {
    /// Sends to these queues.
    pub const fn new(sender: S, routes: Routes) -> Self {
        Self { sender, routes }
    }

    /// Returns when every event is durable: in its queue, or parked with a reason.
    ///
    /// # Errors
    /// [`Rejection::PublishFailed`] or [`Rejection::OutOfTime`]; some events may be durable, and will come again.
    pub async fn publish(&self, batch: &Batch, arrival: &Arrival) -> Result<Receipt, Rejection> {
        let stamp = Stamp::new(&batch.origin, arrival, self.routes.queue_type());
        let (mut drafts, mut receipt) = self.place_all(&batch.events, &stamp);
        let mut events = &batch.events;
        let slices;
        if self.is_too_much(&drafts) {
            slices = batch.slices();
            events = &slices;
            (drafts, receipt) = self.place_all(events, &stamp);
            receipt.parked.insert(Reason::BatchTooLarge, batch.events.len());
        }
        receipt.accepted = batch.events.len();
        while !drafts.is_empty() {
            let refused = self.send_all(drafts, arrival.deadline).await?;
            drafts = Vec::with_capacity(refused.len());
            for refused in refused {
                self.park_refused(refused, events, &stamp, &mut drafts, &mut receipt)?;
            }
        }
        Ok(receipt)
    }

    fn place_all(&self, events: &[Event], stamp: &Stamp) -> (Vec<Draft>, Receipt) {
        let (mut drafts, mut receipt) = (Vec::with_capacity(events.len()), Receipt::default());
        for (index, event) in events.iter().enumerate() {
            self.place(index, event, stamp, &mut drafts, &mut receipt);
        }
        (drafts, receipt)
    }

    /// Whether the events would not be durable in time, sent one by one. A FIFO queue's calls go one after the other.
    fn is_too_much(&self, drafts: &[Draft]) -> bool {
        if drafts.len() > MAX_MESSAGES {
            return true;
        }
        let mut by_queue: HashMap<&Arc<str>, Vec<&str>> = HashMap::new();
        for draft in drafts {
            if let Some(fifo) = draft.message.fifo() {
                by_queue.entry(self.queue_of(draft)).or_default().push(&fifo.group_id);
            }
        }
        by_queue.into_values().any(|groups| pack::fifo_calls(groups.into_iter()) > MAX_FIFO_CALLS)
    }

    /// Makes an event's first message, or messages: to its queue, or parked where it can not be routed.
    fn place(
        &self,
        index: usize,
        event: &Event,
        stamp: &Stamp,
        drafts: &mut Vec<Draft>,
        receipt: &mut Receipt,
    ) {
        let reason = match &event.verdict {
            Verdict::Route(event_type) => match stamp.routed(event) {
                Some(message) => {
                    let queue_url = self.routes.queue_url(event_type);
                    *receipt.routed.entry(Arc::clone(queue_url)).or_default() += 1;
                    return drafts.push(Draft { event: index, message, parked: None });
                }
                None => Reason::Oversize,
            },
            Verdict::Park(reason) => *reason,
        };
        park(index, event, stamp, (reason, Form::Text), drafts, receipt);
    }

    /// Finds a place for what a queue will not take.
    fn park_refused(
        &self,
        refused: Refused,
        events: &[Event],
        stamp: &Stamp,
        drafts: &mut Vec<Draft>,
        receipt: &mut Receipt,
    ) -> Result<(), Rejection> {
        let Refused { draft, failure } = refused;
        let event = events.get(draft.event).ok_or(Rejection::PublishFailed)?;
        match (draft.parked, failure) {
            (None, failure) => {
                let reason = match failure {
                    Failure::QueueMissing => Reason::QueueMissing,
                    Failure::QueueDenied => Reason::QueueDenied,
                    _ => Reason::RejectedBySqs,
                };
                if let Verdict::Route(event_type) = &event.verdict {
                    receipt
                        .routed
                        .entry(Arc::clone(self.routes.queue_url(event_type)))
                        .and_modify(|n| *n -= 1);
                }
                park(draft.event, event, stamp, (reason, Form::Text), drafts, receipt);
                Ok(())
            }
            // Once more with nothing that could offend.
            (Some((reason, Form::Text)), Failure::Content) => {
                let messages = if draft.message.is_encoded() {
                    vec![draft.message.without_optional()]
                } else {
                    stamp.parked(event, reason, Form::Base64)
                };
                let parked = Some((reason, Form::Base64));
                drafts.extend(messages.into_iter().map(|message| Draft {
                    event: draft.event,
                    message,
                    parked,
                }));
                Ok(())
            }
            (Some(_), failure) => {
                tracing::error!(code = "parking_failed", failure = failure.as_str());
                Err(Rejection::PublishFailed)
            }
        }
    }

    /// Sends everything, queues beside each other; gives back what can not be sent to where it was meant for.
    async fn send_all(&self, drafts: Vec<Draft>, deadline: Instant) -> Result<Vec<Refused>, Rejection> {
        let mut waiting = self.runs(drafts).into_iter();
        let send = |run| self.send_run(run, deadline);
        let mut in_flight: FuturesUnordered<_> =
            waiting.by_ref().take(MAX_CALLS_IN_FLIGHT).map(send).collect();
        let mut refused = Vec::new();
        while let Some(done) = in_flight.next().await {
            refused.extend(done?);
            in_flight.extend(waiting.next().map(send));
        }
        Ok(refused)
    }

    /// One run for each batch; in FIFO mode one for each queue, so that its batches keep their order.
    fn runs(&self, drafts: Vec<Draft>) -> Vec<Run> {
        let mut by_queue: BTreeMap<Arc<str>, Vec<Draft>> = BTreeMap::new();
        for draft in drafts {
            by_queue.entry(Arc::clone(self.queue_of(&draft))).or_default().push(draft);
        }
        let runs = by_queue.into_iter().flat_map(|(queue_url, drafts)| {
            let size_of = |draft: &Draft| draft.message.size();
            let run = |batches| Run { queue_url: Arc::clone(&queue_url), batches };
            match self.routes.queue_type() {
                QueueType::Standard => {
                    let batches = pack::batches(drafts, size_of).into_iter();
                    batches.map(|batch| run(VecDeque::from([batch]))).collect()
                }
                QueueType::Fifo => {
                    let group_of = |draft: &Draft| draft.message.fifo().map(|fifo| fifo.group_id.clone());
                    vec![run(pack::fifo_batches(drafts, size_of, group_of).into())]
                }
            }
        });
        runs.collect()
    }

    fn queue_of(&self, draft: &Draft) -> &Arc<str> {
        match draft.message.event_type() {
            Some(event_type) if draft.parked.is_none() => self.routes.queue_url(event_type),
            _ => self.routes.parking(),
        }
    }

    /// Sends a run's batches in order. What failed and can be mended goes first again, so that in FIFO mode whatever
    /// comes later in its group waits for it.
    async fn send_run(&self, mut run: Run, deadline: Instant) -> Result<Vec<Refused>, Rejection> {
        let mut refused = Vec::new();
        let mut backoff = Backoff::default();
        while let Some(batch) = run.batches.pop_front() {
            let call_deadline = deadline.min(Instant::now() + CALL_TIMEOUT);
            let messages: Vec<_> = batch.iter().map(|draft| &draft.message).collect();
            let call = timeout_at(call_deadline, self.sender.send_batch(&run.queue_url, &messages)).await;
            let failure = match call.unwrap_or(Err(CallFailure::timeout())) {
                Ok(acknowledgements) => {
                    let again = sort_out(batch, acknowledgements, &mut refused);
                    if again.is_empty() {
                        backoff = Backoff::default();
                        continue;
                    }
                    let unknown = again.iter().any(|(_, failure)| *failure == Failure::Unknown);
                    run.batches.push_front(again.into_iter().map(|(draft, _)| draft).collect());
                    if unknown { Failure::Unknown } else { Failure::Retryable }
                }
                Err(CallFailure { failure, code }) => {
                    tracing::warn!(
                        code = "sqs_call_failed",
                        sqs_code = &*code,
                        failure = failure.as_str(),
                        queue = queue_name(&run.queue_url),
                        entries = batch.len()
                    );
                    match failure {
                        // The reason is in one of the entries: halve until it stands alone.
                        Failure::Content if batch.len() > 1 => {
                            let mut first = batch;
                            let second = first.split_off(first.len() / 2);
                            run.batches.push_front(second);
                            run.batches.push_front(first);
                            continue;
                        }
                        Failure::Content | Failure::QueueMissing | Failure::QueueDenied => {
                            refused.extend(batch.into_iter().map(|draft| Refused { draft, failure }));
                            continue;
                        }
                        Failure::Retryable | Failure::Unknown => {
                            run.batches.push_front(batch);
                            failure
                        }
                    }
                }
            };
            backoff.wait(failure, deadline).await?;
        }
        Ok(refused)
    }
}

/// How many messages one delivery may take: 200 calls or so, 25 after each other.
const MAX_MESSAGES: usize = 2_000;
/// How many calls to one FIFO queue, one after the other, fit into the budget.
const MAX_FIFO_CALLS: usize = 100;
/// How many calls run beside each other: more would only add TLS handshakes to a fraction of a core.
const MAX_CALLS_IN_FLIGHT: usize = 8;
/// One call's time limit: two fit into the budget.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

fn park(
    index: usize,
    event: &Event,
    stamp: &Stamp,
    (reason, form): (Reason, Form),
    drafts: &mut Vec<Draft>,
    receipt: &mut Receipt,
) {
    *receipt.parked.entry(reason).or_default() += 1;
    let parts = stamp.parked(event, reason, form).into_iter();
    drafts.extend(parts.map(|message| Draft { event: index, message, parked: Some((reason, form)) }));
}

/// Drops what is durable, sets aside what is refused, and gives back what is worth another try.
fn sort_out(
    batch: Vec<Draft>,
    acknowledgements: Vec<Acknowledgement>,
    refused: &mut Vec<Refused>,
) -> Vec<(Draft, Failure)> {
    let told = acknowledgements.into_iter().chain(std::iter::repeat(Acknowledgement::Missing));
    let mut again = Vec::new();
    for (draft, acknowledgement) in batch.into_iter().zip(told) {
        match acknowledgement {
            Acknowledgement::Durable => {}
            Acknowledgement::Missing => again.push((draft, Failure::Retryable)),
            Acknowledgement::Failed(failure @ (Failure::Retryable | Failure::Unknown)) => {
                again.push((draft, failure))
            }
            Acknowledgement::Failed(failure) => refused.push(Refused { draft, failure }),
        }
    }
    again
}

/// The queue's name, for logs: its URL holds the account.
pub(crate) fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or(queue_url)
}

/// Exponential backoff with full jitter.
#[derive(Default)]
struct Backoff {
    failures: u32,
    unknown: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);
    /// Codes that nobody documented may be for good: they are not worth the whole budget.
    const MAX_UNKNOWN: u32 = 3;

    async fn wait(&mut self, failure: Failure, deadline: Instant) -> Result<(), Rejection> {
        self.failures += 1;
        self.unknown += u32::from(failure == Failure::Unknown);
        if self.unknown >= Self::MAX_UNKNOWN {
            return Err(Rejection::PublishFailed);
        }
        let ceiling = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::LONGEST);
        let delay = ceiling.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
        if Instant::now() + delay >= deadline {
            return Err(Rejection::PublishFailed);
        }
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
