//! Sending: queues beside each other, each entry until it is durable or refused for good.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Duration, Instant, timeout_at};

use super::{
    Acknowledgement, SendBatch,
    failure::{CallFailure, Failure},
    message::Message,
    pack, queue_name,
};
use crate::{
    parking::{Form, Reason},
    rejection::Rejection,
};

/// A message on its way, and the event it is made of.
pub(super) struct Draft {
    pub(super) event: usize,
    pub(super) message: Message,
    /// Why and how it is parked; `None` on its way to its type's queue.
    pub(super) parked: Option<(Reason, Form)>,
}

/// A draft that its queue will not take, however often it is sent.
pub(super) struct Refused {
    pub(super) draft: Draft,
    pub(super) failure: Failure,
}

/// Batches of one queue that are sent one after the other.
struct Run {
    queue_url: Arc<str>,
    batches: VecDeque<Vec<Draft>>,
}

/// How many calls run beside each other: more would only add TLS handshakes to a fraction of a core.
const MAX_CALLS_IN_FLIGHT: usize = 8;
/// One call's time limit: two fit into the budget.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// Sends everything; gives back what its queue will not take.
///
/// # Errors
/// Not everything could be sent in time, or SQS fails in a way that no place in SQS can mend.
pub(super) async fn all<S: SendBatch>(
    sender: &S,
    queues: BTreeMap<Arc<str>, Vec<Draft>>,
    fifo: bool,
    deadline: Instant,
) -> Result<Vec<Refused>, Rejection> {
    let mut waiting = queues.into_iter().flat_map(|(queue_url, drafts)| runs(&queue_url, drafts, fifo));
    let send = |run| send_run(sender, run, deadline);
    let mut in_flight: FuturesUnordered<_> = waiting.by_ref().take(MAX_CALLS_IN_FLIGHT).map(send).collect();
    let mut refused = Vec::new();
    while let Some(done) = in_flight.next().await {
        refused.extend(done?);
        in_flight.extend(waiting.next().map(send));
    }
    Ok(refused)
}

/// One run for each batch; of a FIFO queue one for all, so that they keep their order.
fn runs(queue_url: &Arc<str>, drafts: Vec<Draft>, fifo: bool) -> Vec<Run> {
    let size_of = |draft: &Draft| draft.message.size();
    let run = |batches| Run { queue_url: Arc::clone(queue_url), batches };
    if fifo {
        return vec![run(pack::fifo_batches(drafts, size_of, |draft| draft.message.group_id()).into())];
    }
    pack::batches(drafts, size_of).into_iter().map(|batch| run(VecDeque::from([batch]))).collect()
}

/// Sends a run's batches in order. What failed and can be mended goes first again, so that in FIFO mode whatever
/// comes later in its group waits for it.
async fn send_run<S: SendBatch>(
    sender: &S,
    mut run: Run,
    deadline: Instant,
) -> Result<Vec<Refused>, Rejection> {
    let mut refused = Vec::new();
    let mut backoff = Backoff::default();
    while let Some(batch) = run.batches.pop_front() {
        let call_deadline = deadline.min(Instant::now() + CALL_TIMEOUT);
        let messages: Vec<_> = batch.iter().map(|draft| &draft.message).collect();
        let call = timeout_at(call_deadline, sender.send_batch(&run.queue_url, &messages)).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How long each of these waits takes, as a clock without a deadline shows it; `None` for one that gives up.
    async fn waits(failures: &[Failure]) -> Vec<Option<Duration>> {
        let (mut backoff, mut waits) = (Backoff::default(), Vec::new());
        for failure in failures {
            let start = Instant::now();
            let wait = backoff.wait(*failure, start + Duration::from_secs(3600)).await;
            waits.push(wait.ok().map(|()| start.elapsed()));
        }
        waits
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_doubles_up_to_a_second_and_is_half_jitter() {
        let waits = waits(&[Failure::Retryable; 40]).await;
        for (wait, ceiling) in waits.into_iter().zip([100, 200, 400, 800].into_iter().chain([1_000; 36])) {
            // Tokio's timers end on the next millisecond.
            let range = Duration::from_millis(ceiling / 2)..=Duration::from_millis(ceiling + 1);
            assert!(range.contains(&wait.unwrap()), "{wait:?} of {ceiling} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_codes_that_nobody_documented_are_given_up_before_the_time_is_over() {
        let (known, unknown) = (Failure::Retryable, Failure::Unknown);
        let given_up = |waits: Vec<Option<_>>| waits.iter().position(Option::is_none);
        assert_eq!(given_up(waits(&[known; 40]).await), None);
        assert_eq!(given_up(waits(&[unknown; 3]).await), Some(2));
        assert_eq!(given_up(waits(&[unknown, known, unknown, known, unknown]).await), Some(4));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_waited_for_in_time_is_given_up_at_once() {
        let start = Instant::now();
        // The first wait takes 50 ms at least.
        let wait = Backoff::default().wait(Failure::Retryable, start + Duration::from_millis(50)).await;
        assert_eq!(wait, Err(Rejection::PublishFailed));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
