//! Report of a deletion, as text and as JSON.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    operate::parked::{
        parts::Label,
        report::{Staying, ending, stays},
    },
    terminal::{Mark, counted},
};

/// Results of a deletion.
#[derive(Debug, Default)]
pub struct Report {
    /// The run was dry: nothing was deleted, and the fates are those of a real run.
    pub dry_run: bool,
    /// One row for each selected message, or event in parts.
    pub rows: Vec<Row>,
    /// File with the messages, if one was deleted.
    pub file: Option<PathBuf>,
    /// Number of messages in the file.
    pub saved: usize,
    /// Approximate number of messages that another reader holds, so that nobody knows whether they match.
    pub in_flight: usize,
    /// Approximate number of messages that a FIFO queue hides behind others of their group.
    pub held_back: usize,
    /// Number of messages that were not released, and become visible later.
    pub late: usize,
    /// Reason for an early end.
    pub error: Option<String>,
}

/// Result for one message, or for one event in parts.
#[derive(Debug)]
pub struct Row {
    /// Description of the message.
    pub label: Label,
    /// Fate of the message.
    pub fate: Fate,
}

/// Fate of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// SQS deleted the message with all its parts.
    Deleted,
    /// The message stays, for this reason.
    Stays(String),
}

impl Report {
    /// Reports whether all selected messages were deleted. A dry run only has to find them whole.
    pub fn is_ok(&self) -> bool {
        self.error.is_none() && self.rows.iter().all(|row| row.fate == Fate::Deleted)
    }

    /// The report as text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut staying = Staying::default();
        for row in &self.rows {
            if let Fate::Stays(why) = &row.fate {
                staying.add(why, &row.label);
            }
        }
        text += &staying.to_text(|label| label.message_ids.len());
        if self.in_flight > 0 {
            let count = counted(self.in_flight, "message");
            _ = writeln!(text, "• about {count} not looked at: another reader holds them now");
        }
        if self.held_back > 0 {
            _ = writeln!(
                text,
                "• about {} not looked at: a FIFO queue hides the messages behind another one of the same group",
                counted(self.held_back, "message"),
            );
        }
        text += &ending(self.late, self.error.as_deref());
        if let Some(file) = &self.file {
            let others = match self.saved.saturating_sub(self.count(|fate| *fate == Fate::Deleted)) {
                0 => String::new(),
                others => format!(", {others} of them still in the queue"),
            };
            let saved = counted(self.saved, "message");
            _ = writeln!(text, "• {saved} saved to {}{others}; the file holds people's data", file.display());
        }
        text + &self.closing_line() + "\n"
    }

    /// The report as one JSON object.
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let (fate, why) = match &row.fate {
                Fate::Deleted if self.dry_run => ("would_delete", None),
                Fate::Deleted => ("deleted", None),
                Fate::Stays(why) => ("stays", Some(why)),
            };
            let Label { message_ids, reason, event_type, event_id } = &row.label;
            json!({
                "fate": fate, "why": why, "message_ids": message_ids,
                "reason": reason, "event_type": event_type, "event_id": event_id,
            })
        });
        json!({
            "ok": self.is_ok(), "dry_run": self.dry_run, "error": self.error, "saved_to": self.file,
            "saved": self.saved, "approximately_in_flight": self.in_flight, "held_back": self.held_back,
            "late": self.late, "messages": rows.collect::<Vec<_>>(),
        })
    }

    fn closing_line(&self) -> String {
        if self.rows.is_empty() && self.error.is_none() {
            return "No parked message matches.".to_owned();
        }
        let deleted = counted(self.count(|fate| *fate == Fate::Deleted), "message");
        let staying = self.count(|fate| *fate != Fate::Deleted);
        let verb = if self.dry_run { "would be deleted" } else { "deleted" };
        let mark = Mark::of(self.is_ok());
        match staying {
            0 => format!("{mark} {deleted} {verb}"),
            staying => format!("{mark} {deleted} {verb}, {staying} {}", stays(staying)),
        }
    }

    /// Counts the messages with such a fate, where each part counts.
    fn count(&self, fits: fn(&Fate) -> bool) -> usize {
        self.rows.iter().filter(|row| fits(&row.fate)).map(|row| row.label.message_ids.len()).sum()
    }
}
