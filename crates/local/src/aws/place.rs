//! Region and account of the local SQS, and the URLs of its queues.

/// Region of the queues.
pub const REGION: &str = "eu-west-1";
/// Account of the queues, as in AWS's documentation.
pub const ACCOUNT_ID: &str = "123456789012";

/// Queue URL up to and including this beginning of a queue's name.
pub fn queue_url_prefix(prefix: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{prefix}")
}
