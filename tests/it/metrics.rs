//! Lines of metrics: their form, their figures for each kind of request, and the way to standard output.

mod counts;
mod durations;
mod form;
mod output;

use std::collections::{BTreeMap, BTreeSet};

use prelude_webhooks::metrics::METRICS;
use serde_json::Value;

use crate::support::stack::Answer;

/// Figures of a line, by the metric's name.
fn figures(line: &Value) -> BTreeMap<&str, f64> {
    let members = line.as_object().unwrap().iter();
    let figures =
        members.filter(|(name, _)| METRICS.iter().any(|metric| metric.name == *name)).map(|(name, value)| {
            (name.as_str(), value.as_f64().unwrap_or_else(|| panic!("{name} is not a number: {line}")))
        });
    figures.collect()
}

/// Counts of a line, by the metric's name.
fn counts(line: &Value) -> BTreeMap<&str, f64> {
    let is_count = |name: &str| METRICS.iter().any(|metric| metric.name == name && metric.unit == "Count");
    figures(line).into_iter().filter(|(name, _)| is_count(name)).collect()
}

/// The only line of an answer.
#[track_caller]
fn line<'a>(case: &str, answer: &'a Answer) -> &'a Value {
    form::assert_form(&answer.metrics);
    let [line] = answer.metrics.as_slice() else { panic!("{case}: {:?}", answer.metrics) };
    line
}

/// Names in the table.
fn names() -> BTreeSet<&'static str> {
    METRICS.iter().map(|metric| metric.name).collect()
}
