//! Copies of the function. Each has one request at a time, as in Lambda.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_sdk_sqs::config::Credentials;
use bytes::Bytes;
use lambda_runtime::Context;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Plan;
use prelude_local::{
    aws::{
        runtime_api::{Invocation, NoAnswer, Options, RuntimeApi},
        sqs::REGION,
    },
    receiver::LocalReceiver,
};

/// All copies. A free one takes the next request.
pub struct Functions {
    free: Mutex<Vec<Function>>,
    count: Semaphore,
}

/// One copy of the function.
pub struct Function {
    kind: Kind,
    timeout: Duration,
}

enum Kind {
    InProcess(Box<LocalReceiver>),
    Process(Box<Process>),
}

struct Process {
    runtime_api: RuntimeApi,
    child: Child,
    recipe: Arc<Recipe>,
}

/// Binary and environment of a process.
struct Recipe {
    binary: PathBuf,
    environment: Vec<(String, String)>,
}

/// A copy in use, which is free again when this is dropped.
pub struct Busy<'a> {
    functions: &'a Functions,
    function: Option<Function>,
    _permit: SemaphorePermit<'a>,
}

/// Time limit for a process to ask for its first event.
const PATIENCE: Duration = Duration::from_secs(30);

impl Functions {
    pub(super) async fn start(
        plan: &Plan,
        mut environment: Vec<(String, String)>,
        endpoint: &str,
    ) -> Result<Self, FunctionError> {
        environment.push(("AWS_ENDPOINT_URL_SQS".to_owned(), endpoint.to_owned()));
        let recipe = plan.binary.clone().map(|binary| Recipe { binary, environment: environment.clone() });
        let recipe = recipe.map(Arc::new);
        let mut free = Vec::new();
        for _ in 0..plan.functions.max(1) {
            let kind = match &recipe {
                Some(recipe) => Kind::Process(Box::new(Process::start(Arc::clone(recipe)).await?)),
                None => Kind::InProcess(Box::new(in_process(environment.clone(), endpoint).await?)),
            };
            free.push(Function { kind, timeout: plan.function_timeout });
        }
        Ok(Self { count: Semaphore::new(free.len()), free: Mutex::new(free) })
    }

    /// Waits for a free copy.
    pub(super) async fn free(&self) -> Result<Busy<'_>, FunctionError> {
        let permit = self.count.acquire().await.map_err(|_closed| FunctionError::Gone)?;
        let function = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Busy { functions: self, function: Some(function.ok_or(FunctionError::Gone)?), _permit: permit })
    }
}

impl Busy<'_> {
    /// Invokes the function with the event. Returns the answer's status and the duration. The status is missing if the
    /// function did not answer in its time. Its process is then killed, as in Lambda, and another one is started.
    ///
    /// # Errors
    /// The other process does not start.
    pub(super) async fn invoke(&mut self, event: &Bytes) -> Result<(Option<u16>, Duration), FunctionError> {
        let Some(function) = self.function.as_mut() else { return Err(FunctionError::Gone) };
        let called = Instant::now();
        let answer = function.invoke(event).await;
        let took = called.elapsed();
        if let (None, Kind::Process(process)) = (&answer, &mut function.kind) {
            **process = Process::start(Arc::clone(&process.recipe)).await?;
        }
        let status = answer.as_ref().and_then(|answer| answer.get("statusCode")?.as_u64());
        Ok((status.and_then(|status| u16::try_from(status).ok()), took))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        // The function is free before the permit, which is a field.
        if let Some(function) = self.function.take() {
            self.functions.free.lock().unwrap_or_else(PoisonError::into_inner).push(function);
        }
    }
}

impl Function {
    async fn invoke(&self, event: &Bytes) -> Option<Value> {
        match &self.kind {
            Kind::InProcess(receiver) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let mut context = Context::default();
                context.deadline = u64::try_from((now + self.timeout).as_millis()).unwrap_or(u64::MAX);
                let event = serde_json::from_slice::<Value>(event).ok()?;
                let invoked = tokio::time::timeout(self.timeout, receiver.invoke(event, context)).await;
                invoked.ok()?.0.ok()
            }
            Kind::Process(process) => {
                let options = Options { deadline: self.timeout, trace_id: None };
                match process.runtime_api.invoke(event.clone(), options, Duration::ZERO).await {
                    Ok(Invocation::Response(answer)) => Some(answer),
                    Ok(Invocation::Error(_)) | Err(NoAnswer) => None,
                }
            }
        }
    }
}

impl Process {
    async fn start(recipe: Arc<Recipe>) -> Result<Self, FunctionError> {
        let runtime_api = RuntimeApi::start().await.map_err(FunctionError::Socket)?;
        // The function writes its logs as on Lambda, but nobody reads them here.
        let child = runtime_api
            .command(&recipe.binary, recipe.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| FunctionError::Start(recipe.binary.clone(), error))?;
        let process = Self { runtime_api, child, recipe };
        match process.runtime_api.first_poll(PATIENCE).await {
            Ok(_) => Ok(process),
            Err(NoAnswer) => Err(FunctionError::NoFunction(process.recipe.binary.clone())),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killing fails only for a process that has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Creates the function in this process, with its own client settings and a real connection to this SQS.
async fn in_process(
    environment: Vec<(String, String)>,
    endpoint: &str,
) -> Result<LocalReceiver, FunctionError> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("local", "local", None, None, "load"))
        .load()
        .await;
    LocalReceiver::with_client(environment, &aws_sdk_sqs::Config::from(&config))
        .map_err(|problems| FunctionError::Configuration(problems.to_string()))
}

/// Error of a function that does not run.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The Runtime API has no port.
    #[error("no port of 127.0.0.1 can be used: {0}")]
    Socket(std::io::Error),
    /// The binary cannot be executed.
    #[error("{} cannot be started ({}): build it with `cargo build --release`", .0.display(), .1)]
    Start(PathBuf, std::io::Error),
    /// The process runs, but does not ask for an event.
    #[error("{} does not ask for an event: expected the receiver's binary", .0.display())]
    NoFunction(PathBuf),
    /// The test's own settings are invalid.
    #[error("{0}")]
    Configuration(String),
    /// The test is over.
    #[error("the functions are gone")]
    Gone,
}
