use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, SystemTime},
};

use prelude_events::{ParseError, Received};

use crate::{
    error::{Failure, RecordError},
    idempotency::Idempotency,
    sqs::{BatchResponse, Record, SqsEvent},
    table::{Claims, NoTable},
    unwind::caught,
};

/// A message of a queue: the event, and the record that carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The typed event and its envelope.
    pub received: Received,
    /// The record, with the message attributes.
    pub record: Record,
}

impl Message {
    /// Parses a record's body, e.g. to test a handler.
    ///
    /// # Errors
    ///
    /// The body is not an event, or the payload of a known type has an undocumented form.
    pub fn parse(record: Record) -> Result<Self, ParseError> {
        Ok(Self { received: Received::parse(&record.body)?, record })
    }
}

/// Consumes batches: handles their records one after the other, and reports those that failed.
///
/// A record fails alone: on an unreadable body, an error or a panic of its handler, and while another invocation handles its
/// event. Each failure is logged with [`tracing`], without personal data. See the [crate's page](crate) for an example.
pub struct Consumer<H, C = NoTable> {
    handle: H,
    idempotency: Option<Idempotency<C>>,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl<H> Consumer<H> {
    /// Hands every event of a readable record to `handle`. Duplicates reach it, too: see [`once`](Self::once).
    pub fn new<F>(handle: H) -> Self
    where
        H: Fn(Message) -> F,
        F: Future<Output = Result<(), RecordError>>,
    {
        if cfg!(panic = "abort") {
            tracing::warn!(
                "built with panic=abort: a panic of one record ends the process and fails its batch"
            );
        }
        Self { handle, idempotency: None, clock: Box::new(SystemTime::now) }
    }
}

impl<H, C> Consumer<H, C> {
    /// Handles each event once, as far as the table can tell.
    #[must_use]
    pub fn once<D: Claims>(self, idempotency: Idempotency<D>) -> Consumer<H, D> {
        Consumer { handle: self.handle, idempotency: Some(idempotency), clock: self.clock }
    }

    /// Reads the time from `clock`, for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }
}

impl<H, F, C> Consumer<H, C>
where
    H: Fn(Message) -> F,
    F: Future<Output = Result<(), RecordError>>,
    C: Claims,
{
    /// Consumes one batch. `deadline` is the invocation's, e.g. `context.deadline()` of `lambda_runtime`.
    ///
    /// No further record is started when the time left is less than the last record took. On a FIFO queue, no further record of
    /// a group is started after a failed one. Both are reported, so that SQS delivers them again.
    pub async fn consume(&self, event: SqsEvent, deadline: SystemTime) -> BatchResponse {
        let mut response = BatchResponse::default();
        let mut failed_groups = BTreeSet::new();
        let mut last_took = Duration::ZERO;
        for record in event.records {
            let label = Label::of(&record);
            let started = (self.clock)();
            let result = if label.group.as_ref().is_some_and(|group| failed_groups.contains(group)) {
                Err(Failure::GroupFailed)
            } else if between(started, deadline) < last_took {
                Err(Failure::OutOfTime)
            } else {
                let result = caught(self.handle_one(record, started, deadline)).await;
                last_took = between(started, (self.clock)());
                result.unwrap_or(Err(Failure::Panic))
            };
            if let Err(failure) = result {
                label.log(&failure);
                response.add(label.message_id);
                failed_groups.extend(label.group);
            }
        }
        response
    }

    async fn handle_one(&self, record: Record, now: SystemTime, deadline: SystemTime) -> Result<(), Failure> {
        let message = Message::parse(record).map_err(Failure::Parse)?;
        match &self.idempotency {
            None => (self.handle)(message).await.map_err(Failure::Handle),
            Some(idempotency) => {
                let claim = idempotency.claim_of(&message.record, now, deadline)?;
                // The call stands inside, because a function may panic before it returns its future.
                idempotency.once(claim, async { (self.handle)(message).await }).await
            }
        }
    }
}

impl<H, C: fmt::Debug> fmt::Debug for Consumer<H, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("idempotency", &self.idempotency).finish_non_exhaustive()
    }
}

/// Identity of a record in the log.
struct Label {
    message_id: String,
    event_type: Option<String>,
    event_id: Option<String>,
    group: Option<String>,
}

impl Label {
    fn of(record: &Record) -> Self {
        Self {
            message_id: record.message_id.clone(),
            event_type: record.attribute("event_type").map(str::to_owned),
            event_id: record.attribute("event_id").map(str::to_owned),
            group: record.fifo_group().map(str::to_owned),
        }
    }

    fn log(&self, failure: &Failure) {
        let Self { message_id, event_type, event_id, .. } = self;
        let (error, reason) = (failure.name(), failure.reason());
        let reason = reason.as_deref();
        if failure.is_wait() {
            tracing::warn!(message_id, event_type, event_id, error, reason, "record not started");
        } else {
            tracing::error!(message_id, event_type, event_id, error, reason, "record failed");
        }
    }
}

fn between(earlier: SystemTime, later: SystemTime) -> Duration {
    // The wall clock can be set back.
    later.duration_since(earlier).unwrap_or_default()
}
