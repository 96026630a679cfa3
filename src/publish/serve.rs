//! Serves the queues side by side, in turn, so that a queue that hangs or fails costs the others nothing.
//!
//! [`Service`] owns the slots and the clock. What one queue does next is [`Queue`]'s decision.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use super::{
    SendBatch,
    call::{Call, Draft, Ended, Refused},
    failure::SqsFailure,
    queue::Queue,
};

/// Queues, and the calls in flight to them.
pub(super) struct Service<'a, S> {
    sender: &'a S,
    request_id: &'a str,
    queues: Vec<Queue>,
    /// Place of the queue whose turn is next.
    turn: usize,
    /// Count of the calls so far. A call's number tells whether it started before or after a failure.
    started: u64,
    calls: FuturesUnordered<BoxFuture<'a, (usize, Ended)>>,
    deadline: Instant,
}

/// What a queue gives back after a call.
pub(super) struct Settled {
    /// Messages that the queue will not take, however often they are sent.
    pub(super) refused: Vec<Refused>,
    /// Messages that were never sent and for which no time is left.
    pub(super) overflow: Vec<Draft>,
}

/// Number of calls in flight: more would only add TLS handshakes to a fraction of a core.
const SLOTS: usize = 8;
/// Number of slots that failing queues may hold together: the others stay free for queues that work.
const SLOTS_FOR_FAILING: usize = 4;
/// Time limit of one call: two fit into the budget.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(3);

impl<'a, S: SendBatch> Service<'a, S> {
    pub(super) fn new(sender: &'a S, queues: Vec<Queue>, deadline: Instant, request_id: &'a str) -> Self {
        Self { sender, request_id, queues, turn: 0, started: 0, calls: FuturesUnordered::new(), deadline }
    }

    /// Sends until a queue gives something back. `None` when every queue is finished, given up, or out of time.
    pub(super) async fn next(&mut self) -> Option<Settled> {
        loop {
            self.start_calls();
            let (queue, ended) = match self.next_resumption() {
                None => self.calls.next().await?,
                Some(resumption) if self.calls.is_empty() => {
                    sleep_until(resumption).await;
                    continue;
                }
                Some(resumption) => match timeout_at(resumption, self.calls.next()).await {
                    Ok(ended) => ended?,
                    Err(_resumed) => continue,
                },
            };
            let settled = self.settle(queue, ended);
            if !settled.refused.is_empty() || !settled.overflow.is_empty() {
                return Some(settled);
            }
        }
    }

    /// Adds messages to the queue at this place.
    pub(super) fn add(&mut self, queue: usize, drafts: Vec<Draft>) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.add(drafts);
        }
    }

    /// Reports whether no message waits any more.
    pub(super) fn is_complete(&self) -> bool {
        self.queues.iter().all(Queue::is_empty)
    }

    fn start_calls(&mut self) {
        let now = Instant::now();
        while self.calls.len() < SLOTS
            && let Some((index, url, call)) = self.take_turn(now)
        {
            let (sender, deadline) = (self.sender, self.deadline);
            let number = self.started;
            self.started += 1;
            let send = async move {
                let messages: Vec<_> = call.drafts.iter().map(|draft| &draft.message).collect();
                let sent =
                    timeout_at(deadline.min(now + CALL_TIMEOUT), sender.send_batch(&url, &messages)).await;
                let result = sent.unwrap_or_else(|_elapsed| Err(SqsFailure::timeout()));
                let ended = Ended { call, number, took: now.elapsed(), result };
                (index, ended)
            };
            self.calls.push(send.boxed());
        }
    }

    /// Takes the next call from the queues in turn.
    fn take_turn(&mut self, now: Instant) -> Option<(usize, Arc<str>, Call)> {
        let held: usize = self.queues.iter().filter(|queue| queue.is_failing()).map(Queue::in_flight).sum();
        let count = self.queues.len();
        for step in 0..count {
            let index = (self.turn + step) % count;
            let Some(queue) = self.queues.get_mut(index) else { continue };
            if (queue.is_failing() && held >= SLOTS_FOR_FAILING) || now >= self.deadline {
                continue;
            }
            if let Some(call) = queue.take(now) {
                self.turn = index + 1;
                return Some((index, Arc::clone(queue.url()), call));
            }
        }
        None
    }

    /// The moment when the first pause of a queue ends. A pause that outlasts the budget ends never: the queue is given
    /// up.
    fn next_resumption(&self) -> Option<Instant> {
        let now = Instant::now();
        let resumptions = self.queues.iter().filter_map(Queue::resumption);
        resumptions.filter(|at| *at > now && *at < self.deadline).min()
    }

    fn settle(&mut self, queue: usize, ended: Ended) -> Settled {
        let Some(queue) = self.queues.get_mut(queue) else {
            return Settled { refused: Vec::new(), overflow: Vec::new() };
        };
        let refused = queue.settle(ended, self.started, self.request_id);
        let overflow = queue.cut_overflow(self.deadline.saturating_duration_since(Instant::now()));
        Settled { refused, overflow }
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
            _queue_url: &str,
            _messages: &[&Message],
        ) -> Result<Vec<crate::publish::Acknowledgement>, SqsFailure> {
            Err(SqsFailure::timeout())
        }
    }

    /// A queue without messages that failed so often.
    fn failing(failures: u64) -> Queue {
        let mut queue = Queue::new("https://sqs/1/q".into(), false, Vec::new());
        for number in 0..failures {
            let call = Call { drafts: Vec::new(), failures: 0, not_before: None };
            let result = Err(SqsFailure::timeout());
            queue.settle(Ended { call, number, took: Duration::ZERO, result }, number + 1, "r");
        }
        queue
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_pause_that_ends_is_the_next_resumption() {
        let deadline = Instant::now() + Duration::from_secs(8);
        let queues = || vec![failing(5), failing(1), failing(0)];
        let [long, short, _] = &*queues() else { panic!("three queues") };
        assert!(short.resumption() < long.resumption());
        let service = Service::new(&NoSqs, queues(), deadline, "r");
        let next = service.next_resumption().unwrap() - Instant::now();
        assert!(next <= Duration::from_millis(100), "{next:?}");
        let over = Service::new(&NoSqs, queues(), Instant::now() + Duration::from_millis(40), "r");
        assert_eq!(over.next_resumption(), None, "no pause ends in time");
    }
}
