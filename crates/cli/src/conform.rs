//! Conformance: sends genuine and hostile requests to any receiver of Prelude webhooks, and reports its faults.
//!
//! One table of [`checks`] holds the requests, the expected answers and the names of the faults. A control runs first: a
//! genuine event must be accepted, because otherwise the refusal of a forged one proves nothing.

pub mod check;
pub mod checks;
pub mod identity;
pub mod probe;
pub mod report;
pub mod sender;
pub mod target;

use check::{Check, Plan};
use prelude_local::{http_client::Answer, prelude::KeyError};
use probe::{Exchange, Judgement, Probe, Request};
use report::{CheckResult, Outcome, Report};
use sender::{Lane, Sender};
use target::Target;

pub use identity::Identity;

/// Runs the checks with these names, or all checks without a name, and calls `begun` before each.
///
/// # Errors
/// Nothing listens at the target's address, no receiver is at its path, or a key cannot sign.
pub async fn run(
    target: &Target,
    identity: Identity,
    only: &[String],
    mut begun: impl FnMut(&Check),
) -> Result<Report, ConformError> {
    let mut target = target.clone();
    let mut sender = Sender::new(identity);
    let mut journal = Vec::new();
    for lane in Lane::BOTH {
        control(&mut target, &mut sender, lane, &mut journal).await?;
    }
    if !journal.is_empty() && journal.iter().all(|exchange| exchange.status() == Some(404)) {
        return Err(ConformError::WrongPath);
    }
    if journal.iter().any(is_of_inspector) {
        return Err(ConformError::Inspector);
    }
    let hint = hint(&sender, &journal);
    let mut outcomes = Vec::new();
    for check in checks::all() {
        if !only.is_empty() && !only.iter().any(|name| name == check.name) {
            continue;
        }
        begun(check);
        let result = match check.needs.missing(&sender) {
            Some(need) => CheckResult::Skipped(need.to_owned()),
            None => carry_out(&target, &sender, check, &mut journal).await?,
        };
        outcomes.push(Outcome { check, result });
    }
    Ok(Report { outcomes, hint })
}

/// Finds a form of signature that the receiver accepts for a genuine event. The checks then use this form.
async fn control(
    target: &mut Target,
    sender: &mut Sender,
    lane: Lane,
    journal: &mut Vec<Exchange>,
) -> Result<(), ConformError> {
    for (title_case, form) in sender.signing_variants(lane) {
        let request = Request { title_case: Some(title_case), ..sender.good_in(lane, form)? };
        let exchange = target.send(Probe::answered("a genuine event", request)).await?;
        let accepted = exchange.is_success();
        // Another form does not help if the receiver does not answer, or refuses the event for another reason.
        let is_final = !exchange.status().is_some_and(|status| matches!(status, 400 | 401 | 403 | 422));
        journal.push(exchange);
        if accepted {
            sender.remember_accepted(lane, form);
            target.prefer_title_case(title_case);
        }
        if accepted || is_final {
            break;
        }
    }
    Ok(())
}

/// Reports whether the inspector of `prelude dev` refused a request. Its port stands beside the receiver's in every output.
fn is_of_inspector(exchange: &Exchange) -> bool {
    let text = exchange.answer.as_ref().map(Answer::text).unwrap_or_default();
    exchange.status() == Some(403) && text.contains("the inspector's own page")
}

/// Advice for a receiver that accepted no genuine event.
fn hint(sender: &Sender, journal: &[Exchange]) -> Option<String> {
    let statuses: Vec<_> = journal.iter().filter_map(Exchange::status).collect();
    let all = |status: u16| !statuses.is_empty() && statuses.iter().all(|other| *other == status);
    if Lane::BOTH.into_iter().any(|lane| sender.is_accepted(lane)) {
        return None;
    }
    let hint = match () {
        () if all(403) => {
            "every request was answered 403: the receiver refuses this machine's address; allow it, or use the report mode"
        }
        () if all(401) => {
            "every genuine event was answered 401: configure the receiver with the keys that --print-settings shows"
        }
        () => "no genuine event was accepted, so the refusal of a forged one proves nothing",
    };
    Some(hint.to_owned())
}

async fn carry_out(
    target: &Target,
    sender: &Sender,
    check: &Check,
    journal: &mut Vec<Exchange>,
) -> Result<CheckResult, ConformError> {
    let exchanges = match check.plan {
        Plan::InTurn(probes) => target.in_turn(probes(sender)?).await?,
        Plan::AtOnce(probes) => target.at_once(probes(sender)?).await?,
        Plan::Alike(probes) => {
            let exchanges = target.in_turn(probes(sender)?).await?;
            let result = alike(&exchanges);
            journal.extend(exchanges);
            return Ok(result);
        }
        Plan::SameOutcome(probes) => {
            let exchanges = target.in_turn(probes(sender)?).await?;
            let result = same_outcome(&exchanges);
            journal.extend(exchanges);
            return Ok(result);
        }
        Plan::Never(is_offence) => {
            let offence = journal.iter().find(|exchange| is_offence(exchange, target.limit()));
            return Ok(
                offence.map_or(CheckResult::Passed, |exchange| CheckResult::Failed(exchange.to_string()))
            );
        }
    };
    let result = each_as_expected(&exchanges);
    journal.extend(exchanges);
    Ok(result)
}

/// Compares each exchange with its own expectation. A wrong exchange decides before an unclear one.
fn each_as_expected(exchanges: &[Exchange]) -> CheckResult {
    let with = |judgement| exchanges.iter().find(|exchange| exchange.judge() == judgement);
    match (with(Judgement::Wrong), with(Judgement::Unclear)) {
        (Some(wrong), _) => CheckResult::Failed(wrong.to_string()),
        (None, Some(unclear)) => CheckResult::Unclear(unclear.to_string()),
        (None, None) => CheckResult::Passed,
    }
}

/// Compares the refusals with each other. Accepted requests do not count, because other checks find them.
fn alike(exchanges: &[Exchange]) -> CheckResult {
    let mut refusals = exchanges.iter().filter(|exchange| exchange.is_refusal());
    let Some(first) = refusals.next() else {
        return CheckResult::Unclear("no request was refused".to_owned());
    };
    match refusals.find(|exchange| !exchange.looks_like(first)) {
        Some(other) => CheckResult::Failed(format!("{first}; but {other}, with another status or body")),
        None => CheckResult::Passed,
    }
}

/// Compares the two exchanges of each pair: both accepted, or both refused.
fn same_outcome(exchanges: &[Exchange]) -> CheckResult {
    let mut result = CheckResult::Passed;
    for pair in exchanges.chunks_exact(2) {
        let [plain, changed] = pair else { continue };
        if [plain, changed].into_iter().any(|exchange| exchange.judge() == Judgement::Unclear) {
            result = CheckResult::Unclear(changed.to_string());
        } else if plain.is_success() != changed.is_success() {
            return CheckResult::Failed(format!("{plain}; {changed}"));
        }
    }
    result
}

/// Cause that stops all checks.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// No receiver at the address, or an address that is not a URL.
    #[error(transparent)]
    Unreachable(#[from] prelude_local::http_client::ClientError),
    /// 404 to every genuine event. The checks would blame the receiver for the faults of a server that is not one.
    #[error(
        "the path of the URL is wrong, because every genuine event was answered 404: expected the receiver's path with its secret part"
    )]
    WrongPath,
    /// Answers of the inspector. The checks would blame the receiver for them.
    #[error(
        "the port of the URL is the inspector's, not a receiver's: expected the URL that `prelude dev` prints as receiver"
    )]
    Inspector,
    /// Key that cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[cfg(test)]
mod tests;
