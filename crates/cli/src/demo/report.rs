//! The demo's report: a table for people, JSON for machines.

mod text;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::terminal::{Look, counted};

/// Results of the demo, in the order of delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Prefix of every queue's name, which the table omits.
    pub queue_prefix: String,
    /// One row for each request or event that was sent, and one for each unexpected message.
    pub rows: Vec<Row>,
}

/// A request or event, and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Expected result, or an unexpected message.
    pub kind: Kind,
    /// Event type, or the defect of the request.
    pub sent: String,
    /// Status of the answer; absent for an unexpected message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Body of the answer.
    pub answer: String,
    /// Name of the expected queue, or of the queue that holds the unexpected message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Ids of its messages in this queue.
    pub messages: Vec<String>,
    /// Reason for parking or refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// True if the result is as expected.
    pub ok: bool,
    /// Expected result that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Kind of a row.
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
    /// A message that no delivery explains.
    Unexpected,
}

/// Counts of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Rows as expected.
    pub ok: usize,
    /// Rows that are not as expected.
    pub failed: usize,
    /// Events in the queue of their type.
    pub routed: usize,
    /// Queues that hold these events.
    pub queues: usize,
    /// Events in the parking queue.
    pub parked: usize,
    /// Requests refused as expected.
    pub refused: usize,
    /// Messages in all queues.
    pub messages: usize,
}

impl Report {
    /// Reports whether every row is as expected. A report without rows is not.
    pub fn is_ok(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.ok)
    }

    /// Counts the rows and messages.
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

    /// Formats the report as one JSON object with its rows and counts.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            ok: bool,
            counts: Counts,
            rows: &'a [Row],
        }
        serde_json::to_string_pretty(&Json { ok: self.is_ok(), counts: self.counts(), rows: &self.rows })
    }

    /// Formats the report as a table with a closing line.
    pub fn to_table(&self, look: Look) -> String {
        text::render(self, look)
    }

    /// Last line of the table.
    fn closing_line(&self) -> String {
        let counts = self.counts();
        format!(
            "{} of {} as expected: {} in {}, {} parked, {} refused, {} in all",
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
