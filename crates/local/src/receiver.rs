//! The real receiver in this process: API Gateway events in, answers out, SQS through the real SDK.

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
};
use serde_json::Value;
use tokio::time::Duration;
use tracing::instrument::WithSubscriber;

use crate::aws::sqs::EmbeddedSqs;

/// Whoever answers API Gateway events: the receiver, or something that stands in for it.
pub trait Deliver {
    /// Invokes the function with one event and waits for its answer.
    fn deliver(&self, event: Value) -> impl Future<Output = Answer> + Send;
}

/// What the sender sees of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The stable log code of a refusal, which the sender does not see; shown when it is known.
    pub cause: Option<String>,
}

/// The function, without Lambda around it.
#[derive(Clone)]
pub struct LocalReceiver {
    handler: Arc<Handler<HttpsKeySets, SqsSender>>,
}

impl LocalReceiver {
    /// Starts a receiver with this environment, in front of an embedded SQS.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn start(
        environment: impl IntoIterator<Item = (String, String)>,
        sqs: &EmbeddedSqs,
    ) -> Result<Self, ConfigErrors> {
        Self::with_client(environment, sqs.client().config())
    }

    /// Starts a receiver with this environment, in front of the SQS that a client of this configuration reaches. The
    /// function's own limits are put over it.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn with_client(
        environment: impl IntoIterator<Item = (String, String)>,
        client: &aws_sdk_sqs::Config,
    ) -> Result<Self, ConfigErrors> {
        let variables = environment.into_iter().map(|(name, value)| (name, Some(value)));
        let config = Config::read(variables, |path| std::fs::read_to_string(path))?;
        Ok(Self::with_config(config, client))
    }

    /// Starts a receiver that was configured already.
    pub fn with_config(config: Config, client: &aws_sdk_sqs::Config) -> Self {
        let sender = SqsSender::new(aws_sdk_sqs::Client::from_conf(with_limits(client.to_builder()).build()));
        let receiver = Receiver::new(config, HttpsKeySets::default(), sender);
        drop(receiver.warm_up());
        Self { handler: Arc::new(Handler::new(receiver, Duration::ZERO)) }
    }

    /// Invokes the function once, and gives what it would have logged at `INFO` as JSON lines.
    pub async fn invoke(
        &self,
        event: Value,
        context: Context,
    ) -> (Result<Value, InvocationError>, Vec<Value>) {
        let log = Log::default();
        let sink = log.clone();
        let subscriber = telemetry::subscriber(None, Some("json"), move || sink.clone());
        let answer = self.respond(&event.to_string(), context).with_subscriber(subscriber).await;
        (answer, log.lines())
    }

    async fn respond(&self, event: &str, context: Context) -> Result<Value, InvocationError> {
        let payload: Invocation = serde_json::from_str(event).map_err(|_invalid| InvocationError)?;
        let response = self
            .handler
            .handle(LambdaEvent { payload, context })
            .await
            .map_err(|_refused| InvocationError)?;
        serde_json::to_value(response).map_err(|_invalid| InvocationError)
    }
}

/// The function answered with an error instead of a response; API Gateway makes a 500 of it.
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

/// Log lines, kept.
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
