//! Port to SQS.

use super::{failure::SqsFailure, message::Message};
use crate::route::QueueUrl;

/// Port to SQS: sends one batch to one queue. Tests put a double here.
pub trait SendBatch: Send + Sync {
    /// Sends at most ten messages, and acknowledges each.
    ///
    /// # Errors
    /// Failure of the whole call: no message is known to be durable.
    fn send_batch(
        &self,
        queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> impl Future<Output = Result<Vec<Acknowledgement>, SqsFailure>> + Send;
}

/// Result of one message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledgement {
    /// SQS gave the message an id, so it is durable.
    Durable,
    /// SQS refused the message.
    Failed(SqsFailure),
    /// The answer does not mention the message.
    Missing,
}
