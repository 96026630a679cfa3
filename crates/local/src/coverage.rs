//! Number of cases that slow tests run, and reports of everything that a run skips.
//!
//! `PRELUDE_CLI_TEST_CASES` is the one knob. Without it each slow test runs few cases, so that `cargo test --workspace`
//! stays short. `full` runs every case, as `.ci/run` does. A number runs as many cases of each slow test, within the
//! bounds of the test.

use std::{fmt, io::Write as _, ops::RangeInclusive};

/// The variable's name.
pub const CASES: &str = "PRELUDE_CLI_TEST_CASES";

/// Number of cases that a test runs: the start of the range without the variable, its end for `full`.
///
/// Reports the skipped cases.
pub fn cases(test: &str, few_to_full: RangeInclusive<u64>) -> u64 {
    let (few, full) = (*few_to_full.start(), *few_to_full.end());
    let cases = match Request::read() {
        Request::Few => few,
        Request::Full => full,
        Request::Number(number) => number.clamp(few, full),
    };
    report(test, cases, full);
    cases
}

/// [`cases`] of a generator that never ends: takes any number.
pub fn cases_without_bounds(test: &str, few: u64, full: u64) -> u64 {
    match Request::read() {
        Request::Number(number) => {
            report(test, number, full);
            number
        }
        Request::Few | Request::Full => cases(test, few..=full),
    }
}

/// Reports a test, or a part of a test, that this run skips.
///
/// Writes to the standard error itself, because libtest hides `println!` of tests that pass.
pub fn skipped(what: impl fmt::Display) {
    // One write keeps the line whole beside other tests. Without a standard error, nobody reads the line.
    drop(std::io::stderr().write_all(format!("skipped: {what}\n").as_bytes()));
}

fn report(test: &str, cases: u64, full: u64) {
    if cases < full {
        let left = full - cases;
        skipped(format_args!(
            "{left} of {full} cases of {test}; `{CASES}=full cargo test --workspace` runs all"
        ));
    }
}

enum Request {
    Few,
    Full,
    Number(u64),
}

impl Request {
    #[expect(clippy::panic, reason = "a typo must not run fewer cases than its author wanted")]
    fn read() -> Self {
        match std::env::var(CASES).ok().as_deref() {
            None => Self::Few,
            Some("full") => Self::Full,
            Some(text) => match text.parse() {
                Ok(number) => Self::Number(number),
                Err(_) => panic!("{CASES} is neither a number nor `full`"),
            },
        }
    }
}
