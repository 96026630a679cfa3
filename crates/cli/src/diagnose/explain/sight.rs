//! Watches the receiver, and puts what it does into words.

use http::Method;
use prelude_events::Source;
use prelude_webhooks::{
    app::App,
    authenticate::{
        Delivery,
        signature::{HeaderFault, Unverified},
    },
    config::Config,
    endpoint::Endpoint,
    event::{Authentication, Batch},
    gate::{Caller, Gate, IpCheck},
    inbound::Inbound,
    lambda::Kind,
    rejection::Rejection,
    respond::Outcome,
    watch::{Step, Watch},
};

use super::{
    dry::Taken,
    report::{EventFate, Finding, Progress},
};
use crate::diagnose::verify::{Trials, proofs};

/// What was seen of one request.
pub(super) struct Sight {
    kind: Kind,
    method: Method,
    source_ip: Option<String>,
    gate: Gate,
    endpoint: Endpoint,
    apps: Vec<App>,
    accept_unsigned: Vec<Source>,
    caller: Option<Caller>,
    admitted: bool,
    found: bool,
    header: Option<Result<usize, HeaderFault>>,
    trials: Trials,
    proof: Option<String>,
    batch: Option<Parsed>,
    result: Option<Result<Outcome, Rejection>>,
}

/// What is kept of a batch.
struct Parsed {
    family: String,
    /// In the body's order.
    event_ids: Vec<String>,
}

impl Watch for Sight {
    fn see(&mut self, step: Step<'_>) {
        match step {
            Step::Caller(caller) => self.caller = Some(*caller),
            Step::Admitted => self.admitted = true,
            Step::Found => self.found = true,
            Step::Header(header) => {
                self.header = Some(header.map(Unverified::signature_length));
            }
            Step::Key(key, trial) => self.trials.add(key, trial),
            Step::Authenticated(delivery) => self.proof = Some(self.proof_of(delivery)),
            Step::Parsed(batch) => self.batch = Some(parsed(batch)),
            Step::Ended(result) => self.result = Some(result.clone()),
        }
    }
}

impl Sight {
    pub(super) fn of(kind: Kind, inbound: &Inbound, config: &Config) -> Self {
        Self {
            kind,
            method: inbound.method.clone(),
            source_ip: inbound.source_ip.clone(),
            gate: config.gate.clone(),
            endpoint: config.endpoint.clone(),
            apps: config.apps.clone(),
            accept_unsigned: config.accept_unsigned.clone(),
            caller: None,
            admitted: false,
            found: false,
            header: None,
            trials: Trials::default(),
            proof: None,
            batch: None,
            result: None,
        }
    }

    pub(super) fn rejection(&self) -> Option<Rejection> {
        self.result.as_ref()?.as_ref().err().copied()
    }

    /// The result's code in the log.
    pub(super) fn code(&self) -> &'static str {
        match &self.result {
            Some(Ok(outcome)) => outcome.code(),
            Some(Err(rejection)) => rejection.code(),
            None => "",
        }
    }

    pub(super) fn into_trials(self) -> Trials {
        self.trials
    }

    /// Every step, up to the last one that the receiver took and after it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let refused = || self.rejection().map_or_else(String::new, |rejection| rejection.to_string());
        let is_challenge = self.method == Method::GET;
        let is_delivery = self.method == Method::POST;
        let accepted = matches!(self.result, Some(Ok(_)));
        let mut steps = vec![
            ("event", true, self.event()),
            ("address", self.admitted, self.address()),
            ("path", self.found, self.path()),
            ("method", self.found && (is_challenge || is_delivery), self.named_method()),
        ];
        if is_challenge {
            let proven = || "the activation of a configured app, with its verification token".to_owned();
            let finding = if accepted { proven() } else { refused() };
            steps.push(("challenge", accepted, finding));
        } else {
            let signature = self.proof.clone().unwrap_or_else(|| self.why_unproven());
            steps.push(("signature", self.proof.is_some(), signature));
            let unlisted = || match (self.rejection(), &self.proof) {
                (Some(Rejection::SignatureMissing), Some(_)) => {
                    format!("{}, and its body is no event of a source that needs none", refused())
                }
                _ => refused(),
            };
            let family = self.batch.as_ref().map_or_else(unlisted, |batch| batch.family.clone());
            steps.push(("family", self.batch.is_some(), family));
            let has_events = self.batch.as_ref().is_some_and(|batch| !batch.event_ids.is_empty());
            let queues = match (accepted, has_events) {
                (true, true) => "every event has one, or is parked with a reason".to_owned(),
                (true, false) => "there is no event to send".to_owned(),
                (false, _) => refused(),
            };
            steps.push(("queues", accepted, queues));
        }
        let mut failed = false;
        let mut finding = |(step, passed, text): (&'static str, bool, String)| {
            let progress = match (failed, passed) {
                (true, _) => Progress::NotReached,
                (false, true) => Progress::Passed,
                (false, false) => Progress::Failed,
            };
            failed |= !passed;
            let finding = if progress == Progress::NotReached { String::new() } else { text };
            Finding { step, progress, finding }
        };
        steps.into_iter().map(&mut finding).collect()
    }

    /// Where each event goes, in the body's order; what came of no single event of it stands at the end.
    pub(super) fn fates(&self, mut taken: Vec<Taken>) -> Vec<EventFate> {
        let mut ordered = Vec::with_capacity(taken.len());
        for event_id in self.batch.iter().flat_map(|batch| &batch.event_ids) {
            // More than one message where an event is parked in parts.
            while let Some(place) = taken.iter().position(|one| one.event_id.as_ref() == Some(event_id)) {
                let is_part = taken.get(place).is_some_and(is_part);
                ordered.push(taken.remove(place));
                if !is_part {
                    break;
                }
            }
        }
        ordered.extend(taken);
        let fate = |Taken { queue, event_type, event_id, reason, encoding }| EventFate {
            event_type,
            event_id,
            queue,
            parked: reason,
            encoding,
        };
        ordered.into_iter().map(fate).collect()
    }

    fn event(&self) -> String {
        match self.kind {
            Kind::HttpApi => "HTTP API, payload 2.0".to_owned(),
            Kind::RestApi => "REST API, payload 1.0".to_owned(),
        }
    }

    fn address(&self) -> String {
        let Some(caller) = self.caller else { return String::new() };
        let from = match (caller.is_forwarded, &self.source_ip) {
            (true, Some(proxy)) => format!(" (from X-Forwarded-For, behind the trusted proxy {proxy})"),
            _ => String::new(),
        };
        let Some(address) = caller.address else {
            return format!("the caller's address can not be read{from}");
        };
        let verdict = match (self.gate.entry(address), self.gate.check) {
            (Some(entry), _) => format!("is on the allow-list, by its entry {entry}"),
            (None, IpCheck::Enforce) => "is not on the allow-list".to_owned(),
            (None, IpCheck::Report) => {
                "is not on the allow-list; PRELUDE_IP_CHECK=report admits it".to_owned()
            }
            (None, IpCheck::Off) => "is not on the allow-list; PRELUDE_IP_CHECK=off admits it".to_owned(),
        };
        format!("{address}{from} {verdict}")
    }

    /// Never the path itself: a token may stand in it.
    fn path(&self) -> String {
        let wanted = if self.endpoint.tokens.is_empty() { "/webhooks" } else { "/webhooks/<token>" };
        match (self.found, self.rejection()) {
            (true, _) => format!("ends in {wanted}, as configured"),
            (false, Some(rejection)) => format!("{rejection}: it must end in {wanted}"),
            (false, None) => String::new(),
        }
    }

    fn named_method(&self) -> String {
        match self.method {
            Method::GET => "GET: an activation challenge is wanted".to_owned(),
            Method::POST => "POST: a delivery".to_owned(),
            _ => format!("{} is neither GET nor POST", self.method),
        }
    }

    fn proof_of(&self, delivery: &Delivery) -> String {
        match delivery {
            Delivery::Signed(verified) => {
                let app_ids: Vec<_> = self.apps.iter().map(|app| &*app.app_id).collect();
                format!("genuine; its key proves {}", proofs(verified, &app_ids, false).join(", and "))
            }
            Delivery::Unsigned(_) => {
                let sources: Vec<_> = self.accept_unsigned.iter().map(|source| source.as_str()).collect();
                format!("none; the secret path and the address vouch for events of {}", sources.join(", "))
            }
        }
    }

    fn why_unproven(&self) -> String {
        let rejection = self.rejection().map(|rejection| rejection.to_string()).unwrap_or_default();
        match self.header {
            Some(Err(fault)) => format!("{rejection}: {fault}"),
            Some(Ok(length)) => format!("rsassa-pss-sha256, {length} bytes: {rejection}"),
            None => rejection,
        }
    }
}

fn is_part(taken: &Taken) -> bool {
    taken.encoding.as_deref().is_some_and(|encoding| encoding.contains("part="))
}

fn parsed(batch: &Batch) -> Parsed {
    let origin = &batch.origin;
    let proof = match origin.authentication {
        Authentication::Signature => "proven by its key",
        Authentication::SecretPath => "accepted unsigned",
    };
    let app = origin.app_id.as_ref().map(|app_id| format!(", app {app_id}")).unwrap_or_default();
    let family = match origin.source {
        Some(source) => format!("{source}{app}, {proof}; events: {}", batch.count),
        None => "none that is known; signed by a configured key, so it is parked".to_owned(),
    };
    Parsed { family, event_ids: batch.events.iter().map(|event| event.event_id.to_string()).collect() }
}
