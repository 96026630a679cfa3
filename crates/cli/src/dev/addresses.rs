//! Addresses of the running stack.

use serde::Serialize;

/// Where everything is.
#[derive(Debug, Clone, Serialize)]
pub struct Addresses {
    /// What to register at Prelude, or to post to; with the path token.
    pub receiver: String,
    /// The page.
    pub inspector: String,
    /// For `AWS_ENDPOINT_URL_SQS`.
    pub sqs: String,
    /// The key set of the samples' Session app.
    pub jwks: String,
    /// What every queue's URL begins with.
    pub queue_url_prefix: String,
    /// The region of the queues.
    pub region: &'static str,
}
