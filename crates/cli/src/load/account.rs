//! Second phase: reads every queue, and accounts for every event.

use std::collections::{BTreeMap, HashMap};

use prelude_webhooks::parking::Reason;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    delivery::{Delivery, Hash, Outcome},
    fault::FaultKind,
    mailbag::Mailbag,
};
use prelude_local::aws::sqs::{EmbeddedSqs, EmbeddedSqsError};

/// Comparison of the events in the queues with the sent ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Books {
    /// Events that were sent.
    pub events: usize,
    /// Messages in all queues.
    pub messages: usize,
    /// Events found in their type's queue.
    pub routed: usize,
    /// Events found in the parking queue only, by reason.
    pub parked: BTreeMap<String, usize>,
    /// Messages beyond the first of their event.
    pub duplicates: usize,
    /// Events of deliveries that were answered 200, without a message in any queue.
    pub lost: usize,
    /// Deliveries that were answered 200 before SQS had all of their events.
    pub too_early: usize,
    /// Deliveries that were never answered 200.
    pub unanswered: usize,
    /// Events that an attempt left out although their queues had no fault.
    pub starved: usize,
    /// Messages that were never sent, that are in another type's queue, or that are parked although no fault of their
    /// delivery is a reason.
    pub misplaced: usize,
}

impl Books {
    /// Reports whether no event is lost, starved or misplaced, and every delivery was answered 200, but not too early.
    pub fn balance(&self) -> bool {
        [self.lost, self.too_early, self.unanswered, self.starved, self.misplaced] == [0; 5]
    }
}

/// Reports whether a message may be parked: its queue is denied, or refuses with an undocumented code.
fn may_park(delivery: &Delivery, reason: Option<&str>) -> bool {
    delivery.fault.is_some_and(|fault| matches!(fault.kind, FaultKind::Denied | FaultKind::Unlisted))
        && reason == Some(Reason::QueueDenied.as_str())
}

#[derive(Default)]
struct Found {
    routed: usize,
    parked: Option<String>,
    copies: usize,
}

/// Empties the queues, and accounts for every event.
pub(super) async fn balance(
    sqs: &EmbeddedSqs,
    prefix: &str,
    queues: &[String],
    mailbag: &Mailbag,
) -> Result<Books, EmbeddedSqsError> {
    let mut books = Books::default();
    let mut found: HashMap<Hash, Found> = HashMap::new();
    for queue in queues {
        let slug = queue.strip_prefix(prefix).unwrap_or(queue);
        for message in sqs.drain(queue).await? {
            books.messages += 1;
            let hash: Hash = Sha256::digest(&message.body).into();
            let delivery = mailbag.delivery_of(&hash);
            let sent = delivery.and_then(|delivery| delivery.events.iter().find(|event| event.hash == hash));
            let reason = message.attribute("reason");
            match sent {
                Some(event) if event.queue_slug == slug => found.entry(hash).or_default().routed += 1,
                Some(_) if slug == "unrouted" && delivery.is_some_and(|sent| may_park(sent, reason)) => {
                    found.entry(hash).or_default().parked = reason.map(str::to_owned);
                }
                _ => {
                    books.misplaced += 1;
                    continue;
                }
            }
            found.entry(hash).or_default().copies += 1;
        }
    }
    for delivery in mailbag.deliveries() {
        books.too_early += usize::from(delivery.outcome() == Outcome::AcceptedTooEarly);
        books.starved += delivery.starved();
        books.unanswered += usize::from(delivery.outcome() == Outcome::Open);
        for event in &delivery.events {
            books.events += 1;
            match found.get(&event.hash) {
                Some(Found { routed, parked, copies }) => {
                    books.duplicates += copies.saturating_sub(1);
                    match parked {
                        Some(reason) if *routed == 0 => *books.parked.entry(reason.clone()).or_default() += 1,
                        _ => books.routed += 1,
                    }
                }
                None => books.lost += usize::from(delivery.outcome() != Outcome::Open),
            }
        }
    }
    Ok(books)
}
