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

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_sqs::SqsService;

use super::faults::{Fault, FaultKind, Faults};
use ledger::Ledger;
use move_tasks::MoveTasks;
use record::{RecordedCall, RecordedEntry, Records};
use rules::{MAX_BYTES, QueueRules, check_batch, check_entry, message_bytes};
use wire::{BatchRequest, Code, Entry, Refusal, SingleRequest, error_response, queue_name};

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

    async fn send_batch(&self, request: MockRequest) -> MockResponse {
        let batch = match serde_json::from_slice::<BatchRequest>(&request.body) {
            Ok(batch) => batch,
            Err(error) => return Refusal::new(Code::Serialization, error.to_string()).into_response(),
        };
        let name = queue_name(&batch.queue_url).to_owned();
        self.records.call(&name, &batch.entries);
        if let Some(response) = self.fail_call(&name).await {
            return response;
        }
        let queue = match self.queue(&request, &batch.queue_url).await {
            Ok(queue) => queue,
            Err(refusal) => return refusal.into_response(),
        };
        if let Err(refusal) = check_batch(&batch.entries) {
            return refusal.into_response();
        }
        let mut failed = Vec::new();
        let mut taken = Vec::new();
        for entry in batch.entries {
            match self.fail_entry(&name, &entry) {
                Some(failure) => failed.push(failure),
                None => match check_entry(&entry, &queue) {
                    Ok(()) => taken.push(entry),
                    Err(refusal) => failed.push(refusal.into_failed_entry(&entry.id)),
                },
            }
        }
        if taken.is_empty() {
            return batch_response(Vec::new(), failed);
        }
        let batch = BatchRequest { queue_url: batch.queue_url, entries: taken };
        let response = self.inner.handle(with_body(&request, "SendMessageBatch", &batch)).await;
        if response.status != 200 {
            return response;
        }
        let mut answer = serde_json::from_slice::<Map<String, Value>>(&response.body).unwrap_or_default();
        let successful = match answer.remove("Successful") {
            Some(Value::Array(successful)) => successful,
            _ => Vec::new(),
        };
        for entry in batch.entries {
            let result = successful.iter().find(|result| member(result, "Id") == Some(&entry.id));
            if let Some(id) = result.and_then(|result| member(result, "MessageId")) {
                self.ledger.accepted(&name, id, &entry);
                self.records.accepted(&name, id, entry);
            }
        }
        batch_response(successful, failed)
    }

    async fn send_one(&self, request: MockRequest) -> MockResponse {
        let single = match serde_json::from_slice::<SingleRequest>(&request.body) {
            Ok(single) => single,
            Err(error) => return Refusal::new(Code::Serialization, error.to_string()).into_response(),
        };
        let name = queue_name(&single.queue_url).to_owned();
        self.records.call(&name, std::slice::from_ref(&single.entry));
        if let Some(response) = self.fail_call(&name).await {
            return response;
        }
        let checked = match self.queue(&request, &single.queue_url).await {
            Ok(queue) => check_entry(&single.entry, &queue),
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = checked {
            return refusal.into_response();
        }
        let response = self.inner.handle(request).await;
        let answer = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        if let (200, Some(id)) = (response.status, member(&answer, "MessageId")) {
            self.ledger.accepted(&name, id, &single.entry);
            self.records.accepted(&name, id, single.entry);
        }
        response
    }

    /// What the rules need to know of a queue, or that there is none.
    async fn queue(&self, request: &MockRequest, url: &str) -> Result<QueueRules, Refusal> {
        let question = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let response = self.inner.handle(with_body(request, "GetQueueAttributes", &question)).await;
        if response.status != 200 {
            return Err(Refusal::new(Code::QueueDoesNotExist, "The specified queue does not exist."));
        }
        let answer = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let attribute = |name: &str| answer.get("Attributes").and_then(|attributes| member(attributes, name));
        Ok(QueueRules {
            fifo: attribute("FifoQueue") == Some("true"),
            content_based_deduplication: attribute("ContentBasedDeduplication") == Some("true"),
            max_message_bytes: attribute("MaximumMessageSize")
                .and_then(|size| size.parse().ok())
                .unwrap_or(MAX_BYTES),
        })
    }

    async fn fail_call(&self, queue: &str) -> Option<MockResponse> {
        fail(self.faults.for_call(queue)?).await
    }

    /// The fault of a call that was injected for this action alone.
    async fn fail_action(&self, action: &str, request: &MockRequest) -> Option<MockResponse> {
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        fail(self.faults.for_action(action, queue_name(member(&body, "QueueUrl").unwrap_or_default()))?).await
    }

    fn fail_entry(&self, queue: &str, entry: &Entry) -> Option<Value> {
        let (code, sender_fault) = self.faults.for_entry(queue, &entry.message_body)?;
        Some(
            json!({"Id": entry.id, "SenderFault": sender_fault, "Code": code, "Message": "An injected fault."}),
        )
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

/// Like SQS, leaves out a list that is empty.
fn batch_response(successful: Vec<Value>, failed: Vec<Value>) -> MockResponse {
    let mut answer = Map::new();
    for (name, list) in [("Successful", successful), ("Failed", failed)] {
        if !list.is_empty() {
            answer.insert(name.to_owned(), Value::Array(list));
        }
    }
    MockResponse::json(200, Value::Object(answer).to_string())
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

/// The size of a whole batch as SQS counts it.
pub(crate) fn batch_bytes(entries: &[Entry]) -> usize {
    entries.iter().map(message_bytes).sum()
}
