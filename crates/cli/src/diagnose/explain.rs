//! Explains step by step why the receiver accepts or refuses an API Gateway event.
//!
//! The receiver itself decides, with the given configuration. Its pipeline runs once under observation, and its SQS
//! accepts everything.

mod dry;
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

pub use text::page;

use self::dry::{DrySqs, Taken};
use super::{
    advice,
    finding::{EventFate, Finding},
    sight::{Rules, Sight},
    verify::{KeySetFetch, KeySets, KeyTrial, Labels},
};

/// Explanation of the receiver's answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// True if the answer is 200.
    pub accepted: bool,
    /// Status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub body: String,
    /// Log code of the result.
    pub code: &'static str,
    /// Steps in order. Those after a failed step are not reached.
    pub steps: Vec<Finding>,
    /// Keys that were compared with the signature, in order.
    pub keys: Vec<KeyTrial>,
    /// Fetches of the apps' key sets.
    pub key_sets: Vec<KeySetFetch>,
    /// Destination of each event.
    pub events: Vec<EventFate>,
    /// Action to take after a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

/// Explains an API Gateway event (payload 1.0 or 2.0). With `offline`, no key set is fetched. Nothing is sent to SQS.
///
/// # Errors
/// The input is not an API Gateway event.
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
        key_sets: key_sets.rows(&apps).await,
    })
}

/// Destinations in the body's order. Messages that belong to no event of the body come last.
fn fates(sight: &Sight, mut taken: Vec<Taken>) -> Vec<EventFate> {
    let mut ordered = Vec::with_capacity(taken.len());
    for event_id in sight.event_ids() {
        // An event that is parked in parts has several messages.
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

/// Error for an input that cannot be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The input is not JSON.
    #[error("the input is not JSON: expected an API Gateway event, as the function receives it")]
    NotJson,
    /// The input is JSON, but not an API Gateway event.
    #[error(
        "the input is not an API Gateway event (HTTP API payload 2.0, REST API payload 1.0): expected the whole event, with its requestContext"
    )]
    NotApiGateway,
}

#[cfg(test)]
mod tests;
