//! `SendMessage` and `SendMessageBatch`: applies injected faults, then SQS's limits, then sends to the embedded SQS.

use prelude_webhooks::route::QueueUrl;
use serde_json::{Map, Value, json};
use winterbaume_core::{MockRequest, MockResponse, MockService as _};

use super::{
    Guard, fail, member,
    rules::{MAX_BYTES, QueueRules, check_batch, check_entry},
    wire::{BatchRequest, Code, Entry, Refusal, SingleRequest},
    with_body,
};

impl Guard {
    pub(super) async fn send_batch(&self, request: MockRequest) -> MockResponse {
        let batch = match serde_json::from_slice::<BatchRequest>(&request.body) {
            Ok(batch) => batch,
            Err(error) => return Refusal::new(Code::Serialization, error.to_string()).into_response(),
        };
        let name = batch.queue().to_owned();
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

    pub(super) async fn send_one(&self, request: MockRequest) -> MockResponse {
        let single = match serde_json::from_slice::<SingleRequest>(&request.body) {
            Ok(single) => single,
            Err(error) => return Refusal::new(Code::Serialization, error.to_string()).into_response(),
        };
        let name = QueueUrl::name_in(&single.queue_url).to_owned();
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

    /// Settings of a queue that the rules depend on, or the refusal because it does not exist.
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

    fn fail_entry(&self, queue: &str, entry: &Entry) -> Option<Value> {
        let (code, sender_fault) = self.faults.for_entry(queue, &entry.message_body)?;
        Some(
            json!({"Id": entry.id, "SenderFault": sender_fault, "Code": code, "Message": "An injected fault."}),
        )
    }
}

/// Answer to a batch. Omits empty lists, as SQS does.
fn batch_response(successful: Vec<Value>, failed: Vec<Value>) -> MockResponse {
    let mut answer = Map::new();
    for (name, list) in [("Successful", successful), ("Failed", failed)] {
        if !list.is_empty() {
            answer.insert(name.to_owned(), Value::Array(list));
        }
    }
    MockResponse::json(200, Value::Object(answer).to_string())
}
