//! Lambda's Runtime API on loopback, so that a built function runs as a process, as Lambda runs it.
//!
//! Takes `next`, `response`, `error` and `init/error` of API version 2018-06-01. Left out are extensions, response
//! streaming and the limits of time and memory: deadlines are announced and not enforced. Request ids count up, so that
//! tests can recognise them.

mod calls;

use std::{
    ffi::OsStr,
    io,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

use crate::http_server::HttpServer;
use calls::{QueuedEvent, Shared};

/// Runtime API for one function process. Dropping it stops the server.
#[derive(Debug)]
pub struct RuntimeApi {
    server: HttpServer,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<QueuedEvent>,
}

/// Result of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Return value of the handler. Text that is not JSON becomes a string.
    Response(Value),
    /// Error of the handler: `errorType` and `errorMessage`, as Lambda would log them.
    Error(Value),
}

/// Headers of an invocation, beside its event.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time from the queueing of the event until `Lambda-Runtime-Deadline-Ms`. The local Runtime API does not enforce
    /// it.
    pub deadline: Duration,
    /// Value of `Lambda-Runtime-Trace-Id`, if the header is present.
    pub trace_id: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(9), trace_id: Some(TRACE_ID.to_owned()) }
    }
}

/// Trace id of invocations with default [`Options`].
pub const TRACE_ID: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(queue),
            answers: Mutex::default(),
            next_id: AtomicU64::new(1),
            first_poll: watch::Sender::new(None),
            init_error: watch::Sender::new(None),
        });
        let answering = Arc::clone(&shared);
        let answer = move |request| {
            let shared = Arc::clone(&answering);
            async move { shared.answer(request).await }
        };
        Ok(Self { server: HttpServer::start(0, answer).await?, shared, events })
    }

    /// Address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Command that starts this binary with Lambda's variables, overridden by `environment`. Inherits no variable.
    pub fn command(
        &self,
        binary: &Path,
        environment: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> Command {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(LAMBDA_VARIABLES)
            .env("AWS_LAMBDA_RUNTIME_API", self.address().to_string())
            .envs(environment);
        command
    }

    /// Queues an event for the function and waits for the result. Several tasks may call this at once.
    ///
    /// # Errors
    /// The function has not answered within `patience` after the deadline, or cannot answer any more.
    pub async fn invoke(
        &self,
        event: impl Into<Bytes>,
        options: Options,
        patience: Duration,
    ) -> Result<Invocation, NoAnswer> {
        let number = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("00000000-0000-4000-8000-{number:012}");
        let (answer, answered) = oneshot::channel();
        self.shared.answers().insert(request_id.clone(), answer);
        let deadline = SystemTime::now() + options.deadline;
        let event = QueuedEvent { request_id, deadline, trace_id: options.trace_id, body: event.into() };
        self.events.send(event).map_err(|_closed| NoAnswer)?;
        match timeout(options.deadline + patience, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(NoAnswer),
        }
    }

    /// Waits until the function asks for its first event. Returns that moment, which ends the cold start.
    ///
    /// # Errors
    /// The function does not ask within this time.
    pub async fn first_poll(&self, patience: Duration) -> Result<Instant, NoAnswer> {
        let mut polled = self.shared.first_poll.subscribe();
        let polled = timeout(patience, polled.wait_for(Option::is_some)).await;
        polled.ok().and_then(|polled| *polled.ok()?).ok_or(NoAnswer)
    }

    /// Body that the function sent to `/runtime/init/error`, if any.
    pub fn init_error(&self) -> Option<Value> {
        self.shared.init_error.borrow().clone()
    }
}

/// Missing answer, or missing request for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the function does not answer")]
pub struct NoAnswer;

/// Variables that Lambda sets for a function on `provided.al2023`. The credentials are made up.
const LAMBDA_VARIABLES: [(&str, &str); 18] = [
    ("_HANDLER", "bootstrap"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "prelude-webhooks"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/prelude-webhooks"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "no-session"),
    ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ("LAMBDA_TASK_ROOT", "/var/task"),
    ("LANG", "en_US.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
    ("TZ", ":UTC"),
];
