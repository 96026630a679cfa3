//! The goals for the receiver, as ratios to the floor of equal work.

use super::{Table, number, tables};
use crate::{
    case::Case,
    contender::{BASE, RECEIVER},
    results::{Measure, Results, Wire},
};

/// Largest ratio that reaches a goal.
struct Goal {
    name: &'static str,
    measure: Measure,
    case: Case,
    limit: f64,
}

const GOALS: [Goal; 5] = [
    Goal { name: "CPU of one event", measure: Measure::Cpu, case: Case::One, limit: 1.25 },
    Goal { name: "CPU of a batch of 25", measure: Measure::Cpu, case: Case::Batch(25), limit: 1.05 },
    Goal { name: "CPU of a batch of 500", measure: Measure::Cpu, case: Case::Batch(500), limit: 0.95 },
    Goal { name: "start to first poll", measure: Measure::FirstPoll, case: Case::One, limit: 1.1 },
    Goal { name: "peak memory, single events", measure: Measure::Memory, case: Case::One, limit: 1.1 },
];

/// The goals without TLS, with the measured ratios. The median decides.
pub(super) fn table(results: &Results) -> Table {
    let header = ["", "receiver", "equal work", "ratio", "goal", ""].map(str::to_owned).to_vec();
    let rows = GOALS.iter().filter_map(|goal| {
        let Goal { measure, case, .. } = *goal;
        let ratio = results.ratio(measure, Wire::Plain, case, [RECEIVER, BASE])?;
        let value = |name| {
            let summary = results.summary(measure, Wire::Plain, case, name);
            summary.map(|summary| measure.text(summary.median)).unwrap_or_default()
        };
        // The printed figures decide, so that the table never contradicts itself.
        let is_reached = (ratio.median * 100.0).round() <= (goal.limit * 100.0).round();
        Some(vec![
            goal.name.to_owned(),
            value(RECEIVER),
            value(BASE),
            tables::cell(Some(ratio), 2),
            format!("≤ {}", number(goal.limit, 2)),
            if is_reached { "reached" } else { "missed" }.to_owned(),
        ])
    });
    Table { header, rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::results;

    #[test]
    fn a_goal_is_reached_up_to_its_limit() {
        let verdicts = |receiver: u64| {
            let results = results(&[(RECEIVER, receiver), (BASE, 100)]);
            table(&results).rows.into_iter().map(|row| row[5].clone()).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(95), ["reached"; 5]);
        assert_eq!(verdicts(105), ["reached", "reached", "missed", "reached", "reached"]);
        assert_eq!(verdicts(126), ["missed"; 5]);
    }

    #[test]
    fn a_goal_that_was_not_measured_is_left_out() {
        assert!(table(&results(&[(RECEIVER, 1)])).rows.is_empty());
    }
}
