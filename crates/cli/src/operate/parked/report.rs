//! Report of a replay, as text and as JSON.

use std::{collections::BTreeMap, fmt::Write as _};

use prelude_webhooks::{parking::Reason, replay::Stay};
use serde_json::{Value, json};

use super::parts::Label;
use crate::terminal::{Mark, counted, printable};

/// Results of a replay.
#[derive(Debug, Default)]
pub struct Report {
    /// The run was dry: nothing was moved, and the fates are those of a real run.
    pub dry_run: bool,
    /// One row for each selected item.
    pub rows: Vec<Row>,
    /// Approximate number of messages that wait behind the staying ones, on a FIFO queue.
    pub held_back: usize,
    /// Number of messages that were not released, and become visible later.
    pub late: usize,
    /// Reason for an early end.
    pub error: Option<String>,
}

/// Result for one parked item.
#[derive(Debug)]
pub struct Row {
    /// Description of the item.
    pub label: Label,
    /// Fate of the item.
    pub fate: Fate,
}

/// Fate of a parked item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The item was removed. Its events are durable in these queues: name and number of events.
    Moved(BTreeMap<String, usize>),
    /// The events are durable in these queues, but the item could not be removed, so the events exist twice.
    NotRemoved(BTreeMap<String, usize>),
    /// The item was a copy of a part of a moved item, and was removed.
    Copy,
    /// The item stays, for this reason.
    Stays(String),
    /// The item stays, because SQS did not accept it.
    Failed(String),
}

impl Report {
    /// Reports whether all selected items were moved. A dry run only has to read them.
    pub fn is_ok(&self) -> bool {
        let is_done = |row: &Row| matches!(row.fate, Fate::Moved(_) | Fate::Copy);
        self.error.is_none() && (self.dry_run || self.rows.iter().all(is_done))
    }

    /// The report as text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut moved: BTreeMap<&str, usize> = BTreeMap::new();
        let mut staying = Staying::default();
        for row in &self.rows {
            match &row.fate {
                Fate::Moved(queues) | Fate::NotRemoved(queues) => {
                    for (queue, count) in queues {
                        *moved.entry(queue).or_default() += count;
                    }
                }
                Fate::Copy => {}
                Fate::Stays(why) | Fate::Failed(why) => staying.add(why, &row.label),
            }
        }
        let verb = if self.dry_run { "would go" } else { "moved" };
        for (queue, count) in moved {
            _ = writeln!(text, "{} {} {verb} to {queue}", Mark::Passed, counted(count, "event"));
        }
        text += &staying.to_text(|_item| 1);
        for row in self.rows.iter().filter(|row| matches!(row.fate, Fate::NotRemoved(_))) {
            _ = writeln!(
                text,
                "{} durable in its queue, but not removed: another replay sends it again, with the same event_id\n    {}",
                Mark::Failed,
                described(&row.label)
            );
        }
        if self.held_back > 0 {
            _ = writeln!(
                text,
                "• about {} not read: a FIFO queue hides the messages behind a staying one of the same group",
                counted(self.held_back, "message"),
            );
        }
        text + &ending(self.late, self.error.as_deref()) + &self.closing_line() + "\n"
    }

    /// The report as one JSON object.
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let (fate, queues, why) = match &row.fate {
                Fate::Moved(queues) if self.dry_run => ("would_move", Some(queues), None),
                Fate::Moved(queues) => ("moved", Some(queues), None),
                Fate::NotRemoved(queues) => ("not_removed", Some(queues), None),
                Fate::Copy => ("copy", None, None),
                Fate::Stays(why) => ("stays", None, Some(why)),
                Fate::Failed(why) => ("failed", None, Some(why)),
            };
            let Label { message_ids, reason, event_type, event_id } = &row.label;
            json!({
                "fate": fate, "queues": queues, "why": why, "message_ids": message_ids,
                "reason": reason, "event_type": event_type, "event_id": event_id,
            })
        });
        json!({
            "ok": self.is_ok(), "dry_run": self.dry_run, "error": self.error, "held_back": self.held_back,
            "late": self.late, "messages": rows.collect::<Vec<_>>(),
        })
    }

    fn closing_line(&self) -> String {
        if self.rows.is_empty() {
            return "No parked message matches.".to_owned();
        }
        let of = |fits: fn(&Fate) -> bool| self.rows.iter().filter(|row| fits(&row.fate)).count();
        let moved = of(|fate| matches!(fate, Fate::Moved(_) | Fate::NotRemoved(_)));
        let stay = of(|fate| matches!(fate, Fate::Stays(_) | Fate::Failed(_)));
        let verb = if self.dry_run { "would move" } else { "moved" };
        let copies = match of(|fate| matches!(fate, Fate::Copy)) {
            0 => String::new(),
            copies => format!(", {copies} superfluous part(s) removed"),
        };
        format!("{} read: {moved} {verb}, {stay} {}{copies}", self.rows.len(), stays(stay))
    }
}

/// Number of messages that the text shows for a reason.
const SHOWN: usize = 5;

/// Messages that stay, by the reason.
#[derive(Debug, Default)]
pub(super) struct Staying<'a>(BTreeMap<&'a str, Vec<&'a Label>>);

impl<'a> Staying<'a> {
    pub(super) fn add(&mut self, why: &'a str, label: &'a Label) {
        self.0.entry(why).or_default().push(label);
    }

    /// Formats one line for each reason, and below it the first messages. `count` gives the messages of a label.
    pub(super) fn to_text(&self, count: impl Fn(&Label) -> usize) -> String {
        let mut text = String::new();
        for (why, labels) in &self.0 {
            let messages = labels.iter().map(|label| count(label)).sum();
            _ = writeln!(text, "• {} {}: {why}", counted(messages, "message"), stays(messages));
            for label in labels.iter().take(SHOWN) {
                _ = writeln!(text, "    {}", described(label));
            }
            if labels.len() > SHOWN {
                _ = writeln!(text, "    and {} more (--json shows all)", labels.len() - SHOWN);
            }
        }
        text
    }
}

/// Formats the messages that were not released, and the reason for an early end.
pub(super) fn ending(late: usize, error: Option<&str>) -> String {
    let mut text = String::new();
    if late > 0 {
        _ = writeln!(text, "• {} hidden for some minutes", counted(late, "message"));
    }
    if let Some(error) = error {
        _ = writeln!(text, "{} stopped early: {error}", Mark::Failed);
    }
    text
}

fn described(label: &Label) -> String {
    let first = label.message_ids.first().map_or("?", String::as_str);
    let [reason, event_type, event_id] = [&label.reason, &label.event_type, &label.event_id]
        .map(|text| printable(text.as_deref().unwrap_or("-")));
    format!("{first}  {reason}  {event_type}  {event_id}")
}

/// Reason why an event stays, as the rest of a sentence.
pub fn why(stay: Stay) -> String {
    match stay {
        Stay::Parked(Reason::UnknownType) => {
            "this version does not know its type, or knows it in another source only"
        }
        Stay::Parked(Reason::Oversize) => "it is larger than an SQS message",
        Stay::Parked(Reason::NotUtf8) => "it is not UTF-8",
        Stay::Parked(Reason::InvalidJson) => "it is not JSON",
        Stay::Parked(Reason::InvalidEvent) => "it has no usable type",
        Stay::Parked(Reason::RejectedBySqs) => "SQS refuses its content",
        Stay::Parked(Reason::QueueMissing) => "its queue does not exist",
        Stay::Parked(Reason::QueueDenied) => "access to its queue, or to the queue's KMS key, is denied",
        Stay::Parked(Reason::BatchTooLarge) => "its batch holds too many events to send one by one",
        Stay::NoSource => "its source is unknown (--to moves it nevertheless)",
        Stay::NoApp => "its message lacks the attribute app_id (--to moves it nevertheless)",
        Stay::NotText => "an SQS message cannot hold it as text",
    }
    .to_owned()
}

pub(super) fn stays(count: usize) -> &'static str {
    if count == 1 { "stays" } else { "stay" }
}
