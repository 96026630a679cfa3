//! A check: what it needs, how it is carried out, and the fault that it finds.

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

impl Needs {
    /// Why a check can not be made.
    pub(super) fn lacking(self, sender: &Sender) -> Option<&'static str> {
        let (account, apps) = (sender.identity.account.is_some(), sender.identity.apps.len());
        let proven = |lane| sender.is_proven(lane);
        let (met, why) = match self {
            Self::Nothing => (true, ""),
            Self::AccountKey => (account, "no account key was given"),
            Self::AppKey => (apps > 0, "no app was given"),
            Self::UnsignedV1 => {
                (sender.identity.unsigned_v1, "the receiver is not said to take unsigned V1 events")
            }
            Self::App => (proven(Lane::App), "no genuine Session batch is accepted"),
            Self::Either => (sender.lanes().next().is_some(), "no genuine event is accepted"),
            Self::Both => (sender.lanes().count() == 2, "genuine events of both kinds of keys are needed"),
            Self::TwoApps => (proven(Lane::App) && apps > 1, "two apps are needed"),
        };
        (!met).then_some(why)
    }
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
