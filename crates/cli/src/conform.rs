//! Conformance: sends the good and the hostile to any receiver of Prelude webhooks, and tells what it does wrong.
//!
//! One table of [`checks`] says what is sent, what is expected and what the fault is called. Before the checks a control
//! is made: a genuine event has to be accepted, or a refusal would prove nothing.

pub mod check;
pub mod checks;
pub mod identity;
pub mod probe;
pub mod report;
pub mod sender;
pub mod target;

use check::{Check, Plan};
use prelude_local::prelude::KeyError;
use probe::{Exchange, Judgement, Probe, Request};
use report::{Outcome, Report, Verdict};
use sender::{Lane, Sender};
use target::Target;

pub use identity::Identity;

/// Runs the checks of these names, or all of them when there is none, and calls `begun` before each.
///
/// # Errors
/// Nothing listens at the target's address, or a key can not sign.
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
    let hint = hint(&sender, &journal);
    let mut outcomes = Vec::new();
    for check in checks::all() {
        if !only.is_empty() && !only.iter().any(|name| name == check.name) {
            continue;
        }
        begun(check);
        let verdict = match check.needs.lacking(&sender) {
            Some(why) => Verdict::Skipped(why.to_owned()),
            None => carry_out(&target, &sender, check, &mut journal).await?,
        };
        outcomes.push(Outcome { check, verdict });
    }
    Ok(Report { outcomes, hint })
}

/// Looks for a form of signature that the receiver accepts on a genuine event; the checks then use it.
async fn control(
    target: &mut Target,
    sender: &mut Sender,
    lane: Lane,
    journal: &mut Vec<Exchange>,
) -> Result<(), ConformError> {
    for (title_case, form) in sender.manners(lane) {
        let request = Request { title_case: Some(title_case), ..sender.good_in(lane, form)? };
        let exchange = target.send(Probe::answered("a genuine event", request)).await?;
        let accepted = exchange.is_success();
        // Another form will not help with a receiver that does not answer, or refuses for another reason.
        let final_word = !exchange.status().is_some_and(|status| matches!(status, 400 | 401 | 403 | 422));
        journal.push(exchange);
        if accepted {
            sender.prove(lane, form);
            target.prefer_title_case(title_case);
        }
        if accepted || final_word {
            break;
        }
    }
    Ok(())
}

/// What to do when no genuine event at all was accepted.
fn hint(sender: &Sender, journal: &[Exchange]) -> Option<String> {
    let statuses: Vec<_> = journal.iter().filter_map(Exchange::status).collect();
    let all = |status: u16| !statuses.is_empty() && statuses.iter().all(|other| *other == status);
    if Lane::BOTH.into_iter().any(|lane| sender.is_proven(lane)) {
        return None;
    }
    let hint = match () {
        () if all(403) => {
            "every request was answered 403: your receiver refuses this machine's address; use its report mode, or allow it"
        }
        () if all(404) => "every request was answered 404: is the URL's path right, its secret part too?",
        () if all(401) => {
            "every genuine event was answered 401: give your receiver the keys that --print-settings shows"
        }
        () => "no genuine event was accepted, so a refusal of a forged one would prove nothing",
    };
    Some(hint.to_owned())
}

async fn carry_out(
    target: &Target,
    sender: &Sender,
    check: &Check,
    journal: &mut Vec<Exchange>,
) -> Result<Verdict, ConformError> {
    let exchanges = match check.plan {
        Plan::InTurn(probes) => target.in_turn(probes(sender)?).await?,
        Plan::AtOnce(probes) => target.at_once(probes(sender)?).await?,
        Plan::Alike(probes) => {
            let exchanges = target.in_turn(probes(sender)?).await?;
            let verdict = alike(&exchanges);
            journal.extend(exchanges);
            return Ok(verdict);
        }
        Plan::SameVerdict(probes) => {
            let exchanges = target.in_turn(probes(sender)?).await?;
            let verdict = same_verdict(&exchanges);
            journal.extend(exchanges);
            return Ok(verdict);
        }
        Plan::Never(is_offence) => {
            let offence = journal.iter().find(|exchange| is_offence(exchange, target.limit()));
            return Ok(offence.map_or(Verdict::Passed, |exchange| Verdict::Failed(exchange.to_string())));
        }
    };
    let verdict = verdict(&exchanges);
    journal.extend(exchanges);
    Ok(verdict)
}

/// The first exchange that went wrong decides, then the first that proves nothing.
fn verdict(exchanges: &[Exchange]) -> Verdict {
    let with = |judgement| exchanges.iter().find(|exchange| exchange.judge() == judgement);
    match (with(Judgement::Wrong), with(Judgement::Unclear)) {
        (Some(wrong), _) => Verdict::Failed(wrong.to_string()),
        (None, Some(unclear)) => Verdict::Unclear(unclear.to_string()),
        (None, None) => Verdict::Passed,
    }
}

/// Whether all refusals look the same; what was not refused is another check's business.
fn alike(exchanges: &[Exchange]) -> Verdict {
    let mut refusals = exchanges.iter().filter(|exchange| exchange.is_refusal());
    let Some(first) = refusals.next() else {
        return Verdict::Unclear("nothing was refused".to_owned());
    };
    match refusals.find(|exchange| !exchange.looks_like(first)) {
        Some(other) => Verdict::Failed(format!("{first}; but {other}, with another status or body")),
        None => Verdict::Passed,
    }
}

/// Whether the second of each pair has the verdict of the first.
fn same_verdict(exchanges: &[Exchange]) -> Verdict {
    let mut verdict = Verdict::Passed;
    for pair in exchanges.chunks_exact(2) {
        let [plain, changed] = pair else { continue };
        if [plain, changed].into_iter().any(|exchange| exchange.judge() == Judgement::Unclear) {
            verdict = Verdict::Unclear(changed.to_string());
        } else if plain.is_success() != changed.is_success() {
            return Verdict::Failed(format!("{plain}; {changed}"));
        }
    }
    verdict
}

/// The checks could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// There is no receiver at the address, or it is no address.
    #[error(transparent)]
    Unreachable(#[from] prelude_local::http_client::ClientError),
    /// A key that does not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[cfg(test)]
mod tests;
