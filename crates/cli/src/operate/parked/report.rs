//! What became of parked messages, for people and for scripts.

use std::{collections::BTreeMap, fmt::Write as _};

use prelude_webhooks::{parking::Reason, replay::Stay};
use serde_json::{Value, json};

use super::parts::Label;
use crate::terminal::{Mark, counted, printable};

/// A replay, message by message.
#[derive(Debug, Default)]
pub struct Report {
    /// Nothing was moved: the fates are what they would be.
    pub dry_run: bool,
    /// One row for each thing that was chosen.
    pub rows: Vec<Row>,
    /// FIFO: about how many more wait behind those that stay.
    pub held_back: usize,
    /// How many were not given back and are visible again only later.
    pub late: usize,
    /// Why it ended early.
    pub error: Option<String>,
}

/// One thing that was parked.
#[derive(Debug)]
pub struct Row {
    /// What it is.
    pub label: Label,
    /// What became of it.
    pub fate: Fate,
}

/// What became of something that was parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its events are durable in these queues, by name and number, and it is removed.
    Moved(BTreeMap<String, usize>),
    /// The same, but it could not be removed: it is there twice now.
    NotRemoved(BTreeMap<String, usize>),
    /// A copy of a part of something that was moved: removed.
    Copy,
    /// It stays.
    Stays(String),
    /// It was to be moved, and SQS did not take it: it stays.
    Failed(String),
}

impl Report {
    /// Whether everything that was chosen is where it belongs, or, on a dry run, could be looked at.
    pub fn is_ok(&self) -> bool {
        let is_done = |row: &Row| matches!(row.fate, Fate::Moved(_) | Fate::Copy);
        self.error.is_none() && (self.dry_run || self.rows.iter().all(is_done))
    }

    /// The report as text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut moved: BTreeMap<&str, usize> = BTreeMap::new();
        let mut staying: BTreeMap<&str, Vec<&Label>> = BTreeMap::new();
        for row in &self.rows {
            match &row.fate {
                Fate::Moved(queues) | Fate::NotRemoved(queues) => {
                    for (queue, count) in queues {
                        *moved.entry(queue).or_default() += count;
                    }
                }
                Fate::Copy => {}
                Fate::Stays(why) | Fate::Failed(why) => staying.entry(why).or_default().push(&row.label),
            }
        }
        let verb = if self.dry_run { "would go" } else { "moved" };
        for (queue, count) in moved {
            _ = writeln!(text, "{} {} {verb} to {queue}", Mark::Passed, counted(count, "event"));
        }
        for (why, labels) in staying {
            _ = writeln!(text, "• {} {}: {why}", counted(labels.len(), "message"), stays(labels.len()));
            for label in labels.iter().take(SHOWN) {
                _ = writeln!(text, "    {}", described(label));
            }
            if labels.len() > SHOWN {
                _ = writeln!(text, "    and {} more (--json tells all)", labels.len() - SHOWN);
            }
        }
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
                "• about {} not seen: a FIFO queue shows nothing that comes after a message of its group that stays",
                counted(self.held_back, "message"),
            );
        }
        if self.late > 0 {
            _ = writeln!(text, "• {} visible again only in some minutes", counted(self.late, "message"));
        }
        if let Some(error) = &self.error {
            _ = writeln!(text, "{} stopped early: {error}", Mark::Failed);
        }
        text + &self.closing_line() + "\n"
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
            return "Nothing parked fits.".to_owned();
        }
        let of = |fits: fn(&Fate) -> bool| self.rows.iter().filter(|row| fits(&row.fate)).count();
        let moved = of(|fate| matches!(fate, Fate::Moved(_) | Fate::NotRemoved(_)));
        let stay = of(|fate| matches!(fate, Fate::Stays(_) | Fate::Failed(_)));
        let verb = if self.dry_run { "would move" } else { "moved" };
        let copies = match of(|fate| matches!(fate, Fate::Copy)) {
            0 => String::new(),
            copies => format!(", {copies} superfluous removed"),
        };
        format!("{} looked at: {moved} {verb}, {stay} {}{copies}", self.rows.len(), stays(stay))
    }
}

/// How many of a kind are named one by one.
const SHOWN: usize = 5;

fn described(label: &Label) -> String {
    let first = label.message_ids.first().map_or("?", String::as_str);
    let [reason, event_type, event_id] = [&label.reason, &label.event_type, &label.event_id]
        .map(|text| printable(text.as_deref().unwrap_or("-")));
    format!("{first}  {reason}  {event_type}  {event_id}")
}

/// Why an event stays, as the rest of a sentence.
pub fn why(stay: Stay) -> String {
    match stay {
        Stay::Parked(Reason::UnknownType) => {
            "this version knows no such type, or not of the family that was proven"
        }
        Stay::Parked(Reason::Oversize) => "it is larger than an SQS message",
        Stay::Parked(Reason::NotUtf8) => "it is not UTF-8",
        Stay::Parked(Reason::InvalidJson) => "it is not JSON",
        Stay::Parked(Reason::InvalidEvent) => "it has no usable type",
        Stay::Parked(Reason::RejectedBySqs) => "SQS refuses its content",
        Stay::Parked(Reason::QueueMissing) => "its queue does not exist",
        Stay::Parked(Reason::QueueDenied) => "its queue, or the queue's KMS key, may not be used",
        Stay::Parked(Reason::BatchTooLarge) => "its batch holds too many events to send one by one",
        Stay::NoSource => "no family was proven when it came (--to moves it all the same)",
        Stay::NoApp => "its message does not tell the app (--to moves it all the same)",
        Stay::NotText => "it is no text that an SQS message can hold",
    }
    .to_owned()
}

fn stays(count: usize) -> &'static str {
    if count == 1 { "stays" } else { "stay" }
}
