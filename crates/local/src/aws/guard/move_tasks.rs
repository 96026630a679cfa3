//! Message move tasks: move messages from a dead-letter queue back to their source.
//!
//! The embedded SQS accepts such tasks and never runs them. Here a task advances as far as its rate allows: whenever
//! tasks are listed or cancelled, or a message is received. Limits and answers:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>.

use std::time::Instant;

use prelude_webhooks::route::QueueUrl;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use winterbaume_core::{MockRequest, MockResponse};

use super::{
    Guard, member,
    wire::{Code, Refusal},
    with_body,
};
use crate::aws::place;

/// Tasks so far, newest last.
#[derive(Debug, Default)]
pub(super) struct MoveTasks(Mutex<Vec<Task>>);

#[derive(Debug)]
struct Task {
    handle: String,
    source_arn: String,
    destination_url: String,
    rate: Option<u64>,
    started: Instant,
    started_at: u64,
    status: &'static str,
    failure: Option<String>,
    moved: u64,
    to_move: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
    max_results: Option<usize>,
    task_handle: String,
}

const RUNNING: &str = "RUNNING";
/// Number of a queue's tasks that SQS lists.
const KEPT: usize = 10;

impl Guard {
    pub(super) async fn start_move_task(&self, request: &MockRequest) -> MockResponse {
        let asked = asked(request);
        let mut tasks = self.move_tasks.0.lock().await;
        match self.new_task(request, &asked, &tasks).await {
            Ok(task) => {
                let answer = json!({"TaskHandle": task.handle});
                tasks.push(task);
                self.advance(request, &mut tasks).await;
                MockResponse::json(200, answer.to_string())
            }
            Err(refusal) => refusal.into_response(),
        }
    }

    pub(super) async fn list_move_tasks(&self, request: &MockRequest) -> MockResponse {
        let asked = asked(request);
        let mut tasks = self.move_tasks.0.lock().await;
        self.advance(request, &mut tasks).await;
        let of_queue = tasks.iter().rev().filter(|task| task.source_arn == asked.source_arn);
        let results: Vec<_> =
            of_queue.take(asked.max_results.unwrap_or(1).min(KEPT)).map(Task::result).collect();
        MockResponse::json(200, json!({"Results": results}).to_string())
    }

    pub(super) async fn cancel_move_task(&self, request: &MockRequest) -> MockResponse {
        let asked = asked(request);
        let mut tasks = self.move_tasks.0.lock().await;
        self.advance(request, &mut tasks).await;
        match tasks.iter_mut().find(|task| task.handle == asked.task_handle) {
            Some(task) if task.status == RUNNING => {
                task.status = "CANCELLED";
                let answer = json!({"ApproximateNumberOfMessagesMoved": task.moved});
                MockResponse::json(200, answer.to_string())
            }
            Some(_) => unsupported("Only active tasks can be cancelled.").into_response(),
            None => Refusal::new(Code::ResourceNotFound, "Task does not exist.").into_response(),
        }
    }

    /// Advances running tasks, unless another call does so already.
    pub(super) async fn advance_move_tasks(&self, request: &MockRequest) {
        if let Ok(mut tasks) = self.move_tasks.0.try_lock() {
            self.advance(request, &mut tasks).await;
        }
    }

    async fn new_task(&self, request: &MockRequest, asked: &Asked, tasks: &[Task]) -> Result<Task, Refusal> {
        let invalid = |text: &str| Refusal::new(Code::InvalidParameterValue, text);
        if asked.max_number_of_messages_per_second.is_some_and(|rate| !(1..=500).contains(&rate)) {
            return Err(invalid("MaxNumberOfMessagesPerSecond must be between 1 and 500."));
        }
        let url = url_of(&asked.source_arn);
        let question = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]});
        let attributes = self.ask(request, "GetQueueAttributes", &question).await.map_err(|_missing| {
            Refusal::new(Code::ResourceNotFound, "The resource of the SourceArn parameter doesn't exist.")
        })?;
        let sources = self.ask(request, "ListDeadLetterSourceQueues", &json!({"QueueUrl": url})).await;
        let sources = sources.unwrap_or_default();
        let source = ["queueUrls", "QueueUrls"].iter().find_map(|name| sources.get(*name)?.get(0)?.as_str());
        let source =
            source.ok_or_else(|| invalid("Source queue must be configured as a Dead Letter Queue."))?;
        if tasks.iter().any(|task| task.source_arn == asked.source_arn && task.status == RUNNING) {
            return Err(unsupported("There is already a task running for this source queue."));
        }
        let depth = attributes
            .get("Attributes")
            .and_then(|attributes| member(attributes, "ApproximateNumberOfMessages"))
            .and_then(|depth| depth.parse().ok());
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Ok(Task {
            handle: format!("task-{}-{}", tasks.len() + 1, now.as_nanos()),
            source_arn: asked.source_arn.clone(),
            destination_url: asked.destination_arn.as_deref().map_or_else(|| source.to_owned(), url_of),
            rate: asked.max_number_of_messages_per_second.and_then(|rate| rate.try_into().ok()),
            started: Instant::now(),
            started_at: now.as_millis().try_into().unwrap_or_default(),
            status: RUNNING,
            failure: None,
            moved: 0,
            to_move: depth.unwrap_or_default(),
        })
    }

    async fn advance(&self, request: &MockRequest, tasks: &mut [Task]) {
        for task in tasks.iter_mut().filter(|task| task.status == RUNNING) {
            while task.may_move() {
                match self.move_one(request, &url_of(&task.source_arn), &task.destination_url).await {
                    Ok(true) => task.moved += 1,
                    Ok(false) => {
                        task.status = "COMPLETED";
                        break;
                    }
                    Err(code) => {
                        task.status = "FAILED";
                        task.failure = Some(code);
                        break;
                    }
                }
            }
        }
    }

    /// Moves one message. Returns `false` if the queue is empty.
    async fn move_one(&self, request: &MockRequest, from: &str, to: &str) -> Result<bool, String> {
        let question = json!({
            "QueueUrl": from, "MaxNumberOfMessages": 1, "VisibilityTimeout": 60, "WaitTimeSeconds": 0,
            "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
        });
        let received = self.ask(request, "ReceiveMessage", &question).await?;
        let Some(message) = received.get("Messages").and_then(|messages| messages.get(0)) else {
            return Ok(false);
        };
        let mut again = Map::new();
        let mut copy = |name: &str, value: Option<&Value>| {
            again.extend(value.map(|value| (name.to_owned(), value.clone())));
        };
        copy("QueueUrl", Some(&json!(to)));
        copy("MessageBody", message.get("Body"));
        copy("MessageAttributes", message.get("MessageAttributes"));
        let attributes = message.get("Attributes");
        copy("MessageGroupId", attributes.and_then(|attributes| attributes.get("MessageGroupId")));
        if let Some(trace_header) = attributes.and_then(|attributes| member(attributes, "AWSTraceHeader")) {
            let value = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": trace_header}});
            copy("MessageSystemAttributes", Some(&value));
        }
        if to.ends_with(".fifo") {
            // SQS uses the id of the message in the dead-letter queue as the new deduplication id.
            copy("MessageDeduplicationId", message.get("MessageId"));
        }
        self.ask(request, "SendMessage", &Value::Object(again)).await?;
        let handle = message.get("ReceiptHandle");
        self.ask(request, "DeleteMessage", &json!({"QueueUrl": from, "ReceiptHandle": handle})).await?;
        Ok(true)
    }

    /// Calls this service as a client would. The error is SQS's code.
    async fn ask(&self, request: &MockRequest, action: &str, body: &Value) -> Result<Value, String> {
        // Boxed, because `dispatch` may call this again.
        let response = Box::pin(self.dispatch(with_body(request, action, body))).await;
        let answer = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        if response.status == 200 {
            return Ok(answer);
        }
        Err(member(&answer, "__type")
            .and_then(|name| name.rsplit('#').next())
            .unwrap_or("InternalError")
            .to_owned())
    }
}

impl Task {
    /// Reports whether the rate allows one more message by now.
    fn may_move(&self) -> bool {
        self.rate.is_none_or(|rate| self.moved < self.started.elapsed().as_millis() as u64 * rate / 1_000)
    }

    fn result(&self) -> Value {
        let mut result = json!({
            "SourceArn": self.source_arn, "Status": self.status, "StartedTimestamp": self.started_at,
            "ApproximateNumberOfMessagesMoved": self.moved, "ApproximateNumberOfMessagesToMove": self.to_move,
        });
        let optional = [
            ("TaskHandle", (self.status == RUNNING).then(|| json!(self.handle))),
            ("FailureReason", self.failure.as_ref().map(|code| json!(code))),
            ("MaxNumberOfMessagesPerSecond", self.rate.map(|rate| json!(rate))),
        ];
        if let Some(members) = result.as_object_mut() {
            members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        result
    }
}

fn unsupported(text: &str) -> Refusal {
    Refusal::new(Code::UnsupportedOperation, text)
}

fn asked(request: &MockRequest) -> Asked {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

fn url_of(arn: &str) -> String {
    place::queue_url_prefix(QueueUrl::name_in(&arn.replace(':', "/")))
}
