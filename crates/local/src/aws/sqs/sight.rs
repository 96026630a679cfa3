//! Sight of the embedded SQS's messages through its socket, for another process. SQS itself has no such operation: it
//! shows a message only to a receiver, and counts the receipt.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

use crate::{
    aws::guard::ledger::Ledger,
    http_client::{Client, ClientError},
};

/// Value of `x-amz-target` for this operation, beside `AmazonSQS.…`.
pub(super) const TARGET: &str = "PreludeLocal.MessagesSince";

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Name of the queue.
    pub queue: String,
    /// Id that SQS gave the message.
    pub message_id: String,
    /// Message body.
    pub body: String,
    /// Attribute `reason`: the reason for parking.
    pub reason: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Since {
    /// Milliseconds since 1970.
    since: u64,
}

/// Messages that were sent at this time or later, and are not deleted. Receives nothing. `None` from an SQS that is not
/// the embedded one.
///
/// # Errors
/// Nothing answers at this address.
pub async fn messages_since(endpoint: &str, since: SystemTime) -> Result<Option<Vec<Seen>>, ClientError> {
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let since = Since { since: u64::try_from(since).unwrap_or(u64::MAX) };
    let headers = HeaderMap::from_iter([
        (HeaderName::from_static("x-amz-target"), HeaderValue::from_static(TARGET)),
        (http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0")),
    ]);
    let request = serde_json::to_vec(&since).unwrap_or_default();
    let answer = Client::new()?.send(Method::POST, endpoint, headers, request).await?;
    Ok(serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200))
}

/// Answer to a request with [`TARGET`]; `None` for an unreadable request.
pub(super) fn answer(ledger: &Ledger, request: &[u8]) -> Option<Bytes> {
    let Since { since } = serde_json::from_slice(request).ok()?;
    let seen = ledger.sent_since(since).into_iter().map(|(queue, held)| Seen {
        queue,
        reason: held.attribute("reason").map(str::to_owned),
        message_id: held.message_id,
        body: held.entry.message_body,
    });
    serde_json::to_vec(&seen.collect::<Vec<_>>()).ok().map(Bytes::from)
}
