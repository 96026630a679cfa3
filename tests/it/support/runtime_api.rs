//! Runtime API of the local stack. Every wait has a limit and then panics, so that a dead function fails its test.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use prelude_local::aws::runtime_api;
use serde_json::Value;

pub(crate) use prelude_local::aws::runtime_api::{Invocation, Options, TRACE_ID};

/// Runtime API for one function process. Dropping it stops the server.
pub(crate) struct RuntimeApi(runtime_api::RuntimeApi);

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub(crate) async fn start() -> Self {
        Self(runtime_api::RuntimeApi::start().await.unwrap())
    }

    /// Command for this binary with Lambda's variables, then these. Inherits none, because a test must not depend on
    /// the credentials, the proxy or the `PRELUDE_` variables of its user.
    pub(crate) fn command(&self, binary: &Path, env: &[(String, String)]) -> Command {
        self.0.command(binary, env.iter().map(|(name, value)| (name, value)))
    }

    /// Sends an event to the function and waits for its result.
    pub(crate) async fn invoke(&self, event: Value) -> Invocation {
        self.invoke_with(event, Options::default()).await
    }

    /// [`invoke`](Self::invoke) with another deadline or trace id. Several tasks may call it at once.
    pub(crate) async fn invoke_with(&self, event: Value, options: Options) -> Invocation {
        match self.0.invoke(event.to_string(), options, PATIENCE).await {
            Ok(invocation) => invocation,
            Err(_) => panic!("no answer within {PATIENCE:?} after the deadline of the event"),
        }
    }

    /// Waits until the function requests its first event, and returns the time, which ends the cold start.
    pub(crate) async fn first_poll(&self) -> Instant {
        self.0
            .first_poll(PATIENCE)
            .await
            .unwrap_or_else(|_| panic!("no request for an event within {PATIENCE:?}"))
    }

    /// Body that the function sent to `/runtime/init/error`, if any.
    pub(crate) fn init_error(&self) -> Option<Value> {
        self.0.init_error()
    }
}

/// Extra time for every wait, so that a busy machine does not fail a test.
const PATIENCE: Duration = Duration::from_secs(20);
