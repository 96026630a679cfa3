//! Moving what is parked to the queue where it belongs now: sent first, and removed only when it is durable there.
//!
//! A process that dies between the two leaves a duplicate with the same `event_id`, never a gap.

mod sending;

use std::collections::BTreeMap;

use prelude_webhooks::{replay::Readdressed, route::QueueUrl};
use tokio::time::Duration;

use self::sending::Pending;
use super::{
    Choice, Parking,
    mailbox::Mailbox,
    parts::{Item, Label, Sorted, Sorter},
    report::{Fate, Report, Row, why},
};
use crate::{operate::stop::Stop, terminal::ProgressBar};

/// What is to be moved, and where.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// What of all that is parked.
    pub choice: Choice,
    /// One queue for all, in place of each type's own.
    pub to: Option<QueueUrl>,
    /// Only tell what would become of it.
    pub dry_run: bool,
}

/// Far longer than a batch of ten takes as a rule. When queues are slow, or parts are waited for, something can
/// come into view while it is on its way: whoever moves it too makes a duplicate with the same `event_id`.
const HOLD_SECONDS: i32 = 300;
/// How long one queue has to take what is for it.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// A FIFO queue hands out the parts of one event in pieces while others of their group are held.
const MAX_FIFO_PASSES: usize = 3;

/// Moves what is chosen. Whatever goes wrong is in the report.
pub async fn replay(parking: &Parking, order: &Order, stop: &Stop, progress: &ProgressBar) -> Report {
    let mailbox = Mailbox::new(&parking.aws, parking.queue_url(), HOLD_SECONDS);
    let report = Report { dry_run: order.dry_run, ..Report::default() };
    let mut run = Run {
        parking,
        order,
        mailbox,
        sorter: Sorter::default(),
        pending: Vec::new(),
        unusable: BTreeMap::new(),
        report,
    };
    for pass in 1.. {
        run.pass(stop, progress).await;
        let incomplete = run.sorter.take_incomplete();
        if incomplete.is_empty()
            || !parking.is_fifo()
            || pass == MAX_FIFO_PASSES
            || run.report.error.is_some()
        {
            run.tell_incomplete(incomplete);
            break;
        }
        run.report.late += run.mailbox.release().await;
        // What stays is seen again, and told again.
        run.report.rows.retain(|row| matches!(row.fate, Fate::Moved(_) | Fate::Copy));
    }
    run.end().await
}

struct Run<'a> {
    parking: &'a Parking,
    order: &'a Order,
    mailbox: Mailbox<'a>,
    sorter: Sorter,
    pending: Vec<Pending>,
    /// Queues that took nothing before, and why.
    unusable: BTreeMap<QueueUrl, String>,
    report: Report,
}

impl Run<'_> {
    /// Reads the queue once, and moves as it goes.
    async fn pass(&mut self, stop: &Stop, progress: &ProgressBar) {
        while !stop.is_asked() && !self.has_enough() {
            let letters = match self.mailbox.next().await {
                Ok(letters) => letters,
                Err(error) => return self.report.error = Some(format!("the parking queue: {error}")),
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
                        self.tell(label, Fate::Stays(why))
                    }
                    Sorted::Unreadable(..) => {}
                }
            }
            self.send_pending().await;
        }
        if stop.is_asked() {
            self.report.error = Some("asked to".to_owned());
        }
    }

    /// Decides about one item.
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
                return self.tell(label, Fate::Moved(queues));
            }
            // What came before it in its queues stays before it.
            self.send_pending().await;
            let fate = match self.parking.replay.split(&parked, &raw, SEND_PATIENCE, |_durable| ()).await {
                Ok(()) => self.removed(&label, queues).await,
                Err(_rejection) => Fate::Failed("SQS did not take all of its events in time".to_owned()),
            };
            return self.tell(label, fate);
        }
        let queues = counted_by_queue(&places, self.parking.queue_url());
        match places.into_iter().map(|event| event.place).collect::<Result<Vec<_>, _>>() {
            Ok(messages) => self.pending.push(Pending { label, queues, messages, failure: None }),
            Err(stay) => {
                self.sorter.forget(&label);
                self.tell(label, Fate::Stays(why(stay)));
            }
        }
    }

    async fn removed(&mut self, label: &Label, queues: BTreeMap<String, usize>) -> Fate {
        if self.mailbox.remove(&label.message_ids).await.is_empty() {
            Fate::Moved(queues)
        } else {
            Fate::NotRemoved(queues)
        }
    }

    async fn remove_copy(&mut self, label: Label) {
        // Its event may still be on its way.
        self.send_pending().await;
        let is_durable = |row: &Row| {
            matches!(row.fate, Fate::Moved(_) | Fate::NotRemoved(_))
                && row.label.event_type == label.event_type
                && row.label.event_id == label.event_id
        };
        if !self.report.rows.iter().any(is_durable) {
            return;
        }
        if self.order.dry_run || self.mailbox.remove(&label.message_ids).await.is_empty() {
            self.tell(label, Fate::Copy);
        }
    }

    fn tell_incomplete(&mut self, incomplete: Vec<(Label, usize, usize)>) {
        for (label, there, count) in incomplete {
            if self.is_chosen(&label, None) {
                self.tell(label, Fate::Stays(format!("only {there} of its {count} parts are here")));
            }
        }
    }

    /// Gives back what is held.
    async fn end(mut self) -> Report {
        let is_staying = |row: &Row| matches!(row.fate, Fate::Stays(_) | Fate::Failed(_));
        if self.parking.is_fifo() && !self.has_enough() && self.report.rows.iter().any(is_staying) {
            self.report.held_back = self.mailbox.depth().await.map_or(0, |depth| depth.visible);
        }
        self.report.late += self.mailbox.release().await;
        self.report
    }

    fn tell(&mut self, label: Label, fate: Fate) {
        self.report.rows.push(Row { label, fate });
    }

    /// `event_type` is what the bytes say, for a message whose attributes do not.
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

/// How many events go to each queue; of a slice, what has no queue goes back to the parking queue by itself.
fn counted_by_queue(places: &[Readdressed], parking: &QueueUrl) -> BTreeMap<String, usize> {
    let mut queues = BTreeMap::new();
    for event in places {
        let queue_url = event.place.as_ref().map_or(parking, |(queue_url, _)| queue_url);
        *queues.entry(queue_url.name().to_owned()).or_default() += 1;
    }
    queues
}
