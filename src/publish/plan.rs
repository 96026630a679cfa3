//! Finds a place for every event: its queue, the parking queue, or a slice of its batch in that queue.

use std::collections::BTreeMap;

use prelude_events::Encoding;

use super::{
    call::{Draft, Refused},
    failure::Failure,
    message::{Message, Stamp},
    slices::slices,
};
use crate::{
    event::{Array, Batch, Destination},
    parking::Reason,
    route::{QueueUrl, Routes},
};

/// Result of publishing a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Number of events that the sender sent.
    pub accepted: usize,
    /// Number of events in each queue.
    pub routed: BTreeMap<QueueUrl, usize>,
    /// Number of parked events, by reason.
    pub parked: BTreeMap<Reason, usize>,
}

/// Events of a delivery, and their places.
pub(super) struct Plan<'a> {
    batch: Batch,
    stamp: &'a Stamp,
    routes: &'a Routes,
    request_id: &'a str,
    places: Vec<Place>,
    /// The parking queue refused an event, so no place is left for it.
    pub(super) is_lost: bool,
}

#[derive(Clone, Copy)]
enum Place {
    Routed,
    Parked(Reason),
    /// The event is part of a slice, which is an event with its own place.
    Sliced,
}

impl<'a> Plan<'a> {
    pub(super) const fn new(batch: Batch, stamp: &'a Stamp, routes: &'a Routes, request_id: &'a str) -> Self {
        Self { batch, stamp, routes, request_id, places: Vec::new(), is_lost: false }
    }

    /// Makes the first messages of each event: for its queue, or for the parking queue.
    pub(super) fn first_messages(&mut self) -> Vec<Draft> {
        if let Array::TooLong(body, elements) = &mut self.batch.array {
            let elements = std::mem::take(elements).into_iter().enumerate();
            self.batch.events = slices(body, elements);
        }
        let is_array = matches!(self.batch.array, Array::Read(_));
        let mut drafts = Vec::with_capacity(self.batch.events.len());
        for (index, event) in self.batch.events.iter().enumerate() {
            let reason = match (&event.destination, self.stamp.routed(event)) {
                (Destination::Route(_), Some(message)) => {
                    self.places.push(Place::Routed);
                    drafts.push(draft(index, message, None, is_array));
                    continue;
                }
                (Destination::Route(_), None) => Reason::Oversize,
                (Destination::Park(reason), _) => *reason,
            };
            self.places.push(Place::Parked(reason));
            drafts.extend(self.park(index, reason, Encoding::Text, is_array));
        }
        drafts
    }

    /// Makes the messages for a refused one; none when the parking queue refused it for good.
    pub(super) fn elsewhere(&mut self, refused: Refused) -> Vec<Draft> {
        let Refused { draft: Draft { event: index, message, parked, sliceable, .. }, failure } = refused;
        match (parked, failure) {
            (None, failure) => {
                let reason = match failure {
                    Failure::QueueMissing => Reason::QueueMissing,
                    Failure::QueueDenied => Reason::QueueDenied,
                    Failure::Content | Failure::Retryable | Failure::Unknown => Reason::RejectedBySqs,
                };
                if let Some(place) = self.places.get_mut(index) {
                    *place = Place::Parked(reason);
                }
                self.park(index, reason, Encoding::Text, sliceable)
            }
            // The second try holds nothing that SQS could refuse.
            (Some((reason, Encoding::Text)), Failure::Content | Failure::Unknown) if message.is_encoded() => {
                vec![draft(index, message.without_optional(), Some((reason, Encoding::Base64)), false)]
            }
            (Some((reason, Encoding::Text)), Failure::Content | Failure::Unknown) => {
                self.park(index, reason, Encoding::Base64, false)
            }
            (Some(_), failure) => {
                if !self.is_lost {
                    let (request_id, queue) = (self.request_id, self.routes.parking().name());
                    tracing::error!(code = "parking_failed", request_id, failure = failure.as_str(), queue);
                }
                self.is_lost = true;
                Vec::new()
            }
        }
    }

    /// Makes the messages of the slices that carry these events instead.
    pub(super) fn slice(&mut self, overflow: Vec<Draft>) -> Vec<Draft> {
        let mut elements: Vec<_> = overflow.into_iter().map(|draft| draft.event).collect();
        elements.sort_unstable();
        for element in &elements {
            if let Some(place) = self.places.get_mut(*element) {
                *place = Place::Sliced;
            }
        }
        let first = self.batch.events.len();
        if let Array::Read(body) = &self.batch.array {
            let place = |index: &usize| {
                let raw = &self.batch.events.get(*index)?.raw;
                let start = raw.as_ptr().addr() - body.as_ptr().addr();
                Some((*index, start..start + raw.len()))
            };
            let slices = slices(body, elements.iter().filter_map(place));
            self.batch.events.extend(slices);
        }
        let added = self.batch.events.len() - first;
        self.places.extend(std::iter::repeat_n(Place::Parked(Reason::BatchTooLarge), added));
        (first..first + added)
            .flat_map(|index| self.park(index, Reason::BatchTooLarge, Encoding::Text, false))
            .collect()
    }

    /// Counts the events of each queue and of each reason.
    pub(super) fn receipt(&self) -> Receipt {
        let (mut routed, mut parked) = (BTreeMap::<QueueUrl, usize>::new(), BTreeMap::<Reason, usize>::new());
        for (event, place) in self.batch.events.iter().zip(&self.places) {
            match (place, &event.destination) {
                (Place::Routed, Destination::Route(event_type)) => {
                    *routed.entry(self.routes.queue_url(event_type).clone()).or_default() += 1;
                }
                (Place::Parked(reason), _) | (Place::Routed, Destination::Park(reason)) => {
                    *parked.entry(*reason).or_default() += event.count;
                }
                (Place::Sliced, _) => {}
            }
        }
        Receipt { accepted: self.batch.count, routed, parked }
    }

    fn park(&self, index: usize, reason: Reason, first: Encoding, sliceable: bool) -> Vec<Draft> {
        let Some(event) = self.batch.events.get(index) else { return Vec::new() };
        let messages = self.stamp.parked(event, reason, first).into_iter();
        messages
            .map(|message| {
                // An encoded body may be one of several parts.
                let sliceable = sliceable && !message.is_encoded();
                draft(index, message, Some((reason, first)), sliceable)
            })
            .collect()
    }
}

const fn draft(event: usize, message: Message, parked: Option<(Reason, Encoding)>, sliceable: bool) -> Draft {
    Draft { event, message, parked, sliceable, awaits_retry: false, failures: 0, unlisted: 0 }
}
