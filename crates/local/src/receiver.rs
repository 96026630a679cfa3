//! Real receiver in this process: takes API Gateway events, returns responses, and sends to SQS through the real SDK.
//!
//! Left out is Lambda around the function: no timeout ends an invocation.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use lambda_runtime::{Context, LambdaEvent};
use prelude_webhooks::{
    authenticate::keys::https::HttpsKeySets,
    config::{Config, ConfigErrors},
    lambda::{Handler, Invocation},
    publish::sqs::{SqsSender, with_limits},
    receiver::Receiver,
    telemetry,
    watch::Watch,
};
use serde_json::Value;
use tokio::time::Duration;
use tracing::instrument::WithSubscriber;

use crate::aws::sqs::EmbeddedSqs;

/// Receiver of deliveries: the real one, or a test double.
pub trait Deliver {
    /// Delivers one API Gateway event and waits for the answer.
    fn deliver(&self, event: Value) -> impl Future<Output = Answer> + Send;
}

/// Answer to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as text.
    pub body: String,
    /// Log code of a refusal, if known. The sender of a delivery does not see it.
    pub cause: Option<String>,
}

/// Function's handler, invoked without Lambda. Clones share it.
#[derive(Clone)]
pub struct LocalReceiver {
    handler: Arc<Handler<HttpsKeySets, SqsSender>>,
}

impl LocalReceiver {
    /// Starts a receiver with this environment that sends to an embedded SQS.
    ///
    /// # Errors
    /// The configuration is invalid; the error lists every problem.
    pub fn start(
        environment: impl IntoIterator<Item = (String, String)>,
        sqs: &EmbeddedSqs,
    ) -> Result<Self, ConfigErrors> {
        Self::with_client(environment, sqs.client().config())
    }

    /// Starts a receiver with this environment that sends with an SDK client of this configuration. The function's own
    /// timeouts and retries override those of the configuration.
    ///
    /// # Errors
    /// The configuration is invalid; the error lists every problem.
    pub fn with_client(
        environment: impl IntoIterator<Item = (String, String)>,
        client: &aws_sdk_sqs::Config,
    ) -> Result<Self, ConfigErrors> {
        let variables = environment.into_iter().map(|(name, value)| (name, Some(value)));
        let config = Config::read(variables, |path| std::fs::read_to_string(path))?;
        Ok(Self::with_config(config, client))
    }

    /// Starts a receiver with a configuration that was read before. Drops its metrics.
    pub fn with_config(config: Config, client: &aws_sdk_sqs::Config) -> Self {
        Self::with_metrics(config, client, |_line| ())
    }

    /// [`with_config`](Self::with_config) that passes each line of metrics to a sink. The receiver writes lines only with
    /// `PRELUDE_METRICS=emf`.
    pub fn with_metrics(
        config: Config,
        client: &aws_sdk_sqs::Config,
        sink: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let metrics = config.metrics.writer(FUNCTION_NAME, None, sink);
        let sender = SqsSender::new(aws_sdk_sqs::Client::from_conf(with_limits(client.to_builder()).build()));
        let receiver = Receiver::new(config, HttpsKeySets::default(), sender).with_metrics(metrics);
        drop(receiver.warm_up());
        Self { handler: Arc::new(Handler::new(receiver, Duration::ZERO)) }
    }

    /// Invokes the function once. Returns its result, and the JSON lines that it logs at `INFO`.
    pub async fn invoke(
        &self,
        event: Value,
        context: Context,
    ) -> (Result<Value, InvocationError>, Vec<Value>) {
        self.invoke_watched(event, context, &mut ()).await
    }

    /// Invokes the function once, and reports each step of its request.
    pub async fn invoke_watched(
        &self,
        event: Value,
        context: Context,
        watch: &mut impl Watch,
    ) -> (Result<Value, InvocationError>, Vec<Value>) {
        let log = Log::default();
        let sink = log.clone();
        let subscriber = telemetry::subscriber(None, Some("json"), move || sink.clone());
        let answer = self.respond(&event.to_string(), context, watch).with_subscriber(subscriber).await;
        (answer, log.lines())
    }

    async fn respond(
        &self,
        event: &str,
        context: Context,
        watch: &mut impl Watch,
    ) -> Result<Value, InvocationError> {
        let payload: Invocation = serde_json::from_str(event).map_err(|_invalid| InvocationError)?;
        let response = self
            .handler
            .handle_watched(LambdaEvent { payload, context }, watch)
            .await
            .map_err(|_refused| InvocationError)?;
        serde_json::to_value(response).map_err(|_invalid| InvocationError)
    }
}

/// Name of the function in its metrics.
const FUNCTION_NAME: &str = "prelude-webhooks";

/// Error result of the function, which API Gateway turns into a 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the invocation failed")]
pub struct InvocationError;

impl Deliver for LocalReceiver {
    async fn deliver(&self, event: Value) -> Answer {
        let (answer, log) = self.invoke(event, Context::default()).await;
        let answer = answer.unwrap_or_default();
        let status =
            answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
        let result = log.iter().rev().find(|line| line.get("status").is_some());
        let cause = result
            .filter(|_| status != Some(200))
            .and_then(|line| line.get("code")?.as_str().map(Into::into));
        Answer { status: status.unwrap_or(500), body, cause }
    }
}

/// Log sink in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<Value> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
