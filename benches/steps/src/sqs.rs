//! SQS that acknowledges every message at once: at the receiver's port, and behind the real SDK.

use std::{
    sync::{Arc, LazyLock, Mutex},
    time::UNIX_EPOCH,
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::{
    Client, Config,
    config::{Credentials, SharedHttpClient},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use prelude_local::aws::{runtime_api::TRACE_ID, sqs::REGION};
use prelude_webhooks::{
    event::Batch,
    inbound::Arrival,
    lambda::BUDGET,
    publish::{
        Acknowledgement, Publisher, Receipt, SendBatch,
        failure::SqsFailure,
        message::Message,
        sqs::{SqsSender, with_limits},
    },
    route::QueueUrl,
};
use serde_json::json;
use tokio::{
    runtime::Runtime,
    time::{Duration, Instant},
};

use super::{
    Webhook,
    function::{config, runtime},
};

/// Publisher without an SDK below it.
pub struct Queues {
    publisher: Publisher<Acknowledging>,
    runtime: Runtime,
}

impl Default for Queues {
    /// Queues of the samples.
    fn default() -> Self {
        Self { publisher: Publisher::new(Acknowledging, config().routes), runtime: runtime() }
    }
}

impl Queues {
    /// Plans, makes and packs the messages, and settles them.
    pub fn publish(&self, batch: Batch) -> Receipt {
        self.runtime.block_on(publish(&self.publisher, batch))
    }
}

/// One call through the real SDK.
pub struct Call {
    sender: SqsSender,
    queue_url: QueueUrl,
    messages: Vec<Message>,
    runtime: Runtime,
}

impl Call {
    /// Largest call that the publisher makes for a request.
    pub fn of(webhook: &Webhook) -> Self {
        let recording = Recording::default();
        let publisher = Publisher::new(recording.clone(), config().routes);
        let runtime = runtime();
        runtime.block_on(publish(&publisher, webhook.cut()));
        let calls = std::mem::take(&mut *recording.0.lock().unwrap());
        let (queue_url, messages) = calls.into_iter().max_by_key(|(_, messages)| messages.len()).unwrap();
        Self { sender: answering_sqs(), queue_url, messages, runtime }
    }

    /// Serializes and signs the call, and reads its answer.
    pub fn send(&self) -> Vec<Acknowledgement> {
        let messages: Vec<_> = self.messages.iter().collect();
        self.runtime.block_on(self.sender.send_batch(&self.queue_url, &messages)).unwrap()
    }

    /// Number of messages in the call.
    pub const fn messages(&self) -> usize {
        self.messages.len()
    }
}

/// Sender through the real SDK, whose connector answers without a network.
pub(crate) fn answering_sqs() -> SqsSender {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "benchmark"))
        .http_client(SharedHttpClient::new(Answering));
    SqsSender::new(Client::from_conf(with_limits(config).build()))
}

async fn publish(publisher: &Publisher<impl SendBatch>, batch: Batch) -> Receipt {
    let arrival = Arrival {
        request_id: "8f507cfc-0000-4000-8000-000000000001".into(),
        received_at: UNIX_EPOCH + Duration::from_secs(1_795_305_600),
        trace_header: Some(TRACE_ID.into()),
        deadline: Instant::now() + BUDGET,
    };
    publisher.publish(batch, &arrival, || ()).await.unwrap()
}

struct Acknowledging;

impl SendBatch for Acknowledging {
    async fn send_batch(
        &self,
        _queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}

/// Keeps the messages of each call.
#[derive(Default, Clone)]
struct Recording(Arc<Mutex<Calls>>);

type Calls = Vec<(QueueUrl, Vec<Message>)>;

impl SendBatch for Recording {
    async fn send_batch(
        &self,
        queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        let copies = messages.iter().copied().cloned().collect();
        self.0.lock().unwrap().push((queue_url.clone(), copies));
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}

/// Connector below the SDK.
#[derive(Debug, Clone, Copy)]
struct Answering;

impl HttpClient for Answering {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(*self)
    }
}

impl HttpConnector for Answering {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = ANSWERS[last_id(request.body().bytes().unwrap())].clone();
        let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Answers to calls of one to ten entries, made once so that they cost the benchmarks nothing.
static ANSWERS: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let successes = |count| {
        let success = |id: usize| {
            json!({
                "Id": id.to_string(),
                "MessageId": "219f8380-5770-4cc2-8c3e-5c715e145f5e",
                "MD5OfMessageBody": "fafb00f5732ab283681e124bf8747ed1",
                "MD5OfMessageAttributes": "d25a6aea97eb8f585bfa92d314504a92",
            })
        };
        (0..count).map(success).collect::<Vec<_>>()
    };
    (1..=10).map(|count| json!({"Failed": [], "Successful": successes(count)}).to_string().into()).collect()
});

/// Id of the last entry. The ids of a call count up from 0, and only an entry's own `Id` has no escape in front of it.
fn last_id(call: &[u8]) -> usize {
    let place = call.windows(ID.len()).rposition(|window| window == ID).expect("an entry") + ID.len();
    (call[place] - b'0').into()
}

const ID: &[u8] = b"\"Id\":\"";
