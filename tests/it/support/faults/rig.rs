//! Function with a key server and an SQS that can fail, and a clock that can be stopped.

use std::{collections::BTreeMap, sync::LazyLock};

use aws_sdk_sqs::{
    Client, Config as SqsConfig,
    config::{BehaviorVersion, Credentials, Region},
};
use lambda_runtime::{Context, LambdaEvent};
use prelude_local::{
    aws::gateway::Request,
    prelude::{ADDRESSES, PreludeKey, batch},
};
use prelude_webhooks::{
    config::Config,
    lambda::{Handler, Invocation},
    publish::sqs::{SqsSender, with_limits},
    receiver::Receiver,
    telemetry,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::key_server::KeyServer;
use crate::support::{
    keys::{pem, private_key},
    stack::{MetricLines, PATH_TOKEN, SIGNATURE, context},
    wire::Wire,
};

/// App whose key set [`KeyServer`] serves.
pub(crate) const APP_ID: &str = "demoapp1";

/// Key of the account.
pub(crate) static ACCOUNT: LazyLock<PreludeKey> = LazyLock::new(|| private_key("account-2048", "account"));
/// Key of the app.
pub(crate) static APP: LazyLock<PreludeKey> = LazyLock::new(|| private_key("app-2048", "app"));

/// Function with the account's key and [`APP_ID`].
pub(crate) struct Rig {
    handler: Handler<KeyServer, SqsSender>,
    /// Lines of metrics, with `PRELUDE_METRICS=emf`.
    pub(crate) metrics: MetricLines,
}

/// Answer of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Rig {
    /// Starts without a key set; the first request fetches it.
    pub(crate) fn start(keys: &KeyServer, sqs: &Wire, initialization: Duration) -> Self {
        Self::with(keys, sqs, initialization, &[])
    }

    /// [`start`](Self::start) with further variables.
    pub(crate) fn with(
        keys: &KeyServer,
        sqs: &Wire,
        initialization: Duration,
        variables: &[(&str, &str)],
    ) -> Self {
        let usual = [
            ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
            ("PRELUDE_APPS", json!([{"app_id": APP_ID, "verification_token": "t"}]).to_string()),
            ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem")),
            ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1".to_owned()),
            ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
        ];
        let more = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let variables: BTreeMap<_, _> = usual.into_iter().chain(more).collect();
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Some(value)));
        // A log line written first without a subscriber may be lost to another test with one.
        telemetry::start(None, None, std::io::sink);
        let config = Config::read(variables, |path| std::fs::read_to_string(path)).unwrap();
        let metrics = MetricLines::default();
        let writer = config.metrics.writer("function", None, metrics.sink());
        let receiver = Receiver::new(config, keys.clone(), sender(sqs)).with_metrics(writer);
        Self { handler: Handler::new(receiver, initialization), metrics }
    }

    /// Status of the answer, and its duration.
    pub(crate) async fn send(&self, request: &Request) -> (u64, Duration) {
        self.send_in(request, context()).await
    }

    /// [`send`](Self::send) with another deadline.
    pub(crate) async fn send_in(&self, request: &Request, context: Context) -> (u64, Duration) {
        let Answer { status, took, .. } = self.answer(request, context).await;
        (status, took)
    }

    /// Whole answer.
    pub(crate) async fn answer(&self, request: &Request, context: Context) -> Answer {
        let payload: Invocation = serde_json::from_str(&request.http_api_event().to_string()).unwrap();
        let start = Instant::now();
        let response = self.handler.handle(LambdaEvent { payload, context }).await.unwrap();
        let took = start.elapsed();
        let response: Value = serde_json::to_value(response).unwrap();
        let body = response["body"].as_str().unwrap().to_owned();
        Answer { status: response["statusCode"].as_u64().unwrap(), body, took }
    }
}

/// Real sender, over the wire.
pub(crate) fn sender(wire: &Wire) -> SqsSender {
    let settings = SqsConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "nobody's", None, None, "tests"))
        .http_client(wire.clone());
    SqsSender::new(Client::from_conf(with_limits(settings).build()))
}

/// Batch of the app.
pub(crate) fn app_batch(events: impl IntoIterator<Item = impl AsRef<str>>) -> Request {
    signed(&APP, batch(APP_ID, events))
}

/// Event that the account signed.
pub(crate) fn attempt() -> Request {
    signed(&ACCOUNT, br#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#.to_vec())
}

/// Request signed with this key.
pub(crate) fn signed(key: &PreludeKey, body: Vec<u8>) -> Request {
    let signature = key.sign(&body).unwrap();
    post(body).header(SIGNATURE, signature)
}

/// Request without a signature.
pub(crate) fn post(body: Vec<u8>) -> Request {
    Request::new("POST", format!("/webhooks/{PATH_TOKEN}"), ADDRESSES[0]).json(body)
}
