//! The demo's report: a table for people, JSON for machines.

mod text;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::terminal::{Look, counted};

/// What the demo found, in the order of delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What every queue's name begins with; the table leaves it out.
    pub queue_prefix: String,
    /// One row for everything that was sent, and one for each message that nobody sent.
    pub rows: Vec<Row>,
}

/// One thing that was sent and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What was to become of it.
    pub kind: Kind,
    /// What was sent: an event type, or what is wrong with it.
    pub sent: String,
    /// The answer's status; absent where nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's body.
    pub answer: String,
    /// The name of the queue where it must be, or is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The ids of its messages there.
    pub messages: Vec<String>,
    /// The reason for parking or refusing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether all is as it must be.
    pub ok: bool,
    /// What was expected and did not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// The sort of thing that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An activation challenge.
    Activation,
    /// An event for the queue of its type.
    Routed,
    /// An event for the parking queue.
    Parked,
    /// A request that must be refused.
    Refused,
    /// A message that must not be there.
    Unexpected,
}

/// The report in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Rows that are as they must be.
    pub ok: usize,
    /// Rows that are not.
    pub failed: usize,
    /// Events found in the queue of their type.
    pub routed: usize,
    /// Queues that they were found in.
    pub queues: usize,
    /// Events found in the parking queue.
    pub parked: usize,
    /// Requests that were refused as they must be.
    pub refused: usize,
    /// Messages in all queues.
    pub messages: usize,
}

impl Report {
    /// Whether every row is as it must be; a report without rows is not.
    pub fn is_ok(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.ok)
    }

    /// The report in numbers.
    pub fn counts(&self) -> Counts {
        let of = |kind: Kind| self.rows.iter().filter(move |row| row.kind == kind);
        let found = |kind: Kind| of(kind).filter(|row| !row.messages.is_empty());
        let ok = self.rows.iter().filter(|row| row.ok).count();
        Counts {
            rows: self.rows.len(),
            ok,
            failed: self.rows.len() - ok,
            routed: found(Kind::Routed).count(),
            queues: found(Kind::Routed).filter_map(|row| row.queue.as_deref()).collect::<BTreeSet<_>>().len(),
            parked: found(Kind::Parked).count(),
            refused: of(Kind::Refused).filter(|row| row.ok).count(),
            messages: self.rows.iter().map(|row| row.messages.len()).sum(),
        }
    }

    /// The report as one JSON object with its rows and counts.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            ok: bool,
            counts: Counts,
            rows: &'a [Row],
        }
        serde_json::to_string_pretty(&Json { ok: self.is_ok(), counts: self.counts(), rows: &self.rows })
    }

    /// The report as a table with its closing line.
    pub fn to_table(&self, look: Look) -> String {
        text::render(self, look)
    }

    /// The last line of the table.
    fn closing_line(&self) -> String {
        let counts = self.counts();
        format!(
            "{} of {} as they must be: {} in {}, {} parked, {} refused, {} in all",
            counts.ok,
            counted(counts.rows, "row"),
            counted(counts.routed, "event"),
            counted(counts.queues, "queue"),
            counts.parked,
            counts.refused,
            counted(counts.messages, "message"),
        )
    }
}

#[cfg(test)]
mod tests;
