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

    /// How to start this binary: with what Lambda sets, these variables over it, and nothing inherited. A test must not
    /// depend on the credentials, the proxy or the `PRELUDE_` variables of whoever runs it.
    pub(crate) fn command(&self, binary: &Path, env: &[(String, String)]) -> Command {
        self.0.command(binary, env.iter().map(|(name, value)| (name, value)))
    }

    /// Hands the function an event and waits for what it makes of it.
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

    /// Waits until the function has asked for its first event, and says when it did: the end of its cold start.
    pub(crate) async fn first_poll(&self) -> Instant {
        self.0.first_poll(PATIENCE).await.unwrap_or_else(|_| panic!("no poll within {PATIENCE:?}"))
    }

    /// What the function reported to `/runtime/init/error`, if it did.
    pub(crate) fn init_error(&self) -> Option<Value> {
        self.0.init_error()
    }
}

/// Added to every deadline: a stub on a busy machine should not be what fails a test.
const PATIENCE: Duration = Duration::from_secs(20);
