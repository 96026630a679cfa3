//! Parts of a check: its requirements, its plan, and the fault that it finds.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{
    probe::{Exchange, Probe},
    sender::{Lane, Sender},
};
use prelude_local::prelude::KeyError;

/// One check, and the fault that it finds.
#[derive(Debug)]
pub struct Check {
    /// Name on the command line and in reports. Stable.
    pub name: &'static str,
    /// Behaviour of a receiver that passes the check.
    pub proves: &'static str,
    /// Severity of the fault.
    pub severity: Severity,
    /// Name of the fault. Stable.
    pub fault: &'static str,
    /// Description of the fault for a developer, with the mend.
    pub says: &'static str,
    pub(super) needs: Needs,
    pub(super) plan: Plan,
}

/// Severity of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The receiver is less robust than possible.
    Minor,
    /// Genuine events are refused or answered late. Prelude retries them for two weeks and then drops them.
    Major,
    /// Forged events are accepted, or all genuine events are refused.
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

/// Requirement of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// The account's key. Its events may be refused.
    AccountKey,
    /// An app's key. Its batches may be refused.
    AppKey,
    /// A receiver that accepts V1 events without a signature, according to its operator.
    UnsignedV1,
    /// Accepted Session batches.
    App,
    /// Accepted Session batches or Verify events.
    Either,
    /// Accepted Session batches and Verify events.
    Both,
    /// Accepted Session batches, and a second app.
    TwoApps,
}

impl Needs {
    /// Describes the requirement, if it is not met.
    pub(super) fn missing(self, sender: &Sender) -> Option<&'static str> {
        let (account, apps) = (sender.identity.account.is_some(), sender.identity.apps.len());
        let accepted = |lane| sender.is_accepted(lane);
        let (met, requirement) = match self {
            Self::Nothing => (true, ""),
            Self::AccountKey => (account, "requires an account key"),
            Self::AppKey => (apps > 0, "requires an app"),
            Self::UnsignedV1 => (
                sender.identity.unsigned_v1,
                "requires a receiver that accepts unsigned V1 events (--unsigned-v1)",
            ),
            Self::App => (accepted(Lane::App), "requires that a genuine Session batch is accepted"),
            Self::Either => (sender.lanes().next().is_some(), "requires that a genuine event is accepted"),
            Self::Both => (
                sender.lanes().count() == 2,
                "requires that genuine events of both kinds of keys are accepted",
            ),
            Self::TwoApps => (accepted(Lane::App) && apps > 1, "requires two apps"),
        };
        (!met).then_some(requirement)
    }
}

/// Order of a check's requests, and the comparison of their answers.
#[derive(Debug)]
pub(super) enum Plan {
    /// One request after the other. Each answer is compared with its own expectation.
    InTurn(fn(&Sender) -> Probes),
    /// All requests at the same time. Each answer is compared with its own expectation.
    AtOnce(fn(&Sender) -> Probes),
    /// One request after the other. The refusals must be equal.
    Alike(fn(&Sender) -> Probes),
    /// Pairs, one request after the other. Both requests of a pair must be accepted, or both refused.
    SameOutcome(fn(&Sender) -> Probes),
    /// No request. No earlier exchange may match.
    Never(fn(&Exchange, Duration) -> bool),
}

pub(super) type Probes = Result<Vec<Probe>, KeyError>;
