//! Sight of the dev stack's messages, without receiving them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use prelude_local::{
    aws::sqs::sight::{Seen, messages_since},
    http_client::ClientError,
};

use super::{DEV_SQS, peek::Placed, post::Sent, search::Found};

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
            None => Err(SightError::Foreign(endpoint.to_owned())),
        }
    }

    /// Address of the SQS.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Searches for the messages of these events, sent at this time or later. Does not see those that a consumer deleted
    /// already. `None` if the SQS does not answer any more.
    pub(super) async fn find(&self, events: &[Sent], since: SystemTime) -> Option<Found> {
        let seen = messages_since(&self.endpoint, since).await.ok().flatten()?;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut placed, mut not_seen) = (Vec::new(), Vec::new());
        for event in events {
            let of_event =
                seen.iter().find(|seen| seen.body == event.raw && !found.contains(&seen.message_id));
            let Some(seen) = of_event else {
                not_seen.push(event.clone());
                continue;
            };
            found.insert(seen.message_id.clone());
            placed.push(Placed {
                queue: seen.queue.clone(),
                message_id: seen.message_id.clone(),
                parked: seen.reason.clone(),
            });
        }
        let is_other = |seen: &Seen| seen.reason.is_some() && !found.contains(&seen.message_id);
        Some(Found { placed, not_seen, has_others_parked: seen.iter().any(is_other) })
    }
}

/// Reason for not seeing the messages.
#[derive(Debug, thiserror::Error)]
pub enum SightError {
    /// The receiver at a URL, with any SQS behind it.
    #[error(
        "the queues were not checked, because --url can name any receiver: name its local SQS with --sqs, such as \
         --sqs {DEV_SQS}"
    )]
    Unnamed,
    /// Another server.
    #[error(
        "the queues were not checked: the server at {0} is not the dev stack's SQS, and another SQS shows messages only to \
         receivers; --receive searches them, and counts as a receipt of each message"
    )]
    Foreign(String),
    /// No answer.
    #[error("the queues were not checked: {0}")]
    Unreachable(#[from] ClientError),
}
