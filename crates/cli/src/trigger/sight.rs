//! Sight of the dev stack's messages, without receiving them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use prelude_local::{aws::sqs::sight::messages_since, http_client::ClientError};

use super::{peek::Placed, post::Sent};

/// The dev stack's SQS at an address. Clones never find a message twice.
#[derive(Debug, Clone)]
pub struct Sight {
    endpoint: String,
    found: Arc<Mutex<HashSet<String>>>,
}

impl Sight {
    /// Looks at the SQS at this address.
    ///
    /// # Errors
    /// Nothing answers there, or it is another SQS, in which messages are seen by receiving them only.
    pub async fn at(endpoint: &str) -> Result<Self, SightError> {
        match messages_since(endpoint, SystemTime::now()).await? {
            Some(_) => Ok(Self { endpoint: endpoint.to_owned(), found: Arc::default() }),
            None => Err(SightError::Foreign),
        }
    }

    /// Messages of these events, sent at this time or later. Those that a consumer deleted already are missing.
    pub(super) async fn find(&self, events: &[Sent], since: SystemTime) -> Vec<Placed> {
        let seen = messages_since(&self.endpoint, since).await.ok().flatten().unwrap_or_default();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut placed = Vec::new();
        for event in events {
            let of_event =
                seen.iter().find(|seen| seen.body == event.raw && !found.contains(&seen.message_id));
            if let Some(seen) = of_event {
                found.insert(seen.message_id.clone());
                placed.push(Placed {
                    queue: seen.queue.clone(),
                    message_id: seen.message_id.clone(),
                    parked: seen.reason.clone(),
                });
            }
        }
        placed
    }
}

/// Reason for not seeing the messages.
#[derive(Debug, thiserror::Error)]
pub enum SightError {
    /// Another SQS.
    #[error(
        "the queues were not checked: this SQS is not the dev stack's, and shows messages only to receivers; \
         --receive searches them, and counts as a receipt of each message"
    )]
    Foreign,
    /// No answer.
    #[error("the queues were not checked: {0}")]
    Unreachable(#[from] ClientError),
}
