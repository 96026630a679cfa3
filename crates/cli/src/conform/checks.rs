//! The table of checks. Whatever lists them (the command, its help, the documents, the tests) is derived from it.

mod activation;
mod always;
mod content;
mod deliveries;
mod forgeries;
mod refusals;
mod transport;

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{
    probe::{Exchange, Probe},
    sender::Sender,
};
use prelude_local::prelude::KeyError;

/// One check, and the fault that it finds.
#[derive(Debug)]
pub struct Check {
    /// Names it on the command line and in reports; never changes.
    pub name: &'static str,
    /// What a receiver that passes it does.
    pub proves: &'static str,
    /// What a receiver that fails it is worth.
    pub severity: Severity,
    /// The fault's name; never changes.
    pub fault: &'static str,
    /// The fault in a developer's words: what is wrong, and what to do.
    pub says: &'static str,
    pub(super) needs: Needs,
    pub(super) plan: Plan,
}

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A receiver that is less robust than it could be.
    Minor,
    /// Genuine events are refused or late, so that Prelude repeats them for two weeks and then drops them.
    Major,
    /// Forged events are taken for genuine, or all genuine ones are refused.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        })
    }
}

/// What a check can not be made without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// The account's key, whether its events are accepted or not.
    AccountKey,
    /// An app's key, whether its batches are accepted or not.
    AppKey,
    /// A receiver that is said to take V1 events without a signature.
    UnsignedV1,
    /// Accepted Session batches.
    App,
    /// Either.
    Either,
    /// Both.
    Both,
    /// Accepted Session batches, and a second app.
    TwoApps,
}

/// How a check is carried out.
#[derive(Debug)]
pub(super) enum Plan {
    /// One request after the other; each answer is judged by itself.
    InTurn(fn(&Sender) -> Probes),
    /// All requests at the same time.
    AtOnce(fn(&Sender) -> Probes),
    /// One after the other; the refusals must not differ.
    Alike(fn(&Sender) -> Probes),
    /// Pairs, one after the other; the second of a pair must be taken or refused as the first is.
    SameVerdict(fn(&Sender) -> Probes),
    /// No request; nothing of the kind may have happened so far.
    Never(fn(&Exchange, Duration) -> bool),
}

pub(super) type Probes = Result<Vec<Probe>, KeyError>;

/// The checks by their group, in the order in which they are made; those of every answer come last.
pub const GROUPS: [(&str, &[Check]); 7] = [
    ("Activation", activation::CHECKS),
    ("Genuine deliveries", deliveries::CHECKS),
    ("Forgeries", forgeries::CHECKS),
    ("Refusals", refusals::CHECKS),
    ("Signed content", content::CHECKS),
    ("Transport", transport::CHECKS),
    ("Every answer", always::CHECKS),
];

/// Every check.
pub fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.into_iter().flat_map(|(_, checks)| checks)
}

/// The check of this name.
pub fn find(name: &str) -> Option<&'static Check> {
    all().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_faults_are_distinct_and_sentences_are_whole() {
        let (mut names, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for check in all() {
            assert!(names.insert(check.name) && faults.insert(check.fault), "{}", check.name);
            for name in [check.name, check.fault] {
                let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(!name.is_empty() && name.chars().all(is_kebab), "{name}");
            }
            assert!(
                check.says.ends_with('.') && check.says.starts_with(char::is_uppercase),
                "{}",
                check.says
            );
            assert!(!check.proves.ends_with('.') && check.proves.len() < 100, "{}", check.proves);
            assert_eq!(find(check.name).map(|found| found.fault), Some(check.fault));
        }
    }

    #[test]
    fn what_is_asked_of_every_answer_is_asked_last() {
        let is_never = |check: &&Check| matches!(check.plan, Plan::Never(_));
        let first = all().position(|check| is_never(&check)).unwrap();
        assert!(all().skip(first).all(|check| is_never(&check)));
    }
}
