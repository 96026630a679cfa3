//! Addresses of the running stack.

use serde::Serialize;

/// Addresses of the stack's servers.
#[derive(Debug, Clone, Serialize)]
pub struct Addresses {
    /// URL of the endpoint, with the path token.
    pub receiver: String,
    /// URL of the inspector.
    pub inspector: String,
    /// Endpoint of SQS, for `AWS_ENDPOINT_URL_SQS`.
    pub sqs: String,
    /// URL of the key set of the samples' Session app.
    pub jwks: String,
    /// Queue URL without its event-type suffix.
    pub queue_url_prefix: String,
    /// Region of the queues.
    pub region: &'static str,
}
