//! One delivery, which the run's seed decides, and what became of it. Each event is known by the hash of its bytes.

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

/// The SHA-256 of an event's bytes: its name in the books.
pub type Hash = [u8; 32];

/// One request of Prelude's.
#[derive(Debug)]
pub struct Delivery {
    /// In their order.
    pub events: Vec<SentEvent>,
    /// What is planned for it.
    pub fault: Option<Fault>,
    /// Queues whose calls meet the fault; `None` for those of all calls.
    struck: Option<Vec<&'static str>>,
    body: Vec<u8>,
    key: Option<PreludeKey>,
    source_ip: &'static str,
    attempts: AtomicU32,
    calls_hit: AtomicU32,
    starved: AtomicUsize,
    verdict: Mutex<Verdict>,
}

/// An event, and where it belongs.
#[derive(Debug, Clone)]
pub struct SentEvent {
    /// Of its bytes.
    pub hash: Hash,
    /// Of its type.
    pub queue_slug: &'static str,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not answered 200 yet.
    Open,
    /// Answered 200 when all its events were stored.
    Accepted,
    /// Answered 200 when one was not.
    AcceptedTooEarly,
}

impl Delivery {
    /// Five in a hundred V1, forty Verify, twenty-five Notify, twenty-eight a Session batch of up to twelve, two a lopsided
    /// one: many events of one type, and one of each other.
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
            // A short one would starve nobody.
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
            verdict: Mutex::new(Verdict::Open),
        }
    }

    /// The invocation's event, signed.
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

    /// Tries so far.
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
        let verdict = if all_stored { Verdict::Accepted } else { Verdict::AcceptedTooEarly };
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = verdict;
    }

    /// Notes how many events an attempt left out although no fault is on their queues.
    pub(super) fn note_starved(&self, events: usize) {
        self.starved.fetch_max(events, Ordering::Relaxed);
    }

    /// How many events an attempt left out at most, although no fault is on their queues.
    pub fn starved(&self) -> usize {
        self.starved.load(Ordering::Relaxed)
    }

    /// What became of it.
    pub fn verdict(&self) -> Verdict {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of events of a lopsided batch: far more calls for one queue than run beside each other.
const LOPSIDED: u64 = 100;

/// The queues that a fault is on: the fullest ones of the delivery.
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

/// A type of the source, and its sample with an id that no other event has.
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

/// Numbers that depend on the seed and the delivery alone, so that the order of events in time changes nothing.
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
