//! Health of a queue in one attempt, by the results of its calls.

use tokio::time::Instant;

use super::{backoff::pause, failure::Failure};

/// Health of a queue.
pub(super) enum Health {
    /// No call was answered yet. The queue may hang, so it has one call at a time.
    Untried,
    /// The last answer was a success.
    Working,
    /// A call failed, and none succeeded since.
    Failing(Failing),
    /// The queue refuses everything, for this reason.
    Closed(Failure),
}

/// The one backoff of a failing queue.
#[derive(Clone, Copy)]
pub(super) struct Failing {
    /// End of the pause.
    pub(super) resumption: Instant,
    failures: u32,
    unlisted: u32,
    /// First call number after the last failure. Earlier calls do not count as another failure.
    pub(super) since: u64,
}

impl Health {
    /// Records that SQS accepted a call, or refused its content.
    pub(super) fn succeed(&mut self, number: u64) {
        match self {
            Self::Closed(_) => {}
            Self::Failing(failing) if number < failing.since => {}
            Self::Untried | Self::Working | Self::Failing(_) => *self = Self::Working,
        }
    }

    /// Records a failure that a retry may mend. `started` is the number of calls that have started.
    ///
    /// Returns the number of failures with an unlisted code. Calls that were in flight together count once.
    pub(super) fn fail(&mut self, now: Instant, number: u64, started: u64, is_unlisted: bool) -> u32 {
        let (failures, unlisted) = match self {
            Self::Failing(failing) if number < failing.since => return failing.unlisted,
            Self::Failing(failing) => (failing.failures, failing.unlisted),
            Self::Untried | Self::Working => (0, 0),
            Self::Closed(_) => return 0,
        };
        let (failures, unlisted) = (failures + 1, unlisted + u32::from(is_unlisted));
        let resumption = now + pause(failures);
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

    #[test]
    fn calls_that_were_in_flight_together_fail_once() {
        let (now, mut health) = (Instant::now(), Health::Working);
        assert_eq!(health.fail(now, 3, 8, true), 1);
        let first = resumption(&health);
        for number in [1, 7] {
            assert_eq!(health.fail(now, number, 8, true), 1);
            assert_eq!(resumption(&health), first, "no longer pause");
        }
        health.succeed(2);
        assert_eq!(resumption(&health), first, "a success that shows nothing new");
        assert_eq!(health.fail(now, 8, 9, true), 2);
        assert_eq!(health.fail(now, 9, 10, false), 2);
        assert_eq!(health.fail(now, 10, 11, true), 3);
        health.succeed(11);
        assert!(matches!(health, Health::Working));
        assert_eq!(health.fail(now, 12, 13, true), 1, "counted from the last success");
    }

    #[test]
    fn a_closed_queue_stays_closed() {
        let (now, mut health) = (Instant::now(), Health::Closed(Failure::QueueMissing));
        health.succeed(1);
        health.fail(now, 2, 3, true);
        assert!(matches!(health, Health::Closed(Failure::QueueMissing)));
    }
}
