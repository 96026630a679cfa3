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
use prelude_local::aws::{gateway::Exchange, guard::ledger::Held};

/// What came of a request, and how.
pub struct Delivery {
    /// What can be told in a line.
    pub summary: Summary,
    /// What the receiver checked.
    pub checks: Vec<Check>,
    /// The keys that were compared with the signature, in order.
    pub keys: Vec<KeyTrial>,
    /// What to do about a refusal.
    pub advice: Option<&'static str>,
    /// What it sent.
    pub messages: Vec<Message>,
    /// All else.
    pub exchange: Exchange,
}

/// A delivery in a line: nothing that names a person, no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Counted from 1.
    pub number: u64,
    /// Milliseconds since 1970.
    pub received_at: u64,
    /// `POST` for a delivery, `GET` for a challenge.
    pub method: String,
    /// What the body claims to be: `session`, `verify`, `notify`, `verify_v1`.
    pub family: Option<&'static str>,
    /// The types that the body names, each with its count.
    pub types: Vec<(String, usize)>,
    /// What came of it.
    pub verdict: Verdict,
    /// The receiver's log code.
    pub code: String,
    /// The code in words, or why something was parked.
    pub reason: String,
    /// The HTTP status.
    pub status: u16,
    /// How long the function took, in milliseconds.
    pub ms: u64,
    /// The queues that got a message, each with its count.
    pub queues: Vec<(String, usize)>,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every event is in the queue of its type.
    Accepted,
    /// Every event is durable, at least one of them in the parking queue.
    Parked,
    /// The activation challenge was answered.
    Activated,
    /// It was refused for what it is.
    Refused,
    /// The receiver could not do its work: Prelude would try again.
    Failed,
}

/// A message that a delivery became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The queue's name.
    pub queue: String,
    /// The id that SQS gave it.
    pub message_id: String,
    /// The sender's attributes.
    pub attributes: BTreeMap<String, String>,
    /// The text.
    pub body: String,
    /// When it was sent, in milliseconds since 1970.
    pub sent_at: u64,
    /// How often it was received.
    pub received: u32,
    /// The FIFO group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
}

impl Message {
    /// A message as it lies in this queue.
    pub fn new(queue: &str, held: Held) -> Self {
        let Held { message_id, sent_at, received, entry, .. } = held;
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
            group_id: entry.message_group_id,
        }
    }
}

impl Delivery {
    /// The delivery with this number, which became these messages. Without a sight API Gateway answered by itself.
    pub(crate) fn new(
        number: u64,
        exchange: Exchange,
        messages: Vec<Message>,
        sight: Option<&Sight>,
        labels: &Labels,
    ) -> Self {
        let (family, types) = claims(&exchange.request.body);
        let rejection = sight.and_then(Sight::rejection);
        let receipt = sight.and_then(checks::receipt);
        let code = sight.map_or("not_invoked", Sight::code).to_owned();
        let parked = receipt.is_some_and(|receipt| !receipt.parked.is_empty());
        let status = exchange.answer.status.as_u16();
        let verdict = match (code.as_str(), status) {
            ("challenge_answered", _) => Verdict::Activated,
            (_, 200) if parked => Verdict::Parked,
            (_, 200) => Verdict::Accepted,
            (_, 500..) => Verdict::Failed,
            _ => Verdict::Refused,
        };
        let mut queues = BTreeMap::new();
        for message in &messages {
            *queues.entry(message.queue.clone()).or_insert(0) += 1;
        }
        let summary = Summary {
            number,
            received_at: millis(exchange.received_at),
            method: short(&exchange.request.method),
            family,
            types,
            verdict,
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

    /// Everything, for the inspector. Not for a log.
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

    /// What it takes in memory, roughly.
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
