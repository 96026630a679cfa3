use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime},
};

use prelude_events::idempotency_key;

use crate::{
    error::{Failure, RecordError},
    sqs::Record,
    table::{Claim, Claimed, Claims, Completed},
    unwind::caught,
};

/// Two weeks of Prelude's retries, and two weeks in the queue.
const THIRTY_DAYS: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Keeps the sum with any time of a clock in range.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Handles each event once, as far as a table can tell.
#[derive(Debug, Clone)]
pub struct Idempotency<C> {
    name: String,
    table: C,
    expires_after: Duration,
}

impl<C: Claims> Idempotency<C> {
    /// Remembers events in `table` for 30 days.
    ///
    /// `name` begins every id in the table, so that two consumers of one event never suppress each other. Name the work, e.g.
    /// `billing`, and keep the name: under a new one, every event that SQS delivers again is handled again.
    ///
    /// # Errors
    ///
    /// The name is empty, or contains `#`, which separates the parts of an id.
    pub fn new(name: impl Into<String>, table: C) -> Result<Self, InvalidName> {
        let name = name.into();
        if name.trim().is_empty() || name.contains('#') {
            return Err(InvalidName);
        }
        Ok(Self { name, table, expires_after: THIRTY_DAYS })
    }

    /// Changes how long events are remembered, up to 100 years. Less than the sender's two weeks of retries plus the queue's retention lets
    /// duplicates through.
    #[must_use]
    pub fn expires_after(self, expires_after: Duration) -> Self {
        Self { expires_after: expires_after.min(LONGEST), ..self }
    }

    pub(crate) fn claim_of(
        &self,
        record: &Record,
        now: SystemTime,
        deadline: SystemTime,
    ) -> Result<Claim, Failure> {
        if record.attribute("event_id").unwrap_or_default().is_empty() {
            return Err(Failure::NoEventId);
        }
        let key = idempotency_key(|name| record.attribute(name));
        Ok(Claim {
            id: format!("{}#{key}", self.name),
            now,
            held_until: deadline,
            expires_at: now + self.expires_after,
        })
    }

    /// Claims, does, completes. Never completes before `work` is done.
    pub(crate) async fn once(
        &self,
        claim: Claim,
        work: impl Future<Output = Result<(), RecordError>>,
    ) -> Result<(), Failure> {
        match self.table.claim(&claim).await.map_err(Failure::Table)? {
            Claimed::Done => return Ok(()),
            Claimed::Held => return Err(Failure::ClaimHeld),
            Claimed::New => {}
        }
        let failure = match caught(work).await {
            Some(Ok(())) => {
                self.complete(&claim).await;
                return Ok(());
            }
            Some(Err(error)) => Failure::Handle(error),
            None => Failure::Panic,
        };
        // Without an answer the next delivery waits until the claim expires.
        drop(self.table.release(&claim).await);
        Err(failure)
    }

    /// The work is done, so the record succeeds in any case. To fail it would do the work again, for certain.
    async fn complete(&self, claim: &Claim) {
        match self.table.complete(claim).await {
            Ok(Completed::Done) => {}
            Ok(Completed::TakenOver) => tracing::warn!(
                id = claim.id,
                "another invocation took the claim over: the event may be handled twice"
            ),
            Err(error) => tracing::warn!(
                id = claim.id,
                %error,
                "handled event is not marked as completed: a duplicate would be handled again"
            ),
        }
    }
}

/// Error for a consumer's name that is empty or contains `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidName;

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name of the consumer is empty or contains `#`: expected a name such as `billing`")
    }
}

impl Error for InvalidName {}
