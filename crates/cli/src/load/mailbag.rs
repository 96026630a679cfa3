//! Deliveries of a run, and their events that SQS stored.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Plan,
    delivery::{Delivery, Hash, SentEvent},
    fault::{Fault, FaultKind},
};
use crate::conform::Identity;
use prelude_local::prelude::KeyError;

/// Deliveries of a run, with the stored events and the faults so far.
#[derive(Debug)]
pub struct Mailbag {
    deliveries: Vec<Delivery>,
    by_hash: HashMap<Hash, usize>,
    stored: Mutex<HashSet<Hash>>,
    hits: Vec<AtomicU64>,
}

impl Mailbag {
    /// Draws the deliveries of a plan.
    ///
    /// # Errors
    /// A key of `tests/keys` cannot be read.
    pub fn new(plan: &Plan) -> Result<Self, KeyError> {
        let identity = Identity::local()?;
        let deliveries: Vec<_> =
            (0..plan.deliveries).map(|index| Delivery::new(plan, index, &identity)).collect();
        let hashes = |(index, delivery): (usize, &Delivery)| {
            delivery.events.iter().map(move |event| (event.hash, index)).collect::<Vec<_>>()
        };
        let by_hash = deliveries.iter().enumerate().flat_map(hashes).collect();
        let hits = FaultKind::ALL.iter().map(|_| AtomicU64::new(0)).collect();
        Ok(Self { deliveries, by_hash, stored: Mutex::default(), hits })
    }

    /// All deliveries, in the order of sending.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Delivery with this index.
    pub fn delivery(&self, index: usize) -> Option<&Delivery> {
        self.deliveries.get(index)
    }

    /// Delivery that holds the event with this hash.
    pub fn delivery_of(&self, hash: &Hash) -> Option<&Delivery> {
        self.deliveries.get(*self.by_hash.get(hash)?)
    }

    /// Finds the fault that a call with this event meets now, and counts it.
    pub(super) fn strike(&self, hash: &Hash, queue_slug: &str) -> Option<Fault> {
        let fault = self.delivery_of(hash)?.strike(queue_slug)?;
        let index = FaultKind::ALL.iter().position(|kind| *kind == fault.kind)?;
        self.hits.get(index)?.fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }

    /// Number of calls that met each kind of fault.
    pub fn hits(&self) -> impl Iterator<Item = (FaultKind, u64)> {
        FaultKind::ALL.iter().copied().zip(self.hits.iter().map(|hits| hits.load(Ordering::Relaxed)))
    }

    /// Records that SQS stored the event with this hash.
    pub(super) fn store(&self, hash: Hash) {
        self.stored().insert(hash);
    }

    /// Reports whether SQS stored all events of a delivery.
    pub(super) fn stores_all_of(&self, delivery: &Delivery) -> bool {
        let stored = self.stored();
        delivery.events.iter().all(|event| stored.contains(&event.hash))
    }

    /// Number of events that SQS did not store although their queues have no fault.
    pub(super) fn starved_of(&self, delivery: &Delivery) -> usize {
        let stored = self.stored();
        let is_starved =
            |event: &&SentEvent| !delivery.is_struck(event.queue_slug) && !stored.contains(&event.hash);
        delivery.events.iter().filter(is_starved).count()
    }

    fn stored(&self) -> MutexGuard<'_, HashSet<Hash>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
