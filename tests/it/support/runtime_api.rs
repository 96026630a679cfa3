//! The local stack's Runtime API. Every wait has an end, and then panics: a function that died must fail its test, not
//! hang it.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use prelude_local::aws::runtime_api;
use serde_json::Value;

pub(crate) use prelude_local::aws::runtime_api::{Invocation, Options, TRACE_ID};

/// A Runtime API for one function process, until dropped.
pub(crate) struct RuntimeApi(runtime_api::RuntimeApi);

impl RuntimeApi {
    /// Listens on a free port of the loopback address.
    pub(crate) async fn start() -> Self {
        Self(runtime_api::RuntimeApi::start().await.unwrap())
    }

    /// Command for this binary with the variables that Lambda sets, then these, and none inherited. A test must not
    /// depend on the credentials, the proxy or the `PRELUDE_` variables of the person who runs it.
    pub(crate) fn command(&self, binary: &Path, env: &[(String, String)]) -> Command {
        self.0.command(binary, env.iter().map(|(name, value)| (name, value)))
    }

    /// Gives the function an event and waits for its result.
    pub(crate) async fn invoke(&self, event: Value) -> Invocation {
        self.invoke_with(event, Options::default()).await
    }

    /// [`invoke`](Self::invoke) with another deadline or trace id. Events may be queued at once from many tasks.
    pub(crate) async fn invoke_with(&self, event: Value, options: Options) -> Invocation {
        match self.0.invoke(event.to_string(), options, PATIENCE).await {
            Ok(invocation) => invocation,
            Err(_) => panic!("no answer {PATIENCE:?} after the deadline of the event"),
        }
    }

    /// Waits until the function asks for its first event, and returns the time: the end of its cold start.
    pub(crate) async fn first_poll(&self) -> Instant {
        self.0.first_poll(PATIENCE).await.unwrap_or_else(|_| panic!("no poll within {PATIENCE:?}"))
    }

    /// Report of the function to `/runtime/init/error`, if any.
    pub(crate) fn init_error(&self) -> Option<Value> {
        self.0.init_error()
    }
}

/// Added to every deadline, so that a busy machine does not fail a test.
const PATIENCE: Duration = Duration::from_secs(20);
