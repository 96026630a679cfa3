//! Deletes parked messages for good. They are saved to a file first, unless the order says otherwise.
//!
//! Each round looks at the queue, asks, receives the same messages again, saves all of them, and only then deletes them.
//! While the user thinks, no message is hidden. A message that was not shown is never deleted.

pub mod plan;
pub mod report;

use std::{
    collections::HashSet,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use prelude_webhooks::parking::Reason;

use self::{
    plan::{Candidate, Plan},
    report::{Fate, Report, Row},
};
use super::{
    Parking, ParkingError,
    list::rfc3339,
    mailbox::{Mailbox, NotRemoved},
    saved::Writing,
};
use crate::{
    operate::stop::Stop,
    terminal::{ProgressBar, counted, open_progress},
};

/// Options of a deletion.
#[derive(Debug, Clone)]
pub struct Order {
    /// Messages to delete.
    pub target: Target,
    /// Delete the parts of events whose other parts are not in the queue, too.
    pub incomplete: bool,
    /// Report the messages without deleting one.
    pub dry_run: bool,
    /// File to create with the messages.
    pub save: Option<PathBuf>,
}

/// Selection of messages.
#[derive(Debug, Clone)]
pub enum Target {
    /// The message whose id begins with this text, with all parts of its event.
    Message(String),
    /// All messages that were parked for this reason.
    Parked {
        /// Reason.
        reason: Reason,
        /// Only events of this type.
        event_type: Option<String>,
    },
}

/// Time for which a message stays hidden while it is saved and deleted. It is renewed before the message is deleted.
const HOLD_SECONDS: i32 = 300;
/// SQS's limit of messages in one call.
const BATCH: usize = 10;
const CTRL_C: &str = "Ctrl-C was pressed";

/// Deletes the selected messages, once `confirm` has seen them and agreed. It sees those of a dry run, too. The report
/// contains all failures after that.
///
/// # Errors
/// There is no such message, or the queue cannot be read.
pub async fn delete(
    parking: &Parking,
    order: &Order,
    confirm: impl AsyncFn(&Plan) -> bool,
    stop: &Stop,
) -> Result<Report, ParkingError> {
    let mut run = Run { parking, order, stop, writing: None, has_begun: false, report: Report::default() };
    run.report.dry_run = order.dry_run;
    loop {
        let plan = match Plan::look(parking, &order.target, stop).await {
            Ok(plan) => plan,
            Err(error) if run.report.rows.is_empty() => return Err(error),
            Err(error) => {
                run.report.error = Some(error.to_string());
                break;
            }
        };
        // The next round sees and reports the staying messages again.
        run.report.rows.retain(|row| row.fate == Fate::Deleted);
        let before = run.report.rows.len();
        run.report.in_flight = plan.in_flight;
        run.report.held_back = plan.held_back;
        run.carry_out(plan, &confirm).await;
        let has_deleted = run.report.rows.iter().skip(before).any(|row| row.fate == Fate::Deleted);
        // A FIFO queue shows the messages behind deleted ones in the next round.
        let is_more = parking.is_fifo() && matches!(order.target, Target::Parked { .. });
        if !is_more || !has_deleted || order.dry_run || run.report.error.is_some() {
            break;
        }
    }
    Ok(run.end())
}

/// Name of a new file in the working folder.
pub fn default_file(now: SystemTime) -> PathBuf {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = rfc3339(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))).unwrap_or_default();
    format!("parked-{}.jsonl", now.replace(['-', ':'], "")).into()
}

struct Run<'a> {
    parking: &'a Parking,
    order: &'a Order,
    stop: &'a Stop,
    writing: Option<Writing>,
    /// SQS was asked to delete a message.
    has_begun: bool,
    report: Report,
}

impl Run<'_> {
    async fn carry_out(&mut self, mut plan: Plan, confirm: &impl AsyncFn(&Plan) -> bool) {
        if self.stop.is_asked() {
            return self.fail(CTRL_C, Vec::new());
        }
        for candidate in plan.take_incomplete(self.order.incomplete) {
            let why = candidate.incomplete();
            self.stays(candidate, format!("{why}; --incomplete deletes them nevertheless"));
        }
        if plan.candidates.is_empty() {
            return;
        }
        let confirmed = confirm(&plan).await;
        if self.order.dry_run {
            return plan.candidates.into_iter().for_each(|candidate| self.add(candidate, Fate::Deleted));
        }
        if self.stop.is_asked() {
            return self.fail(CTRL_C, plan.candidates);
        }
        if !confirmed {
            return self.fail("the answer was not yes", plan.candidates);
        }
        let mut mailbox = Mailbox::new(&self.parking.aws, self.parking.queue_url(), HOLD_SECONDS);
        let progress = started("saving", plan.count());
        let saved = self.save(&mut mailbox, &plan.candidates, &progress).await;
        progress.finish_and_clear();
        match saved {
            Ok(here) => {
                let progress = started("deleting", here.len());
                self.delete(&mut mailbox, plan.candidates, &here, &progress).await;
                progress.finish_and_clear();
            }
            Err(why) => self.fail(&why, plan.candidates),
        }
        self.report.late += mailbox.release().await;
    }

    /// Receives the messages again, and saves them. Returns the ids of those that were received.
    async fn save(
        &mut self,
        mailbox: &mut Mailbox<'_>,
        candidates: &[Candidate],
        progress: &ProgressBar,
    ) -> Result<HashSet<String>, String> {
        if let (None, Some(path)) = (&self.writing, &self.order.save) {
            self.writing = Some(Writing::create(path).map_err(|error| error.to_string())?);
        }
        let wanted: HashSet<&String> = candidates.iter().flat_map(|one| &one.label.message_ids).collect();
        let mut here = HashSet::new();
        while here.len() < wanted.len() {
            if self.stop.is_asked() {
                return Err(CTRL_C.to_owned());
            }
            let letters = mailbox.next().await.map_err(|error| ParkingError::from(error).to_string())?;
            if letters.is_empty() {
                break;
            }
            for letter in letters.into_iter().filter(|letter| wanted.contains(&letter.message_id)) {
                if let Some(writing) = &mut self.writing {
                    writing.add(&letter).map_err(|error| error.to_string())?;
                    self.report.saved += 1;
                }
                progress.inc(1);
                here.insert(letter.message_id);
            }
        }
        if let Some(writing) = &mut self.writing {
            writing.sync().map_err(|error| error.to_string())?;
        }
        Ok(here)
    }

    /// Deletes the messages that are here, some calls' worth at a time. An event is deleted with all its parts.
    async fn delete(
        &mut self,
        mailbox: &mut Mailbox<'_>,
        candidates: Vec<Candidate>,
        here: &HashSet<String>,
        progress: &ProgressBar,
    ) {
        let mut candidates = candidates.into_iter().peekable();
        while candidates.peek().is_some() {
            if self.stop.is_asked() {
                return self.fail(CTRL_C, candidates.collect());
            }
            let mut ids: Vec<String> = Vec::new();
            let mut batch = Vec::new();
            while let Some(candidate) = candidates.next_if(|_| ids.len() < BATCH) {
                if candidate.label.message_ids.iter().all(|id| here.contains(id)) {
                    ids.extend(candidate.label.message_ids.iter().cloned());
                    batch.push(candidate);
                } else {
                    self.stays(candidate, GONE.to_owned());
                }
            }
            let lost = match mailbox.renew(&ids).await {
                Ok(lost) => lost,
                Err(error) => {
                    let why = ParkingError::from(error).to_string();
                    return self.fail(&why, batch.into_iter().chain(candidates).collect());
                }
            };
            let is_held = |candidate: &Candidate| !candidate.has_any(&lost);
            let (batch, away): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_held);
            away.into_iter().for_each(|candidate| self.stays(candidate, GONE.to_owned()));
            let ids: Vec<_> = batch.iter().flat_map(|one| one.label.message_ids.iter().cloned()).collect();
            self.has_begun |= !ids.is_empty();
            let NotRemoved { ids: left, error } = mailbox.remove(&ids).await.err().unwrap_or_default();
            progress.inc(ids.len() as u64);
            for candidate in batch {
                match candidate.count_of(&left) {
                    0 => self.add(candidate, Fate::Deleted),
                    count if count == candidate.label.message_ids.len() => {
                        self.stays(candidate, "SQS did not delete it".to_owned());
                    }
                    count => {
                        let all = counted(candidate.label.message_ids.len(), "message");
                        let why =
                            format!("SQS did not delete {count} of its {all}: repeat it with --incomplete");
                        self.stays(candidate, why);
                    }
                }
            }
            if let Some(error) = error {
                return self.fail(&ParkingError::from(error).to_string(), candidates.collect());
            }
        }
    }

    /// Ends the run early. The rest of the messages stays.
    fn fail(&mut self, why: &str, rest: Vec<Candidate>) {
        self.report.error = Some(why.to_owned());
        rest.into_iter().for_each(|candidate| self.stays(candidate, "it was not reached".to_owned()));
    }

    fn stays(&mut self, candidate: Candidate, why: String) {
        self.add(candidate, Fate::Stays(why));
    }

    fn add(&mut self, candidate: Candidate, fate: Fate) {
        self.report.rows.push(Row { label: candidate.label, fate });
    }

    /// Keeps the file if a message may have been deleted, and returns the report.
    fn end(mut self) -> Report {
        match self.writing.take() {
            Some(writing) if self.has_begun => self.report.file = Some(writing.path().to_owned()),
            Some(writing) => {
                self.report.saved = 0;
                writing.discard();
            }
            None => {}
        }
        self.report
    }
}

const GONE: &str = "another reader holds it, or it is gone";

fn started(verb: &'static str, count: usize) -> ProgressBar {
    let progress = open_progress(verb);
    progress.set_length(count as u64);
    progress
}
