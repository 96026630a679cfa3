//! Moves parked events to the queues to which they belong now. The events are sent first. The parked message is removed
//! only when they are durable.
//!
//! A process that dies between the two steps leaves a duplicate with the same `event_id`, and loses no event.

mod sending;

use std::collections::BTreeMap;

use prelude_webhooks::{replay::Readdressed, route::QueueUrl};
use tokio::time::Duration;

use self::sending::Pending;
use super::{
    Choice, Parking, ParkingError,
    letters::Letters,
    parts::{Item, Label, Sorted, Sorter},
    report::{Fate, Report, Row, why},
};
use crate::{operate::stop::Stop, terminal::ProgressBar};

/// Options of a replay.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Messages to move.
    pub choice: Choice,
    /// Queue for all events, instead of each type's own queue.
    pub to: Option<QueueUrl>,
    /// Report the results without moving a message.
    pub dry_run: bool,
}

/// Time for which a message stays hidden, usually far longer than a batch of ten takes. With slow queues or missing
/// parts, a message can become visible too early. A second reader then makes a duplicate with the same `event_id`.
const HOLD_SECONDS: i32 = 300;
/// Time limit for sending to one queue.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// Number of readings of a FIFO queue, which delivers an event's parts piecemeal while others of their group are held.
const MAX_FIFO_PASSES: usize = 3;

/// Moves the selected messages. The report contains all failures.
///
/// # Errors
/// The file of saved messages cannot be read.
pub async fn replay(
    parking: &Parking,
    order: &Order,
    stop: &Stop,
    progress: &ProgressBar,
) -> Result<Report, ParkingError> {
    let letters = Letters::of(parking, HOLD_SECONDS)?;
    let report = Report { dry_run: order.dry_run, ..Report::default() };
    let mut run = Run {
        parking,
        order,
        letters,
        sorter: Sorter::default(),
        pending: Vec::new(),
        unusable: BTreeMap::new(),
        report,
    };
    for pass in 1.. {
        run.pass(stop, progress).await;
        let incomplete = run.sorter.take_incomplete();
        if incomplete.is_empty()
            || !parking.hides_groups()
            || pass == MAX_FIFO_PASSES
            || run.report.error.is_some()
        {
            run.add_incomplete(incomplete);
            break;
        }
        run.report.late += run.letters.release().await;
        // The next pass receives and reports the staying messages again.
        run.report.rows.retain(|row| matches!(row.fate, Fate::Moved(_) | Fate::Copy));
    }
    Ok(run.end().await)
}

struct Run<'a> {
    parking: &'a Parking,
    order: &'a Order,
    letters: Letters<'a>,
    sorter: Sorter,
    pending: Vec<Pending>,
    /// Queues that accepted no message before, with the reason.
    unusable: BTreeMap<QueueUrl, String>,
    report: Report,
}

impl Run<'_> {
    /// Reads the queue once, and moves messages on the way.
    async fn pass(&mut self, stop: &Stop, progress: &ProgressBar) {
        while !stop.is_asked() && !self.has_enough() {
            let letters = match self.letters.next().await {
                Ok(letters) => letters,
                Err(error) => return self.report.error = Some(error.to_string()),
            };
            if letters.is_empty() {
                return;
            }
            progress.inc(letters.len() as u64);
            for letter in letters {
                let reason = self.order.choice.reason.map(|reason| reason.as_str());
                if self.has_enough()
                    || reason.is_some_and(|reason| letter.attribute("reason") != Some(reason))
                {
                    continue;
                }
                match self.sorter.put(letter) {
                    Sorted::Whole(item) => self.take(*item).await,
                    Sorted::Waiting => {}
                    Sorted::Copy(label) => self.remove_copy(label).await,
                    Sorted::Unreadable(label, why) if self.is_chosen(&label, None) => {
                        self.add_row(label, Fate::Stays(why))
                    }
                    Sorted::Unreadable(..) => {}
                }
            }
            self.send_pending().await;
        }
        if stop.is_asked() {
            self.report.error = Some("Ctrl-C was pressed".to_owned());
        }
    }

    /// Moves an item, plans its move, or leaves it.
    async fn take(&mut self, item: Item) {
        let Item { parked, raw, label } = item;
        let places = self.parking.replay.readdress(&parked, &raw, self.order.to.as_ref());
        let only_type = match &*places {
            [Readdressed { type_name, .. }] => type_name.as_deref(),
            _ => None,
        };
        if !self.is_chosen(&label, only_type) {
            return;
        }
        let is_any_routable = places.iter().any(|event| event.place.is_ok());
        if parked.is_slice() && self.order.to.is_none() && is_any_routable {
            let queues = counted_by_queue(&places, self.parking.queue_url());
            if self.order.dry_run {
                return self.add_row(label, Fate::Moved(queues));
            }
            // Earlier messages are sent first, so that they stay before the slice in its queues.
            self.send_pending().await;
            let fate = match self.parking.replay.publish_slice(&parked, &raw, SEND_PATIENCE).await {
                Ok(()) => self.removed(&label, queues).await,
                Err(_rejection) => Fate::Failed("SQS did not accept all of its events in time".to_owned()),
            };
            return self.add_row(label, fate);
        }
        let queues = counted_by_queue(&places, self.parking.queue_url());
        match places.into_iter().map(|event| event.place).collect::<Result<Vec<_>, _>>() {
            Ok(messages) => self.pending.push(Pending { label, queues, messages, failure: None }),
            Err(stay) => {
                self.sorter.forget(&label);
                self.add_row(label, Fate::Stays(why(stay)));
            }
        }
    }

    async fn removed(&mut self, label: &Label, queues: BTreeMap<String, usize>) -> Fate {
        if self.letters.remove(&label.message_ids).await.is_ok() {
            Fate::Moved(queues)
        } else {
            Fate::NotRemoved(queues)
        }
    }

    async fn remove_copy(&mut self, label: Label) {
        // The event may not be sent yet.
        self.send_pending().await;
        let is_durable = |row: &Row| {
            matches!(row.fate, Fate::Moved(_) | Fate::NotRemoved(_))
                && row.label.event_type == label.event_type
                && row.label.event_id == label.event_id
        };
        if !self.report.rows.iter().any(is_durable) {
            return;
        }
        if self.order.dry_run || self.letters.remove(&label.message_ids).await.is_ok() {
            self.add_row(label, Fate::Copy);
        }
    }

    fn add_incomplete(&mut self, incomplete: Vec<(Label, usize, usize)>) {
        for (label, there, count) in incomplete {
            if self.is_chosen(&label, None) {
                self.add_row(label, Fate::Stays(format!("only {there} of its {count} parts are here")));
            }
        }
    }

    /// Releases the held messages, and returns the report.
    async fn end(mut self) -> Report {
        let is_staying = |row: &Row| matches!(row.fate, Fate::Stays(_) | Fate::Failed(_));
        if self.parking.hides_groups() && !self.has_enough() && self.report.rows.iter().any(is_staying) {
            self.report.held_back = self.parking.depth().await.map_or(0, |depth| depth.visible);
        }
        self.report.late += self.letters.release().await;
        self.report
    }

    fn add_row(&mut self, label: Label, fate: Fate) {
        self.report.rows.push(Row { label, fate });
    }

    /// Reports whether a message is selected. `event_type` comes from the bytes, for a message without this attribute.
    fn is_chosen(&self, label: &Label, event_type: Option<&str>) -> bool {
        match &self.order.choice.event_type {
            Some(wanted) => label.event_type.as_deref().or(event_type) == Some(wanted),
            None => true,
        }
    }

    fn has_enough(&self) -> bool {
        let taken = self.report.rows.len() + self.pending.len();
        self.order.choice.limit.is_some_and(|limit| taken >= limit)
    }
}

/// Counts the events for each queue. An event of a slice that has no queue returns to the parking queue alone.
fn counted_by_queue(places: &[Readdressed], parking: &QueueUrl) -> BTreeMap<String, usize> {
    let mut queues = BTreeMap::new();
    for event in places {
        let queue_url = event.place.as_ref().map_or(parking, |(queue_url, _)| queue_url);
        *queues.entry(queue_url.name().to_owned()).or_default() += 1;
    }
    queues
}
