//! The observer that measures one request.

use std::{collections::BTreeMap, fmt};

use http::Method;
use prelude_events::Source;
use tokio::time::{Duration, Instant};

use super::table::Figures;
use crate::{
    event::{Batch, Destination},
    inbound::Arrival,
    rejection::Rejection,
    respond::Outcome,
    watch::{Step, Watch},
};

/// Figures and properties of one request.
pub(crate) struct Measurement {
    pub(super) figures: Figures,
    pub(super) code: &'static str,
    pub(super) source: Option<Source>,
    /// Number of events of each known type: `<type>=<count> …`.
    pub(super) event_types: String,
    /// Number of parked events by reason: `<reason>=<count> …`.
    pub(super) reasons: String,
    is_post: bool,
    started: Instant,
    verifying: Stopwatch,
    publishing: Stopwatch,
    retries: u64,
}

/// State of the fetched key sets at the end of a request.
pub(crate) struct KeySets {
    /// Number of failed fetches that no line has counted yet.
    pub(crate) failed_fetches: u64,
    /// Age of the oldest set; `None` before the first one.
    pub(crate) oldest: Option<Duration>,
}

/// Time from a first moment to a second one; `None` until both were seen.
#[derive(Default)]
struct Stopwatch {
    started: Option<Instant>,
    took: Option<Duration>,
}

impl Measurement {
    /// Starts with the request.
    pub(crate) fn start(method: &Method) -> Self {
        Self {
            figures: Figures::default(),
            code: "",
            source: None,
            event_types: String::new(),
            reasons: String::new(),
            is_post: method == Method::POST,
            started: Instant::now(),
            verifying: Stopwatch::default(),
            publishing: Stopwatch::default(),
            retries: 0,
        }
    }

    /// Adds the figures that are known at the end only.
    pub(crate) fn end(&mut self, arrival: &Arrival, key_sets: &KeySets) {
        let now = Instant::now();
        let figures = &mut self.figures;
        figures.deliveries = count((self.is_post && figures.refused_path.is_none()).into());
        figures.sqs_retries = count(self.retries);
        figures.key_fetch_failures = count(key_sets.failed_fetches);
        figures.duration = Some(milliseconds(now.saturating_duration_since(self.started)));
        figures.verify_duration = self.verifying.took.map(milliseconds);
        figures.publish_duration = self.publishing.took.map(milliseconds);
        figures.time_left = Some(milliseconds(arrival.deadline.saturating_duration_since(now)));
        // Fractions of a second do not matter for an age.
        figures.key_set_age = key_sets.oldest.map(|age| age.as_secs() as f64);
    }

    fn ended(&mut self, result: &Result<Outcome, Rejection>) {
        let now = Instant::now();
        self.verifying.stop(now);
        self.publishing.stop(now);
        let figures = &mut self.figures;
        match result {
            Ok(outcome) => {
                self.code = outcome.code();
                match outcome {
                    Outcome::Challenged(_) => figures.challenges = Some(1),
                    Outcome::Accepted(receipt) => {
                        figures.events_accepted = count(sum(receipt.routed.values()));
                        figures.events_parked = count(sum(receipt.parked.values()));
                        let reasons = receipt.parked.iter().map(|(reason, count)| (reason.as_str(), *count));
                        self.reasons = text_of(reasons);
                    }
                }
            }
            Err(rejection) => {
                self.code = rejection.code();
                *group(figures, *rejection) = Some(1);
            }
        }
    }
}

impl Watch for Measurement {
    fn see(&mut self, step: Step<'_>) {
        match step {
            Step::Found if self.is_post => self.verifying.start(Instant::now()),
            Step::Authenticated(_) => self.verifying.stop(Instant::now()),
            Step::Parsed(batch) => {
                self.source = batch.origin.source;
                self.event_types = event_types(batch);
                self.publishing.start(Instant::now());
            }
            Step::Retried => self.retries += 1,
            Step::Ended(result) => self.ended(result),
            Step::Caller(_) | Step::Admitted | Step::Found | Step::Header(_) | Step::Key(..) => {}
        }
    }
}

impl Stopwatch {
    const fn start(&mut self, now: Instant) {
        self.started = Some(now);
    }

    /// Stops once. A stopwatch that was not started stays empty.
    fn stop(&mut self, now: Instant) {
        self.took = self.took.or_else(|| Some(now.saturating_duration_since(self.started?)));
    }
}

/// Count of refusals with the same remedy.
const fn group(figures: &mut Figures, rejection: Rejection) -> &mut Option<u64> {
    match rejection {
        Rejection::AddressNotAllowed
        | Rejection::AddressUnreadable
        | Rejection::UnsignedFromUnlistedAddress => &mut figures.refused_address,
        Rejection::PathUnknown | Rejection::PathTokenWrong | Rejection::MethodNotAllowed => {
            &mut figures.refused_path
        }
        Rejection::BodyNotBase64
        | Rejection::SignatureMissing
        | Rejection::UnsignedTokenShort
        | Rejection::UnsignedTypeUnknown
        | Rejection::SignatureMalformed
        | Rejection::SignatureSchemeUnknown
        | Rejection::SignatureWrong
        | Rejection::KeyWrongForSource
        | Rejection::KeyWrongForApp
        | Rejection::NotADelivery => &mut figures.refused_signature,
        Rejection::KeysUnavailable => &mut figures.refused_keys_unavailable,
        Rejection::NotAChallenge | Rejection::ChallengeAppUnknown | Rejection::ChallengeTokenWrong => {
            &mut figures.refused_other
        }
        Rejection::PublishFailed | Rejection::Panicked | Rejection::OutOfTime => {
            &mut figures.publish_failures
        }
    }
}

/// Leaves out a count of zero: CloudWatch bills a metric for each hour in which it has a value.
fn count(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

fn sum<'a>(counts: impl Iterator<Item = &'a usize>) -> u64 {
    u64::try_from(counts.sum::<usize>()).unwrap_or(u64::MAX)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// Known event types of a batch. The name of an unknown type comes from the sender and may be anything.
fn event_types(batch: &Batch) -> String {
    let mut counts = BTreeMap::<_, usize>::new();
    for event in &batch.events {
        if let Destination::Route(event_type) = &event.destination {
            *counts.entry(event_type.as_str()).or_default() += 1;
        }
    }
    text_of(counts)
}

fn text_of<T: fmt::Display>(counts: impl IntoIterator<Item = (T, usize)>) -> String {
    counts.into_iter().map(|(name, count)| format!("{name}={count}")).collect::<Vec<_>>().join(" ")
}
