//! How a queue fares in one attempt, as its calls show it.

use tokio::time::Instant;

use super::{backoff::pause, failure::Failure};

/// What the calls of a queue showed so far.
pub(super) enum Health {
    /// No call was answered: the queue may hang, so one call at a time finds out.
    Untried,
    /// The last answer was good.
    Working,
    /// From a failed call until the next success.
    Failing(Failing),
    /// It refuses everything, for this reason.
    Closed(Failure),
}

/// The one backoff of a failing queue.
#[derive(Clone, Copy)]
pub(super) struct Failing {
    /// End of the pause.
    pub(super) resumption: Instant,
    failures: u32,
    unlisted: u32,
    /// Calls with a lower number started before the last failure: they show nothing new.
    since: u64,
}

impl Health {
    /// Number of calls that may be in flight now.
    pub(super) fn most_calls(&self, fifo: bool, now: Instant) -> usize {
        match self {
            Self::Closed(_) => 0,
            Self::Failing(failing) if failing.resumption > now => 0,
            Self::Working if !fifo => usize::MAX,
            Self::Untried | Self::Working | Self::Failing(_) => 1,
        }
    }

    /// Notes that SQS took a call, or refused its content.
    pub(super) fn succeed(&mut self, number: u64) {
        match self {
            Self::Closed(_) => {}
            Self::Failing(failing) if number < failing.since => {}
            Self::Untried | Self::Working | Self::Failing(_) => *self = Self::Working,
        }
    }

    /// Notes a failure that another try can mend. `started` counts the calls that have started by now.
    ///
    /// Returns the number of failures with a code that is in no list. Calls that were in flight together fail together:
    /// they count once.
    pub(super) fn fail(&mut self, number: u64, started: u64, is_unlisted: bool) -> u32 {
        let (failures, unlisted) = match self {
            Self::Failing(failing) if number < failing.since => return failing.unlisted,
            Self::Failing(failing) => (failing.failures, failing.unlisted),
            Self::Untried | Self::Working => (0, 0),
            Self::Closed(_) => return 0,
        };
        let (failures, unlisted) = (failures + 1, unlisted + u32::from(is_unlisted));
        let resumption = Instant::now() + pause(failures);
        *self = Self::Failing(Failing { resumption, failures, unlisted, since: started });
        unlisted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resumption(health: &Health) -> Instant {
        let Health::Failing(failing) = health else { panic!("not failing") };
        failing.resumption
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_in_flight_together_fail_once() {
        let mut health = Health::Working;
        assert_eq!(health.fail(3, 8, true), 1);
        let first = resumption(&health);
        for number in [1, 7] {
            assert_eq!(health.fail(number, 8, true), 1);
            assert_eq!(resumption(&health), first, "no longer pause");
        }
        health.succeed(2);
        assert_eq!(resumption(&health), first, "a success that shows nothing new");
        assert_eq!(health.fail(8, 9, true), 2);
        assert_eq!(health.fail(9, 10, false), 2);
        assert_eq!(health.fail(10, 11, true), 3);
        health.succeed(11);
        assert!(matches!(health, Health::Working));
        assert_eq!(health.fail(12, 13, true), 1, "counted from the last success");
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_stays_closed() {
        let mut health = Health::Closed(Failure::QueueMissing);
        health.succeed(1);
        health.fail(2, 3, true);
        assert!(matches!(health, Health::Closed(Failure::QueueMissing)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_at_a_time_finds_out_how_a_queue_fares() {
        let now = Instant::now();
        let most = |health: Health| [health.most_calls(false, now), health.most_calls(true, now)];
        assert_eq!(most(Health::Untried), [1, 1]);
        assert_eq!(most(Health::Working), [usize::MAX, 1]);
        assert_eq!(most(Health::Closed(Failure::QueueDenied)), [0, 0]);
        let mut failing = Health::Untried;
        failing.fail(0, 1, false);
        assert_eq!(failing.most_calls(false, now), 0, "the pause");
        assert_eq!(failing.most_calls(false, resumption(&failing)), 1);
    }
}
