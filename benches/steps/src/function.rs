//! The whole function, from an event's text to a response's text.

use std::io;

use lambda_runtime::{Context, LambdaEvent};
use prelude_local::{aws::runtime_api::TRACE_ID, prelude::samples};
use prelude_webhooks::{
    authenticate::keys::https::HttpsKeySets, config::Config, lambda::Handler, publish::sqs::SqsSender,
    receiver::Receiver, telemetry,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::Duration,
};

use super::sqs::answering_sqs;

/// Function in front of an SQS that answers at once. It writes its log line to nowhere.
pub struct Function {
    handler: Handler<HttpsKeySets, SqsSender>,
    runtime: Runtime,
}

impl Default for Function {
    /// Function with the settings of the samples.
    fn default() -> Self {
        telemetry::start(None, Some("JSON"), io::sink);
        let receiver = Receiver::new(config(), HttpsKeySets::default(), answering_sqs());
        Self { handler: Handler::new(receiver, Duration::ZERO), runtime: runtime() }
    }
}

impl Function {
    /// Answers an event as the process does, without the Runtime API around it.
    pub fn answer(&self, event: &[u8]) -> String {
        let mut context = Context::default();
        context.request_id = "8f507cfc-0000-4000-8000-000000000001".into();
        context.xray_trace_id = Some(TRACE_ID.into());
        let payload = serde_json::from_slice(event).unwrap();
        let response = self.runtime.block_on(self.handler.handle(LambdaEvent { payload, context })).unwrap();
        serde_json::to_string(&response).unwrap()
    }
}

/// Settings of the samples: pinned keys, so that nothing is fetched.
pub(super) fn config() -> Config {
    let variables = samples::environment().unwrap().into_iter().map(|(name, value)| (name, Some(value)));
    Config::read(variables, |path| std::fs::read_to_string(path)).unwrap()
}

/// Runtime of the process.
pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
