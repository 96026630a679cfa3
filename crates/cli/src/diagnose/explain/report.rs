//! The parts of an explanation.

use serde::Serialize;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `event`, `address`, `path`, `method`, `challenge`, `signature`, `family` or `queues`.
    pub step: &'static str,
    /// How it went.
    pub progress: Progress,
    /// What was found, in words; no secret, and nothing of the body but ids and types.
    pub finding: String,
    /// Passed, and worth a look.
    #[serde(skip)]
    pub noted: bool,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It let the request through.
    Passed,
    /// It refused the request.
    Failed,
    /// An earlier one refused it.
    NotReached,
}

/// Where one event goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventFate {
    /// Its type; absent where it has none that could be written.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The attribute `event_id`. Consumers key idempotency on it together with `source`, `app_id` and `event_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The queue's name.
    pub queue: String,
    /// Why it is parked there, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
    /// How a parked body is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}
