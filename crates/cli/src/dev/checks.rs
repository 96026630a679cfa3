//! Checks of one delivery, built from the observed steps, and the queues of its events.

use prelude_webhooks::{publish::Receipt, respond::Outcome as Result};
use serde::Serialize;

use crate::diagnose::{
    Sight,
    finding::{Finding, Progress},
};

/// One step, in the receiver's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Name: `address`, `path`, `method`, `challenge`, `signature`, `family` or `queues`.
    pub step: &'static str,
    /// Outcome of the step.
    pub outcome: Outcome,
    /// Finding, in words.
    pub detail: String,
}

/// Outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request passed.
    Passed,
    /// The request passed, with a finding that needs attention.
    Noted,
    /// The step determined the answer.
    Failed,
    /// An earlier step determined the answer.
    Skipped,
}

/// Checks of one request. The step `event` is left out, because the local API Gateway builds every event.
pub(super) fn checks(sight: &Sight) -> Vec<Check> {
    let findings = sight.findings().into_iter().filter(|finding| finding.step != "event");
    let check = |Finding { step, progress, finding, noted }| {
        let outcome = match progress {
            Progress::Passed if noted => Outcome::Noted,
            Progress::Passed => Outcome::Passed,
            Progress::Failed => Outcome::Failed,
            Progress::NotReached => Outcome::Skipped,
        };
        match (step, receipt(sight)) {
            ("queues", Some(receipt)) => durable(receipt),
            _ => Check { step, outcome, detail: finding },
        }
    };
    findings.map(check).collect()
}

/// Receipt of an accepted delivery.
pub(super) fn receipt(sight: &Sight) -> Option<&Receipt> {
    match sight.result()? {
        Ok(Result::Accepted(receipt)) => Some(receipt),
        Ok(Result::Challenged(_)) | Err(_) => None,
    }
}

/// Reasons for parking in words, each with its count if that is not 1.
pub(super) fn reasons(receipt: &Receipt) -> String {
    let reasons = receipt.parked.iter().map(|(reason, count)| match count {
        1 => reason.meaning().to_owned(),
        count => format!("{} ({count} ×)", reason.meaning()),
    });
    reasons.collect::<Vec<_>>().join("; ")
}

/// Names of the queues that hold an event of their type.
pub(super) fn queues(receipt: &Receipt) -> Vec<&str> {
    let routed = receipt.routed.iter().filter(|(_, count)| **count > 0);
    routed.map(|(url, _)| url.name()).collect()
}

fn durable(receipt: &Receipt) -> Check {
    let accepted = receipt.accepted;
    let parked: usize = receipt.parked.values().sum();
    let (outcome, detail) = match queues(receipt).as_slice() {
        _ if parked > 0 => {
            (Outcome::Noted, format!("{accepted} durable, {parked} of them parked: {}", reasons(receipt)))
        }
        [] => (Outcome::Passed, "there is no event to send".to_owned()),
        [queue] => (Outcome::Passed, format!("{accepted} durable in {queue}")),
        queues => (Outcome::Passed, format!("{accepted} durable in {} queues", queues.len())),
    };
    Check { step: "queues", outcome, detail }
}
