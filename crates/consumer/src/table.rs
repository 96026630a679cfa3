//! The port to the idempotency table.

use std::{borrow::Cow, error::Error, fmt, time::SystemTime};

/// The idempotency table: an event is claimed, handled, completed.
///
/// `dynamodb::Table` implements it. An implementation must be atomic across all consumers: of two claims of one id at a time, one
/// is [`Claimed::New`].
pub trait Claims: Send + Sync {
    /// Claims an id for this consumer. An item that expired, and a claim that expired, give way to the new claim.
    ///
    /// The implementation compares times itself, because tables delete expired items late.
    fn claim(&self, claim: &Claim) -> impl Future<Output = Result<Claimed, TableError>> + Send;

    /// Marks the id as completed, unless another consumer took the claim over.
    fn complete(&self, claim: &Claim) -> impl Future<Output = Result<Completed, TableError>> + Send;

    /// Deletes the claim, unless another consumer took it over. The next delivery then need not wait until it expires.
    fn release(&self, claim: &Claim) -> impl Future<Output = Result<(), TableError>> + Send;
}

/// A claim of one event by one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// `<name of the consumer>#<idempotency key>`.
    pub id: String,
    /// The time of the claim.
    pub now: SystemTime,
    /// End of the claim: the invocation's deadline. Another consumer may take the claim over later, so this time tells one
    /// claim of an id from the next.
    pub held_until: SystemTime,
    /// The time after which the event may be handled again.
    pub expires_at: SystemTime,
}

impl Claim {
    /// Creates a claim, e.g. to test a table.
    pub const fn new(id: String, now: SystemTime, held_until: SystemTime, expires_at: SystemTime) -> Self {
        Self { id, now, held_until, expires_at }
    }
}

/// Answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The claim is this consumer's: handle the event.
    New,
    /// Another invocation holds a claim: SQS must deliver the event again.
    Held,
    /// The event is completed: nothing is left to do.
    Done,
}

/// Answer to a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completed {
    /// The event is completed, by this consumer or by one that took over.
    Done,
    /// Another consumer took the claim over, and handles the event again.
    TakenOver,
}

/// Error of the table. Its text is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError(Cow<'static, str>);

impl TableError {
    /// Creates an error with a text that is safe to log.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for TableError {}

/// No table: every delivery is handled. The type of [`Consumer`](crate::Consumer) without idempotency; it has no values.
#[derive(Debug, Clone, Copy)]
pub enum NoTable {}

impl Claims for NoTable {
    async fn claim(&self, _claim: &Claim) -> Result<Claimed, TableError> {
        match *self {}
    }

    async fn complete(&self, _claim: &Claim) -> Result<Completed, TableError> {
        match *self {}
    }

    async fn release(&self, _claim: &Claim) -> Result<(), TableError> {
        match *self {}
    }
}
