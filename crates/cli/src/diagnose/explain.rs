//! Explains what the receiver does with a request that API Gateway handed over, step by step, and why.
//!
//! The receiver itself decides, with the configuration that is given: its pipeline runs once and is watched. Only SQS is
//! left out: it is taken to accept everything.

mod dry;
mod report;
mod text;

use std::{sync::Arc, time::SystemTime};

use prelude_webhooks::{
    config::Config,
    inbound::Arrival,
    lambda::{BUDGET, Invocation},
    receiver::Receiver,
};
use serde::Serialize;
use tokio::time::Instant;

pub use report::{EventFate, Finding, Progress};
pub use text::page;

use self::dry::{DrySqs, Taken};
use super::{
    advice,
    sight::{Rules, Sight},
    verify::{KeySetFetch, KeySets, KeyTrial, Labels},
};

/// What the receiver does with one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether the answer is 200.
    pub accepted: bool,
    /// The answer's status.
    pub status: u16,
    /// The answer's body.
    pub body: String,
    /// The `code` of the result in the receiver's log.
    pub code: &'static str,
    /// The steps in their order; those after a failed one are not reached.
    pub steps: Vec<Finding>,
    /// The keys that were compared with the signature, in order.
    pub keys: Vec<KeyTrial>,
    /// The apps' key sets, and what came of fetching them.
    pub key_sets: Vec<KeySetFetch>,
    /// Where each event goes.
    pub events: Vec<EventFate>,
    /// What to do about a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

/// Explains an API Gateway event (payload 1.0 or 2.0). `offline` fetches no key set; nothing is ever sent to SQS.
///
/// # Errors
/// It is no such event.
pub async fn explain(event: &[u8], config: Config, offline: bool) -> Result<Explanation, ExplainError> {
    let invocation: Invocation = serde_json::from_slice(event).map_err(|_| ExplainError::NotJson)?;
    let (kind, inbound) = invocation.into_request().ok_or(ExplainError::NotApiGateway)?;
    let (apps, labels) = (config.apps.clone(), Labels::of_config(&config));
    let key_sets = KeySets::new(offline);
    let sqs = DrySqs::default();
    let rules = Arc::new(Rules::of(&config));
    let mut sight = Sight::new(rules, kind, inbound.method.clone(), inbound.source_ip.clone());
    let receiver = Receiver::new(config, key_sets.clone(), sqs.clone());
    // The function fetches its key sets when it starts.
    receiver.warm_up().await;
    let arrival = Arrival {
        request_id: "explain".into(),
        received_at: SystemTime::now(),
        trace_header: None,
        deadline: Instant::now() + BUDGET,
    };
    let reply = receiver.receive_watched(inbound, &arrival, &mut sight).await;
    let labels = key_sets.label(&apps, labels);
    let status = reply.status.as_u16();
    Ok(Explanation {
        accepted: status == 200,
        status,
        body: reply.body,
        code: sight.code(),
        steps: sight.findings(),
        advice: sight.rejection().map(advice::of),
        events: fates(&sight, sqs.taken()),
        keys: sight.keys(&labels),
        key_sets: key_sets.rows(&apps),
    })
}

/// Where each event goes, in the body's order; what came of no single event of it stands at the end.
fn fates(sight: &Sight, mut taken: Vec<Taken>) -> Vec<EventFate> {
    let mut ordered = Vec::with_capacity(taken.len());
    for event_id in sight.event_ids() {
        // More than one message where an event is parked in parts.
        while let Some(place) = taken.iter().position(|one| one.event_id.as_ref() == Some(event_id)) {
            let is_part = taken.get(place).is_some_and(is_part);
            ordered.push(taken.remove(place));
            if !is_part {
                break;
            }
        }
    }
    ordered.extend(taken);
    let fate = |Taken { queue, event_type, event_id, reason, encoding }| EventFate {
        event_type,
        event_id,
        queue,
        parked: reason,
        encoding,
    };
    ordered.into_iter().map(fate).collect()
}

fn is_part(taken: &Taken) -> bool {
    taken.encoding.as_deref().is_some_and(|encoding| encoding.contains("part="))
}

/// There is nothing to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// Not JSON.
    #[error("this is not JSON: the event is wanted as API Gateway hands it to a function")]
    NotJson,
    /// JSON of another kind.
    #[error(
        "this is no API Gateway event (HTTP API payload 2.0, REST API payload 1.0): give the whole event, with its requestContext"
    )]
    NotApiGateway,
}

#[cfg(test)]
mod tests;
