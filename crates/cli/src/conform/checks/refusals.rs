//! Information that a refusal reveals to an attacker.

use http::Method;

use super::forgeries::{empty, foreign_key, garbage, missing, schemes, tampered_body};
use crate::conform::{
    check::{Check, Needs, Plan, Probes, Severity},
    probe::{Expect, Probe, Request, Secret},
    sender::{Sender, post},
};
use prelude_local::prelude::activation_query;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "one-refusal",
        proves: "every forgery gets the same status and body",
        severity: Severity::Minor,
        fault: "tells-refusals-apart",
        says: "Forgeries are answered differently, depending on their flaw, so an attacker learns which step refused \
               the request. Use one body for every 401, and write the cause to the log.",
        needs: Needs::Either,
        plan: Plan::Alike(refusals),
    },
    Check {
        name: "secrets-kept",
        proves: "no refusal shows a digest, signature, key or token",
        severity: Severity::Critical,
        fault: "leaks-computed-values",
        says: "A refusal shows a digest, a signature, a key or the verification token. Answer with a fixed text.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(secrets),
    },
    Check {
        name: "internals-kept",
        proves: "no refusal shows internals of the program",
        severity: Severity::Major,
        fault: "leaks-internals",
        says: "A refusal shows a stack trace, a source file or a library's error. Answer with a fixed text.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(internals),
    },
];

/// Forgeries that a verifier refuses at different steps.
fn refusals(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for probes_of in [missing, empty, garbage, tampered_body, foreign_key, schemes] {
        // Only the first probe of each lane.
        let found = probes_of(sender)?;
        let count = sender.lanes().count().max(1);
        let step = found.len().div_ceil(count).max(1);
        probes.extend(found.into_iter().step_by(step));
    }
    Ok(probes)
}

fn secrets(sender: &Sender) -> Probes {
    let token = sender.app().map_or(String::new(), |app| app.verification_token.clone());
    hiding(sender, &Secret::Computed(token))
}

fn internals(sender: &Sender) -> Probes {
    hiding(sender, &Secret::Internals)
}

/// Requests that often provoke a program into detailed errors.
fn hiding(sender: &Sender, secret: &Secret) -> Probes {
    let mut probes = refusals(sender)?;
    let get = Request { query: "event=activate&challenge=x".into(), ..Request::new(Method::GET) };
    probes.push(Probe::refused("a broken activation", get));
    probes.push(Probe::refused("an unsigned body that is not JSON", post("{\"a\":")));
    probes.push(Probe::refused("an unsigned body that is not UTF-8", post(&b"\xff\xfe\x00"[..])));
    probes.push(Probe::refused("an unsigned empty body", post("")));
    if let Ok(app) = sender.app() {
        let query = activation_query(&app.app_id, "wrong", "1234567890");
        probes.push(Probe::refused("a wrong token", Request { query, ..Request::new(Method::GET) }));
    }
    for probe in &mut probes {
        probe.expect = Expect::Hides(secret.clone());
    }
    Ok(probes)
}
