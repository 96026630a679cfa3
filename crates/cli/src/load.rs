//! Load test: sends deliveries with recorded ids at rising rates, then accounts for every event.
//!
//! An SQS that fails by plan stands between the functions and the queues. A delivery that is not answered 200 is sent
//! again by Prelude's schedule, in compressed time. An event is lost if its delivery was answered 200 and no queue has
//! the event.

pub mod account;
pub mod delivery;
pub mod fault;
pub mod faulty_sqs;
pub mod functions;
pub mod mailbag;
pub mod report;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use prelude_webhooks::route::{QueueType, Routes};
use tokio::task::JoinSet;

use faulty_sqs::FaultySqs;
use functions::{FunctionError, Functions};
use mailbag::Mailbag;
use prelude_local::{
    aws::sqs::{EmbeddedSqs, EmbeddedSqsError},
    prelude::samples,
};
use report::{Report, Step};

/// Options of a load test.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Number of deliveries.
    pub deliveries: usize,
    /// Number of copies of the function that run in parallel.
    pub functions: usize,
    /// The function's binary, which runs as processes. Without a binary the function runs in this process.
    pub binary: Option<PathBuf>,
    /// Share of the deliveries that meet a fault, from 0 to 1.
    pub faults: f64,
    /// Seed of the bodies, ids and faults.
    pub seed: u64,
    /// Deliveries per second in the first of [`STEPS`] steps; each later one has twice as many.
    pub rate: f64,
    /// Timeout of the function.
    pub function_timeout: Duration,
}

/// Number of steps of the rate.
pub const STEPS: usize = 5;
/// Number of attempts at one delivery in Prelude's schedule of two weeks.
const MAX_ATTEMPTS: u32 = 37;
/// Compressed time of Prelude's first wait, which takes a minute. Each later wait is twice as long.
const MINUTE: Duration = Duration::from_millis(20);
/// Compressed time of Prelude's longest wait, which takes twelve hours.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Sends the deliveries, waits until all are answered, and accounts for their events. Calls `answered` once for each
/// delivery.
///
/// # Errors
/// The local stack cannot be started, or its queues cannot be read.
pub async fn run(plan: &Plan, answered: impl Fn() + Send + Sync + 'static) -> Result<Report, LoadError> {
    let queues = queues()?;
    let sqs = EmbeddedSqs::start(&queues).await?;
    run_between(plan, &queues, [&sqs, &sqs], answered).await
}

/// Prefix of the names of all queues.
const PREFIX: &str = "prelude-webhooks-";

fn queues() -> Result<Vec<String>, LoadError> {
    let routes = Routes::new(&EmbeddedSqs::queue_url_prefix(PREFIX), QueueType::Standard, Vec::new());
    let routes = routes.map_err(|error| LoadError::Setup(error.to_string()))?;
    Ok(routes.queue_urls().map(|url| url.name().to_owned()).collect())
}

/// Sends to one SQS, and counts in the second, which is the same except in tests.
async fn run_between(
    plan: &Plan,
    queues: &[String],
    [sqs, counted]: [&EmbeddedSqs; 2],
    answered: impl Fn() + Send + Sync + 'static,
) -> Result<Report, LoadError> {
    let mailbag = Arc::new(Mailbag::new(plan).map_err(|error| LoadError::Setup(error.to_string()))?);
    let front = FaultySqs::start(sqs, Arc::clone(&mailbag)).await?;
    let environment = samples::environment().map_err(|error| LoadError::Setup(error.to_string()))?;
    let functions = Arc::new(Functions::start(plan, environment, &front.endpoint()).await?);
    let started = Instant::now();
    let tries = send_all(plan, &mailbag, &functions, Arc::new(answered)).await?;
    let took = started.elapsed();
    let books = account::balance(counted, PREFIX, queues, &mailbag).await?;
    Ok(Report::new(plan, took, &mailbag, tries, books))
}

/// One invocation.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    /// Step of the delivery.
    pub step: usize,
    /// A fault was planned for the delivery.
    pub faulty: bool,
    /// Status of the answer; `None` without an answer.
    pub status: Option<u16>,
    /// Duration of the invocation.
    pub took: Duration,
    /// Time without a free function.
    pub waited: Duration,
}

async fn send_all(
    plan: &Plan,
    mailbag: &Arc<Mailbag>,
    functions: &Arc<Functions>,
    answered: Arc<impl Fn() + Send + Sync + 'static>,
) -> Result<Vec<Try>, LoadError> {
    let tries = Arc::new(Mutex::new(Vec::new()));
    let mut sending = JoinSet::new();
    let mut due = tokio::time::Instant::now();
    for index in 0..plan.deliveries {
        let step = Step::of(index, plan.deliveries);
        due += Duration::from_secs_f64(1.0 / (plan.rate * f64::from(1_u32 << step)));
        tokio::time::sleep_until(due).await;
        let (mailbag, functions, tries) = (Arc::clone(mailbag), Arc::clone(functions), Arc::clone(&tries));
        let answered = Arc::clone(&answered);
        sending.spawn(async move {
            let done = send(index, step, &mailbag, &functions, &tries).await;
            answered();
            done
        });
    }
    while let Some(done) = sending.join_next().await {
        done.map_err(|error| LoadError::Setup(error.to_string()))??;
    }
    let tries = std::mem::take(&mut *tries.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(tries)
}

/// Sends one delivery until it is answered 200, or Prelude would give up.
async fn send(
    index: usize,
    step: usize,
    mailbag: &Mailbag,
    functions: &Functions,
    tries: &Mutex<Vec<Try>>,
) -> Result<(), LoadError> {
    let Some(delivery) = mailbag.delivery(index) else { return Ok(()) };
    let event = delivery.event().map_err(|error| LoadError::Setup(error.to_string()))?;
    for attempt in 0..MAX_ATTEMPTS {
        delivery.begin_attempt();
        let queued = Instant::now();
        let mut function = functions.free().await?;
        let waited = queued.elapsed();
        let (status, took) = function.invoke(&event).await?;
        drop(function);
        let a_try = Try { step, faulty: delivery.fault.is_some(), status, took, waited };
        tries.lock().unwrap_or_else(PoisonError::into_inner).push(a_try);
        delivery.note_starved(mailbag.starved_of(delivery));
        if status == Some(200) {
            delivery.accept(mailbag.stores_all_of(delivery));
            return Ok(());
        }
        tokio::time::sleep((MINUTE * (1 << attempt.min(10))).min(MAX_WAIT)).await;
    }
    Ok(())
}

/// Error of the load test itself.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A socket of the local stack failed.
    #[error("no port of 127.0.0.1 can be used: {0}")]
    Socket(#[from] std::io::Error),
    /// The embedded SQS failed.
    #[error(transparent)]
    Queues(#[from] EmbeddedSqsError),
    /// A function does not start.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// Keys, settings or a task of the test failed.
    #[error("{0}")]
    Setup(String),
}

#[cfg(test)]
mod tests;
