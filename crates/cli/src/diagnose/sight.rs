//! Observer that describes the receiver's steps in words, for `explain` and for the inspector of `dev`.

use std::sync::Arc;

use http::Method;
use prelude_events::Source;
use prelude_webhooks::{
    authenticate::{
        Delivery,
        signature::{HeaderFault, Unverified},
    },
    config::Config,
    endpoint::Endpoint,
    event::{Authentication, Batch},
    gate::{Caller, Gate, IpCheck},
    lambda::Kind,
    rejection::Rejection,
    respond::Outcome,
    watch::{Step, Watch},
};

use super::{
    finding::{Finding, Progress},
    verify::{KeyTrial, Labels, Trials, statements},
};

/// Settings that the descriptions quote.
pub(crate) struct Rules {
    gate: Gate,
    endpoint: Endpoint,
    app_ids: Vec<Arc<str>>,
    accept_unsigned: Vec<Source>,
}

/// Steps of one request, as the receiver reported them.
pub struct Sight {
    rules: Arc<Rules>,
    kind: Kind,
    method: Method,
    source_ip: Option<String>,
    caller: Option<Caller>,
    admitted: bool,
    found: bool,
    header: Option<Result<usize, HeaderFault>>,
    trials: Trials,
    authentication: Option<String>,
    batch: Option<Parsed>,
    result: Option<Result<Outcome, Rejection>>,
}

/// Description of a batch.
struct Parsed {
    source: String,
    /// Ids in the body's order.
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
            Step::Authenticated(delivery) => {
                self.authentication = Some(self.authentication_of(delivery));
            }
            Step::Parsed(batch) => self.batch = Some(parsed(batch)),
            Step::Retried => {}
            Step::Ended(result) => self.result = Some(result.clone()),
        }
    }
}

impl Rules {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            gate: config.gate.clone(),
            endpoint: config.endpoint.clone(),
            app_ids: config.apps.iter().map(|app| Arc::clone(&app.app_id)).collect(),
            accept_unsigned: config.accept_unsigned.clone(),
        }
    }
}

impl Sight {
    /// Creates an observer of one request.
    pub(crate) fn new(rules: Arc<Rules>, kind: Kind, method: Method, source_ip: Option<String>) -> Self {
        Self {
            rules,
            kind,
            method,
            source_ip,
            caller: None,
            admitted: false,
            found: false,
            header: None,
            trials: Trials::default(),
            authentication: None,
            batch: None,
            result: None,
        }
    }

    /// Result of the pipeline; `None` until it ends.
    pub(crate) const fn result(&self) -> Option<&Result<Outcome, Rejection>> {
        self.result.as_ref()
    }

    pub(crate) fn rejection(&self) -> Option<Rejection> {
        self.result.as_ref()?.as_ref().err().copied()
    }

    /// Log code of the result.
    pub(crate) fn code(&self) -> &'static str {
        match &self.result {
            Some(Ok(outcome)) => outcome.code(),
            Some(Err(rejection)) => rejection.code(),
            None => "",
        }
    }

    /// Keys that were tried, in order.
    pub(crate) fn keys(&self, labels: &Labels) -> Vec<KeyTrial> {
        self.trials.rows(labels)
    }

    /// Event ids of the batch, in the body's order.
    pub(super) fn event_ids(&self) -> impl Iterator<Item = &String> {
        self.batch.iter().flat_map(|batch| &batch.event_ids)
    }

    /// All steps in order, reached or not.
    pub(crate) fn findings(&self) -> Vec<Finding> {
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
            let answered = || "the activation of a configured app, with its verification token".to_owned();
            let finding = if accepted { answered() } else { refused() };
            steps.push(("challenge", accepted, finding));
        } else {
            let signature = self.authentication.clone().unwrap_or_else(|| self.signature_refusal());
            steps.push(("signature", self.authentication.is_some(), signature));
            let unlisted = || match (self.rejection(), &self.authentication) {
                (Some(Rejection::SignatureMissing), Some(_)) => {
                    format!(
                        "{}, and its body is not an event of a source that is accepted unsigned",
                        refused()
                    )
                }
                _ => refused(),
            };
            let source = self.batch.as_ref().map_or_else(unlisted, |batch| batch.source.clone());
            steps.push(("family", self.batch.is_some(), source));
            let has_events = self.batch.as_ref().is_some_and(|batch| !batch.event_ids.is_empty());
            let queues = match (accepted, has_events) {
                (true, true) => "every event has a queue, or is parked with a reason".to_owned(),
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
            let noted = step == "address" && progress == Progress::Passed && self.is_reported();
            Finding { step, progress, finding, noted }
        };
        steps.into_iter().map(&mut finding).collect()
    }

    /// Reports whether the address is admitted only because the allow-list is not enforced yet.
    fn is_reported(&self) -> bool {
        self.rules.gate.check == IpCheck::Report && self.caller.is_some_and(|caller| caller.refusal.is_some())
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
            return format!("the caller's address is unreadable{from}");
        };
        let listing = match (self.rules.gate.entry(address), self.rules.gate.check) {
            (Some(entry), _) => format!("is on the allow-list, by its entry {entry}"),
            (None, IpCheck::Enforce) => "is not on the allow-list".to_owned(),
            (None, IpCheck::Report) => {
                "is not on the allow-list; PRELUDE_IP_CHECK=report admits it".to_owned()
            }
            (None, IpCheck::Off) => "is not on the allow-list; PRELUDE_IP_CHECK=off admits it".to_owned(),
        };
        format!("{address}{from} {listing}")
    }

    /// Describes the path without quoting it, because it may hold a token.
    fn path(&self) -> String {
        let wanted = if self.rules.endpoint.tokens.is_empty() { "/webhooks" } else { "/webhooks/<token>" };
        match (self.found, self.rejection()) {
            (true, _) => format!("ends in {wanted}, as configured"),
            (false, Some(rejection)) => format!("{rejection}: expected a path that ends in {wanted}"),
            (false, None) => String::new(),
        }
    }

    fn named_method(&self) -> String {
        match self.method {
            Method::GET => "GET: an activation challenge".to_owned(),
            Method::POST => "POST: a delivery".to_owned(),
            _ => format!("{} is neither GET nor POST", self.method),
        }
    }

    fn authentication_of(&self, delivery: &Delivery) -> String {
        match delivery {
            Delivery::Signed(verified) => {
                let app_ids: Vec<_> = self.rules.app_ids.iter().map(|app_id| &**app_id).collect();
                format!("genuine; its key proves {}", statements(verified, &app_ids, false).join(", and "))
            }
            Delivery::Unsigned(_) => {
                let sources: Vec<_> =
                    self.rules.accept_unsigned.iter().map(|source| source.as_str()).collect();
                format!("none: the secret path and the address authenticate events of {}", sources.join(", "))
            }
        }
    }

    fn signature_refusal(&self) -> String {
        let rejection = self.rejection().map(|rejection| rejection.to_string()).unwrap_or_default();
        match self.header {
            Some(Err(fault)) => format!("{rejection}: {fault}"),
            Some(Ok(length)) => format!("rsassa-pss-sha256, {length} bytes: {rejection}"),
            None => rejection,
        }
    }
}

fn parsed(batch: &Batch) -> Parsed {
    let origin = &batch.origin;
    let authentication = match origin.authentication {
        Authentication::Signature => "signed",
        Authentication::SecretPath => "accepted unsigned",
    };
    let app = origin.app_id.as_ref().map(|app_id| format!(", app {app_id}")).unwrap_or_default();
    let source = match origin.source {
        Some(source) => format!("{source}{app}, {authentication}; events: {}", batch.count),
        None => "unknown, but signed by a configured key, so the body is parked".to_owned(),
    };
    Parsed { source, event_ids: batch.events.iter().map(|event| event.event_id.to_string()).collect() }
}
