//! How fast a FIFO queue takes its calls, which go one after the other.

use tokio::time::Duration;

/// The calls of one queue so far.
#[derive(Default)]
pub(super) struct Pace {
    calls: u32,
    spent: Duration,
    slowest: Duration,
}

/// Shortest time that is kept back for parking: timers and networks are not exact.
const SHORTEST_RESERVE: Duration = Duration::from_millis(500);

impl Pace {
    /// Notes a call that was answered after this time.
    pub(super) fn answered(&mut self, took: Duration) {
        self.calls += 1;
        self.spent += took;
        self.slowest = self.slowest.max(took);
    }

    /// Reports whether so many calls fit into a time, each as slow as the slowest one so far.
    pub(super) fn fits(&self, calls: usize, left: Duration) -> bool {
        times(self.slowest, calls) <= left
    }

    /// Reports whether a time is just enough to park so many slices.
    ///
    /// Until then every call is worth its try: a single slow one says little of those to come. Two calls more than the
    /// slices are counted: the parking queue may be busy, and slower than this one.
    pub(super) fn is_last_moment(&self, slices: usize, left: Duration) -> bool {
        let average = self.spent.checked_div(self.calls).unwrap_or_default();
        left <= times(average, slices + 2).max(SHORTEST_RESERVE)
    }
}

fn times(call: Duration, calls: usize) -> Duration {
    call.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_slowest_call_counts() {
        let mut pace = Pace::default();
        assert!(pace.fits(1_000_000, Duration::ZERO), "nothing is known yet");
        pace.answered(seconds(2));
        pace.answered(seconds(1));
        assert!(pace.fits(4, seconds(8)));
        assert!(!pace.fits(5, seconds(8)));
    }

    #[test]
    fn the_last_moment_leaves_time_for_the_slices() {
        let mut pace = Pace::default();
        assert!(pace.is_last_moment(1, SHORTEST_RESERVE));
        assert!(!pace.is_last_moment(1, SHORTEST_RESERVE + Duration::from_millis(1)));
        for took in [2, 0, 0, 2] {
            pace.answered(seconds(took));
        }
        assert!(pace.is_last_moment(1, seconds(3)));
        assert!(!pace.is_last_moment(1, seconds(4)));
        assert!(pace.is_last_moment(2, seconds(4)));
    }
}
