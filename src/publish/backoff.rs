//! Exponential backoff with half jitter.

use tokio::time::Duration;

/// Length of the pause after this many failures in a row. It doubles up to a second, and half of it is jitter.
pub(super) fn pause(failures: u32) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << failures.min(10)).min(LONGEST);
    ceiling.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
}

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_a_second_and_is_half_jitter() {
        for (failures, ceiling) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (40, 1_000)] {
            let range = Duration::from_millis(ceiling / 2)..=Duration::from_millis(ceiling);
            for _ in 0..100 {
                let pause = pause(failures);
                assert!(range.contains(&pause), "{pause:?} after {failures} failures");
            }
        }
    }
}
