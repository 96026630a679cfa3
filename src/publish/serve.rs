//! Serves the queues in turn, so that a queue that hangs or fails does not delay the others.
//!
//! [`Service`] owns the slots and the clock. [`Queue`] decides about its own calls.

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use super::{
    call::{Call, Draft, Ended, Moment, Refused},
    failure::SqsFailure,
    queue::Queue,
    send_batch::SendBatch,
};
use crate::route::QueueUrl;

/// Queues, and the calls in flight to them.
pub(super) struct Service<'a, S, R> {
    sender: &'a S,
    request_id: &'a str,
    queues: Vec<Queue>,
    /// Index of the parking queue, if there is one.
    parking: Option<usize>,
    /// Index of the queue whose turn is next.
    turn: usize,
    /// Number of calls so far. A call's number shows whether it started before a failure.
    started: u64,
    calls: FuturesUnordered<BoxFuture<'a, (usize, Ended)>>,
    deadline: Instant,
    /// Observer of the calls that are retries.
    retried: R,
}

/// Messages that a queue returns after a call.
pub(super) struct Settled {
    /// Messages that the queue refused for good.
    pub(super) refused: Vec<Refused>,
    /// Messages that were never sent, and for which no time is left.
    pub(super) overflow: Vec<Draft>,
}

/// Limit of calls in flight. More calls would only add TLS handshakes to a fraction of a core.
const SLOTS: usize = 8;
/// Limit of slots for all failing queues. The others stay free for working queues.
const SLOTS_FOR_FAILING: usize = 4;
/// Time limit of one call. Two calls fit into the budget.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

impl<'a, S: SendBatch, R: FnMut()> Service<'a, S, R> {
    pub(super) fn new(
        sender: &'a S,
        queues: Vec<Queue>,
        parking: Option<usize>,
        deadline: Instant,
        request_id: &'a str,
        retried: R,
    ) -> Self {
        Self {
            sender,
            request_id,
            queues,
            parking,
            turn: 0,
            started: 0,
            calls: FuturesUnordered::new(),
            deadline,
            retried,
        }
    }

    /// Sends until a queue returns messages. `None` when every queue is finished, given up, or out of time.
    pub(super) async fn next(&mut self) -> Option<Settled> {
        loop {
            // All decisions of this turn use one moment, so that a pause cannot end between two readings of the clock.
            let now = Instant::now();
            let overflow = self.take_overflow(now);
            if !overflow.is_empty() {
                return Some(Settled { refused: Vec::new(), overflow });
            }
            self.start_calls(now);
            let (queue, ended) = match self.wake_at(now) {
                None => self.calls.next().await?,
                Some(wake_at) if self.calls.is_empty() => {
                    sleep_until(wake_at).await;
                    continue;
                }
                Some(wake_at) => match timeout_at(wake_at, self.calls.next()).await {
                    Ok(ended) => ended?,
                    Err(_woken) => continue,
                },
            };
            let refused = self.settle(queue, ended);
            if !refused.is_empty() {
                return Some(Settled { refused, overflow: Vec::new() });
            }
        }
    }

    /// Adds messages to the queue with this index.
    pub(super) fn add(&mut self, queue: usize, drafts: Vec<Draft>) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.add(drafts);
        }
    }

    /// Reports whether no message is waiting.
    pub(super) fn is_complete(&self) -> bool {
        self.queues.iter().all(Queue::is_empty)
    }

    fn start_calls(&mut self, now: Instant) {
        while self.calls.len() < SLOTS
            && let Some((index, url, mut call)) = self.take_turn(now)
        {
            if call.take_retry() {
                (self.retried)();
            }
            let (sender, deadline) = (self.sender, self.deadline);
            let number = self.started;
            self.started += 1;
            let send = async move {
                let messages: Vec<_> = call.drafts.iter().map(|draft| &draft.message).collect();
                let sent =
                    timeout_at(deadline.min(now + CALL_TIMEOUT), sender.send_batch(&url, &messages)).await;
                let result = sent.unwrap_or_else(|_elapsed| Err(SqsFailure::timeout()));
                (index, Ended { call, number, result })
            };
            self.calls.push(send.boxed());
        }
    }

    /// Takes the next call from the queues in turn.
    fn take_turn(&mut self, now: Instant) -> Option<(usize, QueueUrl, Call)> {
        let held: usize = self.queues.iter().filter(|queue| queue.is_failing()).map(Queue::in_flight).sum();
        let count = self.queues.len();
        for step in 0..count {
            let index = (self.turn + step) % count;
            let Some(queue) = self.queues.get_mut(index) else { continue };
            if (queue.is_failing() && held >= SLOTS_FOR_FAILING) || now >= self.deadline {
                continue;
            }
            if let Some(call) = queue.take(now, self.started) {
                self.turn = index + 1;
                return Some((index, queue.url().clone(), call));
            }
        }
        None
    }

    /// Next moment to act besides the ends of calls: a pause ends, or messages without time must be parked. A pause that
    /// outlasts the budget does not count, so its queue is given up.
    fn wake_at(&self, now: Instant) -> Option<Instant> {
        let resumptions = self.queues.iter().filter_map(Queue::resumption);
        let last_moments = self.queues.iter().filter_map(|queue| queue.last_moment(now, self.deadline));
        resumptions.chain(last_moments).filter(|at| *at > now && *at < self.deadline).min()
    }

    /// Takes the messages whose calls do not fit, at the last moment for parking them.
    fn take_overflow(&mut self, now: Instant) -> Vec<Draft> {
        let deadline = self.deadline;
        let is_late = |queue: &&mut Queue| queue.last_moment(now, deadline).is_some_and(|at| at <= now);
        self.queues.iter_mut().filter(is_late).flat_map(Queue::take_sliceable).collect()
    }

    fn settle(&mut self, queue: usize, ended: Ended) -> Vec<Refused> {
        let may_park = self.parking.and_then(|parking| self.queues.get(parking)).is_none_or(Queue::may_work);
        let moment =
            Moment { now: Instant::now(), started: self.started, may_park, request_id: self.request_id };
        self.queues.get_mut(queue).map(|queue| queue.settle(ended, moment)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::message::Message;

    struct NoSqs;

    impl SendBatch for NoSqs {
        async fn send_batch(
            &self,
            _queue_url: &QueueUrl,
            _messages: &[&Message],
        ) -> Result<Vec<crate::publish::Acknowledgement>, SqsFailure> {
            Err(SqsFailure::timeout())
        }
    }

    /// A queue without messages after this number of failures.
    fn failing(failures: u64) -> Queue {
        let mut queue = Queue::new("https://sqs/1/q".into(), false, Vec::new());
        for number in 0..failures {
            let call = Call { drafts: Vec::new(), is_suspect: false };
            let ended = Ended { call, number, result: Err(SqsFailure::timeout()) };
            let moment = Moment { now: Instant::now(), started: number + 1, may_park: true, request_id: "r" };
            queue.settle(ended, moment);
        }
        queue
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_pause_that_ends_is_the_next_resumption() {
        let deadline = Instant::now() + Duration::from_secs(8);
        let queues = || vec![failing(5), failing(1), failing(0)];
        let [long, short, _] = &*queues() else { panic!("three queues") };
        assert!(short.resumption() < long.resumption());
        let service = Service::new(&NoSqs, queues(), None, deadline, "r", || ());
        let next = service.wake_at(Instant::now()).unwrap() - Instant::now();
        assert!(next <= Duration::from_millis(100), "{next:?}");
        let over =
            Service::new(&NoSqs, queues(), None, Instant::now() + Duration::from_millis(40), "r", || ());
        assert_eq!(over.wake_at(Instant::now()), None, "no pause ends in time");
    }
}
