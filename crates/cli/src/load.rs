//! The load test: sends deliveries with recorded ids at rising rates, then accounts for every event.
//!
//! Between the functions and the queues stands an SQS that fails by plan. What is not answered 200 is sent again as
//! Prelude would, its schedule compressed. An event that was answered for and is in no queue is lost.

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

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many requests Prelude has to get answered.
    pub deliveries: usize,
    /// How many copies of the function run beside each other.
    pub functions: usize,
    /// The function's binary, run as processes; without one it runs in this process.
    pub binary: Option<PathBuf>,
    /// The share of deliveries that meet a fault, from 0 to 1.
    pub faults: f64,
    /// Decides bodies, ids and faults.
    pub seed: u64,
    /// Deliveries per second in the first of [`STEPS`] steps; each later one has twice as many.
    pub rate: f64,
    /// The function's timeout.
    pub function_timeout: Duration,
}

/// Steps of the rate.
pub const STEPS: usize = 5;
/// Tries of one delivery, as Prelude's schedule of two weeks has them.
const MAX_ATTEMPTS: u32 = 37;
/// What stands for Prelude's first wait of a minute; each later one is twice as long.
const MINUTE: Duration = Duration::from_millis(20);
/// What stands for Prelude's longest wait of twelve hours.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Sends, waits until all is answered, and accounts. `answered` is called for each delivery that is done.
///
/// # Errors
/// The local stack can not be started, or its queues not be read.
pub async fn run(plan: &Plan, answered: impl Fn() + Send + Sync + 'static) -> Result<Report, LoadError> {
    let queues = queues()?;
    let sqs = EmbeddedSqs::start(&queues).await?;
    run_between(plan, &queues, [&sqs, &sqs], answered).await
}

/// What every queue's name begins with.
const PREFIX: &str = "prelude-webhooks-";

fn queues() -> Result<Vec<String>, LoadError> {
    let routes = Routes::new(&EmbeddedSqs::queue_url_prefix(PREFIX), QueueType::Standard, Vec::new());
    let routes = routes.map_err(|error| LoadError::Setup(error.to_string()))?;
    Ok(routes.queue_urls().map(|url| url.name().to_owned()).collect())
}

/// Sends to one SQS, and counts in one that should be the same.
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
    /// Of the delivery.
    pub step: usize,
    /// Whether a fault was planned for the delivery.
    pub faulty: bool,
    /// The answer's; none when there was none.
    pub status: Option<u16>,
    /// How long the function took.
    pub took: Duration,
    /// How long no function was free.
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

/// Sends one delivery until it is answered 200, or Prelude gives up.
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

/// The test could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A socket of the local stack.
    #[error("no port of 127.0.0.1 can be used: {0}")]
    Socket(#[from] std::io::Error),
    /// The embedded queues.
    #[error(transparent)]
    Queues(#[from] EmbeddedSqsError),
    /// A function that does not start.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// Keys, settings or a task of the test's own.
    #[error("{0}")]
    Setup(String),
}

#[cfg(test)]
mod tests;
