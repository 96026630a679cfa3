//! Faults of SQS, and their choice for a delivery.

use std::time::Duration;

use serde::Serialize;

/// Each line: the variant, its name in reports, its effect on a call.
macro_rules! kinds {
    ($($kind:ident, $name:literal, $meaning:literal;)+) => {
        /// Effect of a fault on a call that holds an event of the delivery.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum FaultKind { $(#[doc = $meaning] #[serde(rename = $name)] $kind,)+ }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// Effect on the call.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)+ }
            }
        }
    };
}

kinds! {
    Throttled, "throttled", "The call is refused: too many requests.";
    Unavailable, "unavailable", "The call is answered with a 503.";
    FailedEntries, "failed entries", "Every second entry of the call fails, and the others are stored.";
    Denied, "denied", "The call is refused: the function may not use the queue.";
    Unlisted, "unlisted code", "The call is refused with a code that SQS does not document.";
    Cut, "cut", "Nothing is stored, and the connection breaks off in the answer.";
    LostAnswer, "lost answer", "All is stored, and the connection breaks off in the answer.";
    Slow, "slow", "The call is handled after up to a second.";
    LateAnswer, "late answer", "All is stored, and the answer comes after the caller's timeout.";
    Hang, "hang", "Nothing is stored, and no answer comes.";
}

/// A fault of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Kind of the fault.
    pub kind: FaultKind,
    /// Number of calls or attempts that meet the fault.
    pub span: Span,
    /// Delay of the slow kinds.
    pub delay: Duration,
    /// Calls that meet the fault.
    pub reach: Reach,
}

/// Calls of a delivery that meet a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All calls, also those to the parking queue.
    Everything,
    /// The calls to this number of its queues, the fullest ones first.
    Queues(usize),
}

/// Span of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The fault meets this many calls, and the function's own retries outlast it.
    Calls(u32),
    /// The fault meets every call of this many attempts, and only Prelude's retries outlast it.
    Attempts(u32),
}

/// One of this number of faults lasts longer than an attempt.
const LASTING: u64 = 10;

impl Fault {
    /// Chooses a fault by three random numbers.
    pub fn of(kind: u64, more: u64, reach: u64) -> Self {
        let kinds = u64::try_from(FaultKind::ALL.len()).unwrap_or(1);
        let index = usize::try_from(kind % kinds).unwrap_or_default();
        let kind = FaultKind::ALL.get(index).copied().unwrap_or(FaultKind::Throttled);
        let times = u32::try_from(1 + (more >> 32) % 3).unwrap_or(1);
        // A denied queue is not retried in the same attempt, but the parking queue is.
        let lasts = more.is_multiple_of(LASTING);
        let span = match kind {
            _ if lasts => Span::Attempts(times.min(2)),
            FaultKind::Denied => Span::Calls(1),
            // A third call would park the events.
            FaultKind::Unlisted => Span::Calls(times.min(2)),
            // Two of these leave no time for a third call.
            FaultKind::LateAnswer | FaultKind::Hang => Span::Calls(1),
            FaultKind::Throttled
            | FaultKind::Unavailable
            | FaultKind::FailedEntries
            | FaultKind::Cut
            | FaultKind::LostAnswer
            | FaultKind::Slow => Span::Calls(times),
        };
        let delay = match kind {
            FaultKind::Slow => Duration::from_millis(50 + (more >> 16) % 950),
            // Longer than the receiver waits for a call.
            _ => Duration::from_millis(3_500),
        };
        let reach = match reach % 3 {
            0 => Reach::Everything,
            1 => Reach::Queues(1),
            _ => Reach::Queues(7),
        };
        Self { kind, span, delay, reach }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_chosen_for_a_call_and_for_attempts() {
        let faults: Vec<_> = (0..1000)
            .map(|n| Fault::of(n, n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17), n / 10))
            .collect();
        let of = |lasting: bool| -> BTreeSet<_> {
            let chosen = faults.iter().filter(|fault| matches!(fault.span, Span::Attempts(_)) == lasting);
            chosen.map(|fault| fault.kind).collect()
        };
        assert_eq!(of(true).len(), FaultKind::ALL.len());
        assert_eq!(of(false).len(), FaultKind::ALL.len());
        for reach in [Reach::Everything, Reach::Queues(1), Reach::Queues(7)] {
            assert!(faults.iter().any(|fault| fault.reach == reach), "{reach:?}");
        }
        let names: BTreeSet<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), FaultKind::ALL.len());
        assert!(FaultKind::ALL.iter().all(|kind| kind.meaning().ends_with('.')));
    }
}
