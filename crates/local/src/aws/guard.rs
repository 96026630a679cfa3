//! A guard in front of the embedded SQS, which enforces what real SQS enforces and the embedded one does not.
//!
//! The embedded one takes batches of any count and size, skips entries without a body in silence, drops system
//! attributes, group and deduplication ids, and fails a whole call on one bad entry. The guard answers as SQS
//! would, lets only what SQS would take through, keeps what the embedded one drops, and gives it back on receipt.

pub mod ledger;
pub mod record;
pub mod rules;
pub mod wire;

mod move_tasks;
mod receive;
mod send;

use std::{future::Future, pin::Pin, time::Duration};

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

/// The embedded SQS behind its guard: a service that takes SQS's HTTP requests.
#[derive(Default)]
pub struct Guard {
    inner: SqsService,
    records: Records,
    ledger: Ledger,
    faults: Faults,
    move_tasks: MoveTasks,
}

impl Guard {
    /// Every entry accepted so far, oldest first; see [`Records`] for how many are kept.
    pub fn recorded(&self) -> Vec<RecordedEntry> {
        self.records.entries()
    }

    /// Every sending call so far, refused ones too, oldest first.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.records.calls()
    }

    /// What lies in the queues.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Makes the next sending calls fail in the given way.
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    async fn dispatch(&self, request: MockRequest) -> MockResponse {
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
                let response = self.inner.handle(request.clone()).await;
                self.ledger.received(&request, &response);
                receive::complete(&request, response, &self.records)
            }
            "GetQueueAttributes" => {
                // The embedded one counts a message that was given back neither as visible nor as in flight.
                let more = self.ledger.given_back(&request);
                ledger::with_more_visible(self.inner.handle(request).await, more)
            }
            "StartMessageMoveTask" => self.start_move_task(&request).await,
            "ListMessageMoveTasks" => self.list_move_tasks(&request).await,
            "CancelMessageMoveTask" => self.cancel_move_task(&request).await,
            _ => {
                let response = self.inner.handle(request.clone()).await;
                self.ledger.changed_by(&action, &request, &response);
                response
            }
        }
    }

    /// The fault of a call that was injected for this action alone.
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

/// The answer that a fault gives to a call, if it gives one.
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

/// The same request for another action, with another body.
fn with_body(request: &MockRequest, action: &str, body: &impl serde::Serialize) -> MockRequest {
    let mut headers = HeaderMap::new();
    if let Ok(target) = HeaderValue::from_str(&format!("AmazonSQS.{action}")) {
        headers.insert("x-amz-target", target);
    }
    let body = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
    MockRequest { method: request.method.clone(), uri: request.uri.clone(), headers, body }
}

/// Gives an error of the embedded SQS the form of the real one, so that the SDK knows its code.
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
