//! How fast a FIFO queue takes its calls, which go one after the other.

use tokio::time::{Duration, Instant};

/// The calls of one queue so far, and the time that they took, pauses included.
pub(super) struct Pace {
    calls: u32,
    spent: Duration,
    /// End of the time that is counted already.
    counted_until: Instant,
}

/// Shortest time that is kept back for parking: the parking queue may be slower, and packing slices takes a moment.
const SHORTEST_RESERVE: Duration = Duration::from_secs(1);

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { calls: 0, spent: Duration::ZERO, counted_until: now }
    }

    /// Leaves out the time until now, in which the queue had nothing to do, or did not answer.
    pub(super) const fn resume(&mut self, now: Instant) {
        self.counted_until = now;
    }

    /// Notes a call that SQS answered now, well or not.
    pub(super) fn answered(&mut self, now: Instant) {
        self.calls += 1;
        self.spent += now.saturating_duration_since(self.counted_until);
        self.counted_until = now;
    }

    /// Reports whether so many calls fit into a time, each as slow as those so far on average.
    ///
    /// The slowest call is no measure: a single slow one says little of those to come.
    pub(super) fn fits(&self, calls: usize, left: Duration) -> bool {
        self.time_of(calls) <= left
    }

    /// The time that it takes to park so many slices.
    ///
    /// Two calls more are counted: one that is in flight, and one that may be slower.
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
