//! Speed of a FIFO queue, whose calls go one after the other.

use tokio::time::{Duration, Instant};

/// Number of a queue's calls so far, and their time, pauses included.
pub(super) struct Pace {
    calls: u32,
    spent: Duration,
    /// End of the counted time.
    counted_until: Instant,
}

/// Least time reserved for parking, because the parking queue may be slower and packing slices takes time.
const SHORTEST_RESERVE: Duration = Duration::from_secs(1);

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { calls: 0, spent: Duration::ZERO, counted_until: now }
    }

    /// Excludes the time until now, in which the queue was idle or did not answer.
    pub(super) const fn resume(&mut self, now: Instant) {
        self.counted_until = now;
    }

    /// Records a call that SQS answered now, with success or not.
    pub(super) fn answered(&mut self, now: Instant) {
        self.calls += 1;
        self.spent += now.saturating_duration_since(self.counted_until);
        self.counted_until = now;
    }

    /// Reports whether a number of calls fits into a time, by the average of the calls so far.
    ///
    /// The slowest call is not the measure, because it predicts little.
    pub(super) fn fits(&self, calls: usize, left: Duration) -> bool {
        self.time_of(calls) <= left
    }

    /// Time for parking a number of slices.
    ///
    /// Two more calls count: one that is in flight, and one that may be slower.
    pub(super) fn reserve(&self, slices: usize) -> Duration {
        self.time_of(slices + 2).max(SHORTEST_RESERVE)
    }

    fn time_of(&self, calls: usize) -> Duration {
        let average = self.spent.checked_div(self.calls).unwrap_or_default();
        average.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_average_call_counts_with_its_pauses_and_without_idle_time() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!(pace.fits(1_000_000, Duration::ZERO), "nothing is known yet");
        pace.answered(start + seconds(1));
        pace.answered(start + seconds(4));
        pace.resume(start + seconds(60));
        pace.answered(start + seconds(62));
        assert!(pace.fits(4, seconds(8)));
        assert!(!pace.fits(5, seconds(8)));
    }

    #[test]
    fn the_reserve_leaves_time_for_the_slices() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(pace.reserve(1), SHORTEST_RESERVE);
        pace.answered(start + seconds(1));
        assert_eq!((pace.reserve(1), pace.reserve(5)), (seconds(3), seconds(7)));
    }
}
