//! One queue: its waiting messages, its health, and the reaction to each of its calls.

use tokio::time::Instant;

use super::{
    backoff::pause,
    call::{Call, Draft, Ended, Moment, Refused},
    failure::{Failure, SqsFailure},
    health::Health,
    line::Line,
    pace::Pace,
    send_batch::Acknowledgement,
};
use crate::{limits::MAX_MESSAGE, route::QueueUrl};

/// A queue and its waiting messages.
pub(super) struct Queue {
    url: QueueUrl,
    fifo: bool,
    line: Line,
    /// Numbers of the calls in flight.
    in_flight: Vec<u64>,
    health: Health,
    /// Some call settled an entry in this attempt.
    has_settled: bool,
    pace: Pace,
}

/// Number of tries after which an unlisted code counts as final, because it may never end.
const MAX_UNLISTED: u32 = 3;

impl Queue {
    pub(super) fn new(url: QueueUrl, fifo: bool, drafts: Vec<Draft>) -> Self {
        let pace = Pace::new(Instant::now());
        let (line, in_flight, health) = (Line::new(fifo), Vec::new(), Health::Untried);
        let mut queue = Self { url, fifo, line, in_flight, health, has_settled: false, pace };
        queue.line.add(drafts);
        queue
    }

    pub(super) const fn url(&self) -> &QueueUrl {
        &self.url
    }

    pub(super) const fn is_failing(&self) -> bool {
        matches!(self.health, Health::Failing(_))
    }

    /// Reports whether the queue works, as far as known. A queue that owes its first answer may hang.
    pub(super) const fn may_work(&self) -> bool {
        match self.health {
            Health::Untried => self.in_flight.is_empty(),
            Health::Working => true,
            Health::Failing(_) | Health::Closed(_) => false,
        }
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Adds messages behind the waiting ones.
    pub(super) fn add(&mut self, drafts: Vec<Draft>) {
        if self.line.is_empty() && self.in_flight.is_empty() {
            self.pace.resume(Instant::now());
        }
        self.line.add(drafts);
    }

    /// Takes the next call, unless the queue pauses or has its limit of calls in flight.
    pub(super) fn take(&mut self, now: Instant, number: u64) -> Option<Call> {
        let has_room = match self.health {
            Health::Closed(_) => false,
            Health::Working if !self.fifo => true,
            // Calls from before the failure may hang for long, so they do not count.
            Health::Failing(failing) if !self.fifo => {
                failing.resumption <= now && self.in_flight.iter().all(|number| *number < failing.since)
            }
            Health::Failing(failing) => failing.resumption <= now && self.in_flight.is_empty(),
            Health::Untried | Health::Working => self.in_flight.is_empty(),
        };
        if !has_room {
            return None;
        }
        let mut call = self.line.next(now)?;
        call.drafts.iter_mut().for_each(|draft| draft.sliceable = false);
        if matches!(self.health, Health::Untried) {
            // The wait for a slot does not measure the queue.
            self.pace.resume(now);
        }
        self.in_flight.push(number);
        Some(call)
    }

    /// End of the pause before the queue's next call.
    pub(super) fn resumption(&self) -> Option<Instant> {
        if self.line.is_empty() {
            return None;
        }
        match self.health {
            Health::Failing(failing) => {
                Some(failing.resumption.max(self.line.ready_at().unwrap_or(failing.resumption)))
            }
            Health::Closed(_) => None,
            Health::Untried | Health::Working => self.line.ready_at(),
        }
    }

    /// Settles a call that ended. Durable entries are done, refused ones are returned, and the others are sent again.
    pub(super) fn settle(&mut self, ended: Ended, moment: Moment<'_>) -> Vec<Refused> {
        let Ended { call, number, result } = ended;
        self.in_flight.retain(|other| *other != number);
        match &result {
            Err(failure) if !failure.is_answer => self.pace.resume(moment.now),
            _ => self.pace.answered(moment.now),
        }
        match result {
            Ok(acknowledgements) => self.answered(call, number, acknowledgements, moment),
            Err(failure) => self.failed(call, number, failure, moment),
        }
    }

    /// Last moment for parking the messages whose calls do not fit into the time; `None` while all calls fit.
    ///
    /// Only a FIFO queue's calls go one after the other, so that their time is predictable. When no call settled an entry,
    /// slices would not save the attempt.
    pub(super) fn last_moment(&self, now: Instant, deadline: Instant) -> Option<Instant> {
        let left = deadline.saturating_duration_since(now);
        if !self.fifo || !self.has_settled || self.pace.fits(self.line.calls(), left) {
            return None;
        }
        let slices = self.line.bytes().div_ceil(MAX_MESSAGE);
        Some(deadline.checked_sub(self.pace.reserve(slices)).unwrap_or(now))
    }

    /// Takes the messages that were never sent out of the line, so that slices can carry them.
    pub(super) fn take_sliceable(&mut self) -> Vec<Draft> {
        self.line.take_sliceable()
    }

    /// Settles the entries of an answer.
    fn answered(
        &mut self,
        call: Call,
        number: u64,
        acknowledgements: Vec<Acknowledgement>,
        moment: Moment<'_>,
    ) -> Vec<Refused> {
        let Moment { now, started, may_park, request_id } = moment;
        let (entries, is_suspect) = (call.drafts.len(), call.is_suspect);
        let (mut again, mut refused, mut listed) = (Vec::new(), Vec::new(), 0);
        let acknowledgements =
            acknowledgements.into_iter().chain(std::iter::repeat(Acknowledgement::Missing));
        for (mut draft, acknowledgement) in call.drafts.into_iter().zip(acknowledgements) {
            let failure = match acknowledgement {
                Acknowledgement::Durable => continue,
                Acknowledgement::Missing => Failure::Retryable,
                Acknowledgement::Failed(SqsFailure { failure, code, .. }) => {
                    let (sqs_code, queue) = (&*code, self.url.name());
                    let failure_name = failure.as_str();
                    tracing::warn!(
                        code = "sqs_entry_failed",
                        request_id,
                        sqs_code,
                        failure = failure_name,
                        queue
                    );
                    failure
                }
            };
            draft.failures += 1;
            draft.unlisted += u32::from(failure == Failure::Unknown);
            match failure {
                Failure::Retryable => {
                    listed += 1;
                    again.push(draft);
                }
                Failure::Unknown if draft.unlisted < MAX_UNLISTED || !may_park => again.push(draft),
                Failure::Unknown | Failure::Content | Failure::QueueMissing | Failure::QueueDenied => {
                    refused.push(Refused { draft, failure });
                }
            }
        }
        again.iter_mut().for_each(|draft| draft.awaits_retry = true);
        if let Health::Closed(failure) = self.health {
            return refused.into_iter().chain(Call { drafts: again, is_suspect }.refused(failure)).collect();
        }
        // A queue that settles or refuses some entries works, so only the others pause.
        if listed < entries {
            self.succeed(number);
            if let Some(failures) = again.iter().map(|draft| draft.failures).max() {
                self.line.pause(again, now + pause(failures));
            }
        } else {
            self.health.fail(now, number, started, false);
            self.line.put_back(Call { drafts: again, is_suspect });
        }
        refused
    }

    /// Settles a call that failed as a whole.
    fn failed(
        &mut self,
        mut call: Call,
        number: u64,
        SqsFailure { failure, code, .. }: SqsFailure,
        moment: Moment<'_>,
    ) -> Vec<Refused> {
        let Moment { now, started, may_park, request_id } = moment;
        let (sqs_code, failure_name, queue) = (&*code, failure.as_str(), self.url.name());
        let entries = call.drafts.len();
        tracing::warn!(
            code = "sqs_call_failed",
            request_id,
            sqs_code,
            failure = failure_name,
            queue,
            entries
        );
        match (failure, &self.health) {
            (Failure::Content, _) if entries == 1 => {
                self.succeed(number);
                return call.refused(failure).collect();
            }
            (_, Health::Closed(failure)) => return call.refused(*failure).collect(),
            // One of the entries is the reason, so the call is halved until it stands alone.
            (Failure::Content, _) => {
                self.succeed(number);
                self.line.split(call);
            }
            (Failure::QueueMissing | Failure::QueueDenied, _) => return self.close(call, failure),
            (Failure::Retryable | Failure::Unknown, _) => {
                let unlisted = self.health.fail(now, number, started, failure == Failure::Unknown);
                if unlisted >= MAX_UNLISTED && may_park {
                    return self.close(call, Failure::QueueDenied);
                }
                call.drafts.iter_mut().for_each(|draft| draft.awaits_retry = true);
                self.line.put_back(call);
            }
        }
        Vec::new()
    }

    fn succeed(&mut self, number: u64) {
        self.health.succeed(number);
        self.has_settled = true;
    }

    /// Closes the queue, and returns its waiting messages.
    fn close(&mut self, call: Call, failure: Failure) -> Vec<Refused> {
        self.health = Health::Closed(failure);
        let waiting = Call { drafts: self.line.drain(), is_suspect: false };
        call.refused(failure).chain(waiting.refused(failure)).collect()
    }
}
