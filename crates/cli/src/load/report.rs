//! Report of a load test, as tables and as JSON.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::{Plan, STEPS, Try, account::Books, mailbag::Mailbag};
use crate::terminal::{Look, Mark};

/// Results of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Every event is accounted for: the books balance.
    pub ok: bool,
    /// Seed of the run's bodies, ids and faults.
    pub seed: u64,
    /// Number of functions, and the way they ran.
    pub functions: String,
    /// Time from the first delivery to the last answer.
    pub seconds: f64,
    /// Number of deliveries.
    pub deliveries: usize,
    /// Number of deliveries with a planned fault.
    pub faulty: usize,
    /// Number of deliveries that were sent more than once.
    pub sent_again: usize,
    /// Number of invocations by the answer's status; `none` without an answer in the function's time.
    pub answers: BTreeMap<String, usize>,
    /// Durations of invocations, by the step of the rate.
    pub steps: Vec<Step>,
    /// Durations of the invocations of deliveries without a fault.
    pub undisturbed: Times,
    /// Durations of all invocations.
    pub all: Times,
    /// Number of calls to SQS that met a fault, by the kind of fault.
    pub faults: BTreeMap<&'static str, u64>,
    /// Accounts of events and messages.
    pub books: Books,
}

/// One step of the rate.
#[derive(Debug, Serialize)]
pub struct Step {
    /// Deliveries per second.
    pub rate: f64,
    /// Longest wait of a request for a free function, in milliseconds.
    pub max_wait: f64,
    /// Durations of the invocations of its deliveries.
    pub times: Times,
}

/// Durations of invocations, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Times {
    /// Number of invocations.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Maximum.
    pub max: f64,
}

impl Step {
    /// Finds the step of a delivery.
    pub(super) fn of(index: usize, deliveries: usize) -> usize {
        (index * STEPS / deliveries.max(1)).min(STEPS - 1)
    }
}

impl Times {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut sorted: Vec<_> = times.map(milliseconds).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).copied().unwrap_or_default()
        };
        Self { count: sorted.len(), p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) }
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

impl Report {
    pub(super) fn new(plan: &Plan, took: Duration, mailbag: &Mailbag, tries: Vec<Try>, books: Books) -> Self {
        let mut answers = BTreeMap::new();
        for a_try in &tries {
            let status = a_try.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            *answers.entry(status).or_default() += 1;
        }
        let step = |number: usize| {
            let of_step = || tries.iter().filter(move |a_try| a_try.step == number);
            Step {
                rate: plan.rate * f64::from(1_u32 << number),
                max_wait: milliseconds(of_step().map(|a_try| a_try.waited).max().unwrap_or_default()),
                times: Times::of(of_step().map(|a_try| a_try.took)),
            }
        };
        let deliveries = mailbag.deliveries();
        Self {
            ok: books.balance(),
            seed: plan.seed,
            functions: match &plan.binary {
                Some(_) => format!("{} processes", plan.functions),
                None => format!("{} in one process", plan.functions),
            },
            seconds: took.as_secs_f64(),
            deliveries: deliveries.len(),
            faulty: deliveries.iter().filter(|delivery| delivery.fault.is_some()).count(),
            sent_again: deliveries.iter().filter(|delivery| delivery.attempts() > 1).count(),
            answers,
            steps: (0..STEPS).map(step).collect(),
            undisturbed: Times::of(tries.iter().filter(|a_try| !a_try.faulty).map(|a_try| a_try.took)),
            all: Times::of(tries.iter().map(|a_try| a_try.took)),
            faults: mailbag.hits().map(|(kind, hits)| (kind.name(), hits)).collect(),
            books,
        }
    }

    /// Formats the report as a JSON object.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Formats the report as tables. The last line is the result.
    pub fn to_table(&self, look: Look) -> String {
        let Books {
            events,
            messages,
            routed,
            parked,
            duplicates,
            lost,
            too_early,
            unanswered,
            starved,
            misplaced,
        } = &self.books;
        let list = |counts: Vec<(String, String)>| {
            counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        let answers =
            list(self.answers.iter().map(|(name, n)| (format!("{name}:"), n.to_string())).collect());
        let faults = list(self.faults.iter().map(|(name, n)| (format!("{name}:"), n.to_string())).collect());
        let parked = list(parked.iter().map(|(name, n)| (format!("{name}:"), n.to_string())).collect());
        let rows = [
            ("functions", self.functions.clone()),
            ("seed", self.seed.to_string()),
            ("took", format!("{:.1} s", self.seconds)),
            (
                "deliveries",
                format!("{}, {} with a fault, {} sent again", self.deliveries, self.faulty, self.sent_again),
            ),
            ("answers", answers),
            ("faulty calls", faults),
            (
                "events",
                format!(
                    "{events}: {routed} in their queues, parked {}",
                    if parked.is_empty() { "0" } else { &parked }
                ),
            ),
            ("messages", format!("{messages}, {duplicates} of them duplicates")),
            ("lost", lost.to_string()),
            ("answered too early", too_early.to_string()),
            ("never answered 200", unanswered.to_string()),
            ("starved by others", starved.to_string()),
            ("misplaced", misplaced.to_string()),
        ];
        let mut table: String = rows.into_iter().map(|(name, text)| format!("{name:<20} {text}\n")).collect();
        table.push_str("\ninvocations, ms        count      p50      p95      p99      max  longest wait for a function\n");
        let mut line = |name: &str, times: &Times, wait: Option<f64>| {
            let Times { count, p50, p95, p99, max } = times;
            let wait = wait.map_or(String::new(), |wait| format!("  {wait:.1}"));
            table.push_str(&format!(
                "{name:<20} {count:>7} {p50:>8.1} {p95:>8.1} {p99:>8.1} {max:>8.1}{wait}\n"
            ));
        };
        for Step { rate, max_wait, times } in &self.steps {
            line(&format!("at {rate:.0}/s"), times, Some(*max_wait));
        }
        line("without a fault", &self.undisturbed, None);
        line("all", &self.all, None);
        let result = if self.ok { "every event is accounted for" } else { "THE BOOKS DO NOT BALANCE" };
        let style = Mark::of(self.ok).style().bold();
        table.push_str(&format!("\n{}\n", look.paint(result, style)));
        table
    }
}
