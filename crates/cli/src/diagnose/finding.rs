//! Findings of the steps, and destinations of the events.

use serde::Serialize;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name: `event`, `address`, `path`, `method`, `challenge`, `signature`, `family` or `queues`.
    pub step: &'static str,
    /// Result of the step.
    pub progress: Progress,
    /// Finding, in words: no secret, and of the body only ids and types.
    pub finding: String,
    /// True for a passed step with a finding that needs attention.
    #[serde(skip)]
    pub noted: bool,
}

/// Result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The request passed.
    Passed,
    /// The step refused the request.
    Failed,
    /// An earlier step refused the request.
    NotReached,
}

/// Destination of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventFate {
    /// Attribute `event_type`; absent if the event has no type that an attribute can hold.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Attribute `event_id`. Consumers key idempotency on it together with `source`, `app_id` and `event_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Name of the queue.
    pub queue: String,
    /// Reason for parking, if the event is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
    /// Encoding of a parked body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}
