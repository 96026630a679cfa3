//! Tables of the results.

use super::{Table, number};
use crate::{
    case::{CASES, Case},
    contender::{BASE, RECEIVER},
    measure::memory::REQUESTS,
    results::{Measure, Results, Row, Wire},
    statistics::Summary,
};

/// Values of one measure: a row for each case, a column for each contender.
pub(super) fn requests(results: &Results, measure: Measure, wire: Wire) -> Table {
    let rows = CASES.iter().map(|case| {
        let cells = measured(results).map(|row| match row.refused.iter().find(|(id, _)| *id == case.id()) {
            Some((_, answer)) => format!("cannot: {answer}"),
            None => cell(results.summary(measure, wire, *case, &row.name).map(|value| value.per(1e3)), 0),
        });
        [case.label()].into_iter().chain(cells).collect()
    });
    Table { header: header(results, "µs per request"), rows: rows.collect() }
}

/// Ratios to equal work: a row for each case, a column for each contender.
pub(super) fn ratios(results: &Results, measure: Measure, wire: Wire) -> Table {
    let rows = CASES.iter().map(|case| {
        let cells =
            measured(results).map(|row| cell(results.ratio(measure, wire, *case, [&row.name, BASE]), 2));
        [case.label()].into_iter().chain(cells).collect()
    });
    Table { header: header(results, "ratio to equal work"), rows: rows.collect() }
}

/// Start and first invocation: a row for each contender.
pub(super) fn starts(results: &Results, wire: Wire) -> Table {
    let header = ["", "start to first poll, ms", "ratio", "first invocation, ms", "ratio"];
    let rows = measured(results).map(|row| {
        let mut cells = vec![row.label.clone()];
        for measure in [Measure::FirstPoll, Measure::FirstInvocation] {
            let time = results.summary(measure, wire, Case::One, &row.name);
            cells.push(cell(time.map(|time| time.per(1e6)), 1));
            cells.push(cell(results.ratio(measure, wire, Case::One, [&row.name, BASE]), 2));
        }
        cells
    });
    Table { header: header.map(str::to_owned).to_vec(), rows: rows.collect() }
}

/// Peak memory and sizes: a row for each contender.
pub(super) fn footprint(results: &Results) -> Table {
    let mut header = vec![String::new()];
    for (case, requests) in REQUESTS {
        header.extend([format!("peak after {requests} × {}, MB", case.label()), "ratio".to_owned()]);
    }
    header.extend(["files, kB".to_owned(), "zip, kB".to_owned()]);
    let rows = measured(results).map(|row| {
        let mut cells = vec![row.label.clone()];
        for (case, _) in REQUESTS {
            let peak = results.summary(Measure::Memory, Wire::Plain, case, &row.name);
            cells.push(cell(peak.map(|peak| peak.per(1e6)), 1));
            cells.push(cell(results.ratio(Measure::Memory, Wire::Plain, case, [&row.name, BASE]), 2));
        }
        let kilobytes = |bytes: u64| number(bytes as f64 / 1e3, 0);
        cells.extend(match row.size {
            Some(size) => [kilobytes(size.files), kilobytes(size.zip)],
            None => [String::new(), String::new()],
        });
        cells
    });
    Table { header, rows: rows.collect() }
}

/// The contenders with their remarks, also those that were skipped.
pub(super) fn contenders(results: &Results) -> Table {
    let rows = results.contenders.iter().map(|row| {
        let skipped = row.skipped.as_ref().map(|reason| format!("skipped: {reason}"));
        let about = ABOUT.iter().find(|(name, _)| *name == row.name);
        let about = about.map_or("another build of the receiver", |(_, about)| about);
        let remarks = [Some(about.to_owned()), row.note.clone(), skipped];
        vec![row.label.clone(), remarks.into_iter().flatten().collect::<Vec<_>>().join("; ")]
    });
    Table { header: vec!["contender".to_owned(), "content".to_owned()], rows: rows.collect() }
}

/// Names of the contenders, and their descriptions.
pub(crate) const ABOUT: [(&str, &str); 6] = [
    (RECEIVER, "the release binary, with metrics off"),
    ("receiver-metrics", "the same with `PRELUDE_METRICS=emf`"),
    ("bare", "`benches/floors`: parses, groups by type, sends; no check, no attribute"),
    (BASE, "`benches/floors`: the same with the receiver's eight attributes on every message; no check"),
    ("node", "`benches/functions/node`: verifies, groups and sends, with `node:crypto` and the SDK v3"),
    ("python", "`benches/functions/python`: verifies, groups and sends, with cryptography and boto3"),
];

fn header(results: &Results, first: &str) -> Vec<String> {
    [first.to_owned()].into_iter().chain(measured(results).map(|row| row.label.clone())).collect()
}

fn measured(results: &Results) -> impl Iterator<Item = &Row> {
    results.contenders.iter().filter(|row| row.skipped.is_none())
}

/// Median, and the quartiles if they differ from it.
pub(super) fn cell(summary: Option<Summary>, decimals: usize) -> String {
    let Some(Summary { low, median, high }) = summary else { return String::new() };
    let [low, median, high] = [low, median, high].map(|value| number(value, decimals));
    if low == high { median } else { format!("{median} ({low}–{high})") }
}
