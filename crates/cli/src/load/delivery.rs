//! One delivery, which the run's seed decides, and its outcome. The hash of an event's bytes identifies the event.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use prelude_events::{EventType, Source, samples as event_samples};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Plan,
    fault::{Fault, Reach, Span},
};
use crate::conform::Identity;
use prelude_local::{
    aws::gateway::Request,
    prelude::{ADDRESSES, KeyError, PreludeKey, SIGNATURE_HEADER, batch, samples},
};

/// SHA-256 of an event's bytes, which identifies the event.
pub type Hash = [u8; 32];

/// One delivery of Prelude.
#[derive(Debug)]
pub struct Delivery {
    /// Events, in their order.
    pub events: Vec<SentEvent>,
    /// Planned fault.
    pub fault: Option<Fault>,
    /// Queues whose calls meet the fault; `None` for all queues.
    struck: Option<Vec<&'static str>>,
    body: Vec<u8>,
    key: Option<PreludeKey>,
    source_ip: &'static str,
    attempts: AtomicU32,
    calls_hit: AtomicU32,
    starved: AtomicUsize,
    outcome: Mutex<Outcome>,
}

/// An event, and the slug of its queue.
#[derive(Debug, Clone)]
pub struct SentEvent {
    /// Hash of its bytes.
    pub hash: Hash,
    /// Slug of its type's queue.
    pub queue_slug: &'static str,
}

/// Outcome of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not answered 200 yet.
    Open,
    /// Answered 200 after all its events were stored.
    Accepted,
    /// Answered 200 before all its events were stored.
    AcceptedTooEarly,
}

impl Delivery {
    /// Draws a delivery. Of a hundred, five are of V1, forty of Verify, twenty-five of Notify, and twenty-eight Session
    /// batches of up to twelve events. Two are lopsided batches: many events of one type, and one of each other type.
    pub(super) fn new(plan: &Plan, index: usize, identity: &Identity) -> Self {
        let mut draw = Draw::new(plan.seed, index);
        let (source, count) = match draw.below(100) {
            0..5 => (Source::VerifyV1, 1),
            5..45 => (Source::Verify, 1),
            45..70 => (Source::Notify, 1),
            70..98 => (Source::Session, 1 + draw.below(12)),
            _ => (Source::Session, LOPSIDED),
        };
        let texts: Vec<_> = (0..count)
            .map(|number| {
                let kind = if count == LOPSIDED { number.min(12) } else { draw.below(u64::MAX) };
                event(source, kind, index, number)
            })
            .collect();
        let sent = |(event_type, text): &(&'static EventType, String)| SentEvent {
            hash: Sha256::digest(text).into(),
            queue_slug: event_type.queue_slug().unwrap_or_default(),
        };
        let events: Vec<SentEvent> = texts.iter().map(sent).collect();
        let app = identity.apps.first();
        let (body, key) = match source {
            Source::Session => {
                let app_id = app.map_or("", |app| app.app_id.as_str());
                (batch(app_id, texts.iter().map(|(_, text)| text)), app.and_then(|app| app.keys.first()))
            }
            Source::VerifyV1 => (joined(&texts), None),
            Source::Verify | Source::Notify => (joined(&texts), identity.account.as_ref()),
        };
        let share = f64::from(u32::try_from(draw.below(1_000_000)).unwrap_or_default()) / 1e6;
        let [first, second, third] = ADDRESSES;
        let mut fault = (share < plan.faults).then(|| Fault::of(draw.next(), draw.next(), draw.next()));
        if let (Some(fault), LOPSIDED) = (&mut fault, count) {
            // A short fault would starve no event.
            fault.span = Span::Attempts(1);
        }
        Self {
            struck: fault.and_then(|fault| struck(&events, fault.reach)),
            events,
            fault,
            body,
            key: key.cloned(),
            source_ip: [first, second, third].into_iter().nth(index % 3).unwrap_or(first),
            attempts: AtomicU32::new(0),
            calls_hit: AtomicU32::new(0),
            starved: AtomicUsize::new(0),
            outcome: Mutex::new(Outcome::Open),
        }
    }

    /// Builds the invocation's event, and signs the delivery.
    pub(super) fn event(&self) -> Result<Bytes, KeyError> {
        let path = format!("/webhooks/{}", samples::PATH_TOKEN);
        let request = Request::new("POST", path, self.source_ip).json(self.body.clone());
        let request = match &self.key {
            Some(key) => request.header(SIGNATURE_HEADER, key.sign(&self.body)?),
            None => request,
        };
        Ok(request.http_api_event().to_string().into())
    }

    pub(super) fn begin_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// Number of attempts so far.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Reports whether a fault is on a queue.
    pub(super) fn is_struck(&self, queue_slug: &str) -> bool {
        self.fault.is_some() && self.struck.as_ref().is_none_or(|slugs| slugs.contains(&queue_slug))
    }

    pub(super) fn strike(&self, queue_slug: &str) -> Option<Fault> {
        let fault = self.fault.filter(|_| self.is_struck(queue_slug))?;
        let strikes = match fault.span {
            Span::Attempts(attempts) => self.attempts() <= attempts,
            Span::Calls(calls) => self.calls_hit.fetch_add(1, Ordering::Relaxed) < calls,
        };
        strikes.then_some(fault)
    }

    pub(super) fn accept(&self, all_stored: bool) {
        let outcome = if all_stored { Outcome::Accepted } else { Outcome::AcceptedTooEarly };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    /// Records the number of events that an attempt left out although their queues have no fault.
    pub(super) fn note_starved(&self, events: usize) {
        self.starved.fetch_max(events, Ordering::Relaxed);
    }

    /// Largest number of events that an attempt left out although their queues have no fault.
    pub fn starved(&self) -> usize {
        self.starved.load(Ordering::Relaxed)
    }

    /// Outcome so far.
    pub fn outcome(&self) -> Outcome {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of events in a lopsided batch. They need far more calls to one queue than run in parallel.
const LOPSIDED: u64 = 100;

/// Finds the queues that meet a fault: the fullest ones of the delivery.
fn struck(events: &[SentEvent], reach: Reach) -> Option<Vec<&'static str>> {
    let Reach::Queues(most) = reach else { return None };
    let mut counts = BTreeMap::<_, usize>::new();
    for event in events {
        *counts.entry(event.queue_slug).or_default() += 1;
    }
    let mut queues: Vec<_> = counts.into_iter().collect();
    queues.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Some(queues.into_iter().take(most).map(|(slug, _)| slug).collect())
}

/// Picks a type of the source, and its sample with a unique id.
fn event(source: Source, kind: u64, index: usize, number: u64) -> (&'static EventType, String) {
    let types: Vec<_> =
        EventType::ALL.iter().filter(|event_type| event_type.source() == Some(source)).collect();
    let index_of_type = kind % u64::try_from(types.len()).unwrap_or(1);
    let event_type = usize::try_from(index_of_type).ok().and_then(|index| types.get(index).copied());
    let event_type = event_type.unwrap_or(&EventType::VerifyAttempt);
    let mut event: Value =
        serde_json::from_str(event_samples::sample(event_type).unwrap_or_default()).unwrap_or_default();
    if let Some(id) = event.get_mut("id") {
        *id = format!("evt_{index:013}{number:013}").into();
    }
    (event_type, event.to_string())
}

fn joined(texts: &[(&'static EventType, String)]) -> Vec<u8> {
    texts.iter().map(|(_, text)| text.as_str()).collect::<String>().into_bytes()
}

/// Random numbers that depend on the seed and the delivery only, so that timing does not change them.
struct Draw {
    seed: u64,
    index: usize,
    drawn: u64,
}

impl Draw {
    fn new(seed: u64, index: usize) -> Self {
        Self { seed, index, drawn: 0 }
    }

    fn next(&mut self) -> u64 {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{} {} {}", self.seed, self.index, self.drawn));
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}
