//! Guard in front of the embedded SQS: enforces SQS's limits, and repairs differences from SQS.
//!
//! The embedded SQS (winterbaume) accepts batches of any count and size, and ignores entries without a body. One bad
//! entry fails its whole call. It drops system attributes, group ids and deduplication ids. It accepts message move
//! tasks and never runs them. It counts a message whose visibility timeout has ended nowhere.
//!
//! * [`rules`]: each limit on a message or a batch, with its source.
//! * `send`: applies the rules to `SendMessage` and `SendMessageBatch`. Refusals have SQS's codes and texts.
//! * `receive`: returns the attributes that the embedded SQS drops; [`record`] keeps them.
//! * `move_tasks`: runs message move tasks, with their limit on the rate.
//! * [`ledger`]: stores the queues, so that tests and the inspector can read them without receiving.
//! * [`wire`]: requests and errors of SQS's JSON protocol.
//!
//! The embedded SQS itself handles queue names, visibility timeouts, deduplication and dead-letter queues.

pub mod ledger;
pub mod record;
pub mod rules;
pub mod wire;

mod move_tasks;
mod receive;
mod send;

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use prelude_webhooks::route::QueueUrl;
use serde_json::Value;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_sqs::SqsService;

use super::faults::{Fault, FaultKind, Faults};
use ledger::Ledger;
use move_tasks::MoveTasks;
use record::{RecordedCall, RecordedEntry, Records};
use wire::{Code, error_response};

/// Embedded SQS behind its guard, as a service that takes SQS's HTTP requests.
pub struct Guard {
    inner: SqsService,
    records: Records,
    ledger: Arc<Ledger>,
    faults: Faults,
    move_tasks: MoveTasks,
    /// Answers a receipt from an empty queue without its wait.
    answers_at_once: AtomicBool,
}

impl Default for Guard {
    fn default() -> Self {
        let ledger = Arc::<Ledger>::default();
        Self {
            inner: SqsService::with_backend(Arc::clone(&ledger) as _),
            records: Records::default(),
            ledger,
            faults: Faults::default(),
            move_tasks: MoveTasks::default(),
            answers_at_once: AtomicBool::default(),
        }
    }
}

impl Guard {
    /// Every accepted entry that [`Records`] keeps, oldest first.
    pub fn recorded(&self) -> Vec<RecordedEntry> {
        self.records.entries()
    }

    /// Every sending call that [`Records`] keeps, oldest first, including refused calls.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.records.calls()
    }

    /// Messages in the queues.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Answers receipts from empty queues at once, for tests in which no message comes later.
    pub fn answer_at_once(&self) {
        self.answers_at_once.store(true, Ordering::Relaxed);
    }

    /// Makes the next matching calls fail.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    async fn dispatch(&self, mut request: MockRequest) -> MockResponse {
        let target = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        let action = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
        if let Some(response) = self.fail_action(&action, &request).await {
            return response;
        }
        match &*action {
            "SendMessageBatch" => self.send_batch(request).await,
            "SendMessage" => self.send_one(request).await,
            "ReceiveMessage" => {
                self.advance_move_tasks(&request).await;
                if self.answers_at_once.load(Ordering::Relaxed) {
                    request.body = receive::without_wait(&request.body);
                }
                let response = self.inner.handle(request.clone()).await;
                receive::complete(&request, response, &self.records)
            }
            "StartMessageMoveTask" => self.start_move_task(&request).await,
            "ListMessageMoveTasks" => self.list_move_tasks(&request).await,
            "CancelMessageMoveTask" => self.cancel_move_task(&request).await,
            _ => self.inner.handle(request).await,
        }
    }

    /// Answer of a fault that was injected for this action alone.
    async fn fail_action(&self, action: &str, request: &MockRequest) -> Option<MockResponse> {
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        fail(
            self.faults
                .for_action(action, QueueUrl::name_in(member(&body, "QueueUrl").unwrap_or_default()))?,
        )
        .await
    }
}

impl MockService for Guard {
    fn service_name(&self) -> &str {
        self.inner.service_name()
    }

    fn url_patterns(&self) -> Vec<&str> {
        self.inner.url_patterns()
    }

    fn handle(&self, request: MockRequest) -> Pin<Box<dyn Future<Output = MockResponse> + Send + '_>> {
        Box::pin(async move { faithful(self.dispatch(request).await) })
    }
}

/// Answer of a fault to a call, unless the call continues after a delay.
async fn fail(fault: FaultKind) -> Option<MockResponse> {
    match fault {
        FaultKind::Call { status, code } => Some(error_response(status, &code, &code, "An injected fault.")),
        FaultKind::Delay(time) => {
            tokio::time::sleep(time.min(Duration::from_secs(3600))).await;
            None
        }
        FaultKind::Entries { .. } => None,
    }
}

/// Request for another action of the same service, with another body.
fn with_body(request: &MockRequest, action: &str, body: &impl serde::Serialize) -> MockRequest {
    let mut headers = HeaderMap::new();
    if let Ok(target) = HeaderValue::from_str(&format!("AmazonSQS.{action}")) {
        headers.insert("x-amz-target", target);
    }
    let body = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
    MockRequest { method: request.method.clone(), uri: request.uri.clone(), headers, body }
}

/// Response with errors in SQS's form, so that the SDK recognises the code.
fn faithful(response: MockResponse) -> MockResponse {
    if response.status < 400 || response.headers.contains_key("x-amzn-query-error") {
        return response;
    }
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let name = member(&body, "__type").and_then(|name| name.rsplit('#').next()).unwrap_or("InternalError");
    let message = member(&body, "message").unwrap_or_default();
    match Code::find(name) {
        Some(code) => error_response(response.status, code.shape(), code.query_code(), message),
        None => error_response(response.status, name, name, message),
    }
}

fn member<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}
