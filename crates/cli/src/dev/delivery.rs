//! One delivery as `prelude dev` shows it.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    checks::{self, Check},
    claims::{claims, short},
};
use crate::diagnose::{Labels, Sight, advice_of, verify::KeyTrial};
use prelude_local::aws::{
    gateway::Exchange,
    guard::ledger::{Held, Visibility},
};

/// A request, its checks, its messages, and its answer.
pub struct Delivery {
    /// The delivery in one line.
    pub summary: Summary,
    /// Checks of the receiver, in order.
    pub checks: Vec<Check>,
    /// Keys that were compared with the signature, in order.
    pub keys: Vec<KeyTrial>,
    /// Action to take after a refusal.
    pub advice: Option<&'static str>,
    /// Messages of the delivery, in their queues.
    pub messages: Vec<Message>,
    /// Request, API Gateway event, answer and log lines.
    pub exchange: Exchange,
}

/// A delivery in one line, without personal data and tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Number of the delivery, from 1.
    pub number: u64,
    /// Time of arrival, in milliseconds since 1970.
    pub received_at: u64,
    /// `POST` for a delivery, `GET` for a challenge.
    pub method: String,
    /// Source that the body claims: `session`, `verify`, `notify` or `verify_v1`. JSON keeps the earlier name.
    #[serde(rename = "family")]
    pub source: Option<&'static str>,
    /// Event types that the body names, each with its count.
    pub types: Vec<(String, usize)>,
    /// Outcome of the delivery. JSON keeps the earlier name.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// Log code of the receiver.
    pub code: String,
    /// The code in words, or the reasons for parking.
    pub reason: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Duration of the function, in milliseconds.
    pub ms: u64,
    /// Queues of the messages, each with its count.
    pub queues: Vec<(String, usize)>,
}

/// Outcome of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every event is in the queue of its type.
    Accepted,
    /// Every event is durable, and at least one is in the parking queue.
    Parked,
    /// The activation challenge was answered.
    Activated,
    /// The request was refused.
    Refused,
    /// The receiver failed, so Prelude would retry.
    Failed,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Name of the queue.
    pub queue: String,
    /// Id from SQS.
    pub message_id: String,
    /// Attributes that the receiver set.
    pub attributes: BTreeMap<String, String>,
    /// Text of the message.
    pub body: String,
    /// Time of sending, in milliseconds since 1970.
    pub sent_at: u64,
    /// Number of receipts.
    pub received: u32,
    /// Visibility when the message was read.
    pub visibility: Visibility,
    /// Message group of a FIFO queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
}

impl Message {
    /// Converts a message of this queue.
    pub fn new(queue: &str, held: Held) -> Self {
        let Held { message_id, sent_at, received, entry, visibility } = held;
        let attributes = entry.message_attributes.into_iter();
        Self {
            queue: queue.to_owned(),
            message_id,
            attributes: attributes
                .map(|(name, value)| (name, value.string_value.or(value.binary_value).unwrap_or_default()))
                .collect(),
            body: entry.message_body,
            sent_at,
            received,
            visibility,
            group_id: entry.message_group_id,
        }
    }
}

impl Delivery {
    /// Builds the delivery with this number and these messages. Without a sight, API Gateway answered by itself.
    pub(crate) fn new(
        number: u64,
        exchange: Exchange,
        messages: Vec<Message>,
        sight: Option<&Sight>,
        labels: &Labels,
    ) -> Self {
        let (source, types) = claims(&exchange.request.body);
        let rejection = sight.and_then(Sight::rejection);
        let receipt = sight.and_then(checks::receipt);
        let code = sight.map_or("not_invoked", Sight::code).to_owned();
        let parked = receipt.is_some_and(|receipt| !receipt.parked.is_empty());
        let status = exchange.answer.status.as_u16();
        let outcome = match (code.as_str(), status) {
            ("challenge_answered", _) => Outcome::Activated,
            (_, 200) if parked => Outcome::Parked,
            (_, 200) => Outcome::Accepted,
            (_, 500..) => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let mut queues = BTreeMap::new();
        for message in &messages {
            *queues.entry(message.queue.clone()).or_insert(0) += 1;
        }
        let summary = Summary {
            number,
            received_at: millis(exchange.received_at),
            method: short(&exchange.request.method),
            source,
            types,
            outcome,
            code,
            reason: match (sight, rejection, receipt) {
                (None, ..) => "API Gateway answered by itself".to_owned(),
                (_, Some(rejection), _) => rejection.to_string(),
                (_, None, Some(receipt)) => checks::reasons(receipt),
                (_, None, None) => String::new(),
            },
            status,
            ms: u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX),
            queues: queues.into_iter().collect(),
        };
        Self {
            summary,
            checks: sight.map(checks::checks).unwrap_or_default(),
            keys: sight.map(|sight| sight.keys(labels)).unwrap_or_default(),
            advice: rejection.map(advice_of),
            messages,
            exchange,
        }
    }

    /// All parts, for the inspector. They hold personal data, so they must not reach a log.
    pub fn to_json(&self) -> Value {
        let Exchange { request, event, answer, log, .. } = &self.exchange;
        let (body, body_is_base64) = match str::from_utf8(&request.body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode(&request.body), true),
        };
        let headers: Vec<_> = answer.headers.iter().map(pair).collect();
        json!({
            "summary": self.summary,
            "checks": self.checks,
            "keys": self.keys,
            "advice": self.advice,
            "messages": self.messages,
            "request": {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": request.headers,
                "source_ip": request.source_ip,
                "body": body,
                "body_is_base64": body_is_base64,
            },
            "answer": {
                "status": answer.status.as_u16(),
                "headers": headers,
                "body": String::from_utf8_lossy(&answer.body),
            },
            "event": event,
            "log": log,
        })
    }

    /// Approximate size in memory.
    pub fn bytes(&self) -> usize {
        // The body is in the request, in the event, and in the messages.
        4_096 + 3 * self.exchange.request.body.len()
    }
}

fn pair<'a>((name, value): (&'a http::HeaderName, &'a http::HeaderValue)) -> (&'a str, String) {
    (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn millis(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
