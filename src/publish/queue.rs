//! One queue: the messages that wait for it, how it fares, and what becomes of each call.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use tokio::time::{Duration, Instant};

use super::{
    Acknowledgement,
    backoff::pause,
    call::{Call, Draft, Ended, Refused},
    failure::{Failure, SqsFailure},
    health::Health,
    pace::Pace,
    pack, queue_name,
};
use crate::parking::MAX_MESSAGE;

/// A queue, and the calls that wait for it.
pub(super) struct Queue {
    url: Arc<str>,
    fifo: bool,
    waiting: VecDeque<Call>,
    in_flight: usize,
    health: Health,
    pace: Pace,
}

/// Number of tries after which a code that is in no list counts as final: it may never end.
const MAX_UNLISTED: u32 = 3;

impl Queue {
    pub(super) fn new(url: Arc<str>, fifo: bool, drafts: Vec<Draft>) -> Self {
        let (waiting, health) = (VecDeque::new(), Health::Untried);
        let mut queue = Self { url, fifo, waiting, in_flight: 0, health, pace: Pace::default() };
        queue.add(drafts);
        queue
    }

    pub(super) const fn url(&self) -> &Arc<str> {
        &self.url
    }

    pub(super) const fn is_failing(&self) -> bool {
        matches!(self.health, Health::Failing(_))
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds messages behind those that wait.
    pub(super) fn add(&mut self, mut drafts: Vec<Draft>) {
        if let Some(last) = self.waiting.pop_back_if(|call| call.failures == 0) {
            drafts.splice(..0, last.drafts);
        }
        let calls = self.pack(drafts);
        self.waiting.extend(calls);
    }

    /// Takes the next call, unless the queue pauses or has as many in flight as it may.
    pub(super) fn take(&mut self, now: Instant) -> Option<Call> {
        if self.in_flight >= self.health.most_calls(self.fifo, now) {
            return None;
        }
        let is_ready = |call: &Call| call.not_before.is_none_or(|at| at <= now);
        let place = self.candidates().position(is_ready)?;
        let mut call = self.waiting.remove(place)?;
        call.drafts.iter_mut().for_each(|draft| draft.sliceable = false);
        self.in_flight += 1;
        Some(call)
    }

    /// The moment when the pause ends that keeps the queue from its next call.
    pub(super) fn resumption(&self) -> Option<Instant> {
        let first = self.candidates().map(|call| call.not_before).min()?;
        match self.health {
            Health::Failing(failing) => {
                Some(first.map_or(failing.resumption, |at| at.max(failing.resumption)))
            }
            Health::Closed(_) => None,
            Health::Untried | Health::Working => first,
        }
    }

    /// Decides what becomes of a call that ended: what is durable is done, what is refused is given back, the rest is sent
    /// again. `started` counts the calls that have started by now.
    pub(super) fn settle(&mut self, ended: Ended, started: u64, request_id: &str) -> Vec<Refused> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Ended { call, number, took, result } = ended;
        let (again, refused) = match result {
            Ok(acknowledgements) => {
                self.pace.answered(took);
                self.sort_out(call, number, started, acknowledgements, request_id)
            }
            Err(failure) => self.failed(call, number, started, failure, request_id),
        };
        match (again, &self.health) {
            (Some(call), Health::Closed(failure)) => {
                refused.into_iter().chain(call.refused(*failure)).collect()
            }
            (Some(call), _) => {
                self.put_back(call);
                refused
            }
            (None, _) => refused,
        }
    }

    /// Takes an answer apart, entry by entry.
    fn sort_out(
        &mut self,
        call: Call,
        number: u64,
        started: u64,
        acknowledgements: Vec<Acknowledgement>,
        request_id: &str,
    ) -> (Option<Call>, Vec<Refused>) {
        let (entries, failures) = (call.drafts.len(), call.failures + 1);
        let (mut again, mut refused) = (Vec::new(), Vec::new());
        let acknowledgements =
            acknowledgements.into_iter().chain(std::iter::repeat(Acknowledgement::Missing));
        for (mut draft, acknowledgement) in call.drafts.into_iter().zip(acknowledgements) {
            match acknowledgement {
                Acknowledgement::Durable => {}
                Acknowledgement::Missing => again.push(draft),
                Acknowledgement::Failed(SqsFailure { failure, code }) => {
                    let (sqs_code, failure_name, queue) = (&*code, failure.as_str(), queue_name(&self.url));
                    tracing::warn!(
                        code = "sqs_entry_failed",
                        request_id,
                        sqs_code,
                        failure = failure_name,
                        queue
                    );
                    draft.unlisted += u32::from(failure == Failure::Unknown);
                    match failure {
                        Failure::Retryable => again.push(draft),
                        Failure::Unknown if draft.unlisted < MAX_UNLISTED => again.push(draft),
                        _ => refused.push(Refused { draft, failure }),
                    }
                }
            }
        }
        // An answer that settles some entries comes from a queue that works: only the others pause.
        let not_before = if again.len() < entries {
            self.health.succeed(number);
            Some(Instant::now() + pause(failures))
        } else {
            self.health.fail(number, started, false);
            None
        };
        let again = (!again.is_empty()).then_some(Call { drafts: again, failures, not_before });
        (again, refused)
    }

    /// Decides what becomes of a call that failed as a whole.
    fn failed(
        &mut self,
        mut call: Call,
        number: u64,
        started: u64,
        SqsFailure { failure, code }: SqsFailure,
        request_id: &str,
    ) -> (Option<Call>, Vec<Refused>) {
        let (sqs_code, failure_name, queue) = (&*code, failure.as_str(), queue_name(&self.url));
        let entries = call.drafts.len();
        tracing::warn!(
            code = "sqs_call_failed",
            request_id,
            sqs_code,
            failure = failure_name,
            queue,
            entries
        );
        match failure {
            // The reason is in one of the entries: halve until it stands alone.
            Failure::Content if entries > 1 && !matches!(self.health, Health::Closed(_)) => {
                self.health.succeed(number);
                let drafts = call.drafts.split_off(entries / 2);
                self.waiting.push_front(Call { drafts, ..call });
                self.waiting.push_front(call);
                (None, Vec::new())
            }
            Failure::Content => {
                self.health.succeed(number);
                (None, call.refused(failure).collect())
            }
            Failure::QueueMissing | Failure::QueueDenied => (None, self.close(call, failure)),
            Failure::Retryable | Failure::Unknown => {
                let unlisted = self.health.fail(number, started, failure == Failure::Unknown);
                if unlisted >= MAX_UNLISTED {
                    return (None, self.close(call, Failure::QueueDenied));
                }
                (Some(Call { failures: call.failures + 1, not_before: None, ..call }), Vec::new())
            }
        }
    }

    /// Takes out of the line the messages for whose calls no time is left, at the last moment when they can be parked.
    ///
    /// Only the calls of a FIFO queue go one after the other, so that their time can be foreseen.
    pub(super) fn cut_overflow(&mut self, left: Duration) -> Vec<Draft> {
        let mut overflow = Vec::new();
        if !self.fifo || self.pace.fits(self.waiting.len(), left) {
            return overflow;
        }
        let waiting = self.waiting.iter().flat_map(|call| &call.drafts);
        let bytes: usize = waiting.map(|draft| draft.message.size()).sum();
        if self.pace.is_last_moment(bytes.div_ceil(MAX_MESSAGE), left) {
            for call in &mut self.waiting {
                overflow.extend(call.drafts.extract_if(.., |draft| draft.sliceable));
            }
            self.waiting.retain(|call| !call.drafts.is_empty());
        }
        overflow
    }

    /// The calls of which one is next: of a FIFO queue only the first one.
    fn candidates(&self) -> impl Iterator<Item = &Call> {
        self.waiting.iter().take(if self.fifo { 1 } else { usize::MAX })
    }

    /// Sends nothing more to the queue, and gives back all that waits for it.
    fn close(&mut self, call: Call, failure: Failure) -> Vec<Refused> {
        self.health = Health::Closed(failure);
        std::iter::once(call).chain(self.waiting.drain(..)).flat_map(|call| call.refused(failure)).collect()
    }

    /// Puts a call behind those that wait. On a FIFO queue the later messages of its groups follow it.
    fn put_back(&mut self, call: Call) {
        let mut later = Vec::new();
        if self.fifo {
            let groups: HashSet<_> = call.drafts.iter().map(|draft| draft.message.group_id()).collect();
            for call in &mut self.waiting {
                later.extend(call.drafts.extract_if(.., |draft| groups.contains(draft.message.group_id())));
            }
            self.waiting.retain(|call| !call.drafts.is_empty());
        }
        self.waiting.push_back(call);
        let calls = self.pack(later);
        self.waiting.extend(calls);
    }

    fn pack(&self, drafts: Vec<Draft>) -> impl Iterator<Item = Call> + use<> {
        let size_of = |draft: &Draft| draft.message.size();
        let batches = if self.fifo {
            pack::fifo_batches(drafts, size_of, |draft| draft.message.group_id())
        } else {
            pack::batches(drafts, size_of)
        };
        batches.into_iter().map(|drafts| Call { drafts, failures: 0, not_before: None })
    }
}
