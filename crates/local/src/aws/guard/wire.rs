//! SQS's JSON protocol (awsJson1.0), as far as the guard reads and writes it.

use std::collections::BTreeMap;

use prelude_webhooks::route::QueueUrl;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

/// `SendMessageBatch`, with unknown members left out.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BatchRequest {
    /// The queue that the whole batch goes to.
    pub queue_url: String,
    /// The messages, in order.
    pub entries: Vec<Entry>,
}

impl BatchRequest {
    /// Name of the queue.
    pub fn queue(&self) -> &str {
        QueueUrl::name_in(&self.queue_url)
    }
}

/// `SendMessage`: one entry without an id, beside its queue.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SingleRequest {
    /// The queue that the message goes to.
    pub queue_url: String,
    /// The message itself.
    #[serde(flatten)]
    pub entry: Entry,
}

/// One message as its sender describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Entry {
    /// Names the entry within its batch.
    pub id: String,
    /// The message's text.
    pub message_body: String,
    /// The sender's own attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<String, AttributeValue>,
    /// Attributes that AWS gives a meaning; there is one, `AWSTraceHeader`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_system_attributes: BTreeMap<String, AttributeValue>,
    /// Seconds for which the message stays invisible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<i64>,
    /// FIFO: what is delivered in order. Standard: the tenant for fair queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<String>,
    /// FIFO: messages with the same one are one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_deduplication_id: Option<String>,
}

/// An attribute's value with its type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttributeValue {
    /// `String`, `Number` or `Binary`, and perhaps a label of the sender's after a dot.
    pub data_type: String,
    /// Of strings and numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Of binary attributes, as base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl AttributeValue {
    /// A string attribute.
    pub fn string(value: impl Into<String>) -> Self {
        Self { data_type: "String".to_owned(), string_value: Some(value.into()), binary_value: None }
    }
}

/// Why SQS does not take a call or an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code that callers act on.
    pub code: Code,
    /// SQS's sentence about it.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The answer to a call that is refused as a whole.
    pub(crate) fn into_response(self) -> MockResponse {
        error_response(400, self.code.shape(), self.code.query_code(), &self.message)
    }

    /// The entry's place in the `Failed` list of a batch.
    pub(crate) fn into_failed_entry(self, id: &str) -> Value {
        json!({"Id": id, "SenderFault": true, "Code": self.code.query_code(), "Message": self.message})
    }
}

/// SQS's error codes, one line each: the variant, the shape's name, the code in the older Query protocol.
///
/// The SDKs look at the Query code, which travels in the header `x-amzn-query-error`.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $shape:literal, $query:literal;)*) => {
        /// An error code of SQS.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The name of the error's shape in SQS's model.
            pub fn shape(self) -> &'static str {
                match self { $(Self::$variant => $shape,)* }
            }

            /// The code that SDKs and `Failed` entries carry.
            pub fn query_code(self) -> &'static str {
                match self { $(Self::$variant => $query,)* }
            }

            /// The code's row for one of the two names.
            pub(crate) fn find(name: &str) -> Option<Self> {
                let all = [$(Self::$variant),*];
                all.into_iter().find(|code| [code.shape(), code.query_code()].contains(&name))
            }
        }
    };
}

codes! {
    /// A batch without entries.
    EmptyBatchRequest, "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest";
    /// More than ten entries.
    TooManyEntries, "TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
    /// Two entries with one id.
    IdsNotDistinct, "BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
    /// An id with a forbidden character or length.
    InvalidEntryId, "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId";
    /// All entries together are over the limit.
    BatchTooLong, "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong";
    /// No queue has this URL.
    QueueDoesNotExist, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue";
    /// A character that SQS does not carry.
    InvalidMessageContents, "InvalidMessageContents", "InvalidMessageContents";
    /// A parameter whose value breaks a rule.
    InvalidParameterValue, "InvalidParameterValue", "InvalidParameterValue";
    /// A parameter that is needed is not there, or is empty.
    MissingParameter, "MissingParameter", "MissingParameter";
    /// A move task, or the queue that it is to empty, is not there.
    ResourceNotFound, "ResourceNotFoundException", "ResourceNotFoundException";
    /// Not in this state: a second move task, or the end of one that has ended.
    UnsupportedOperation, "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation";
    /// The request is no JSON of this operation.
    Serialization, "SerializationException", "SerializationException";
}

/// An error as real SQS answers it: the shape in the body, the Query code in the header.
pub fn error_response(status: u16, shape: &str, query_code: &str, message: &str) -> MockResponse {
    let body = json!({"__type": format!("com.amazonaws.sqs#{shape}"), "message": message});
    let mut response = MockResponse::json(status, body.to_string());
    let blame = if status >= 500 { "Receiver" } else { "Sender" };
    if let Ok(value) = http::HeaderValue::from_str(&format!("{query_code};{blame}")) {
        response.headers.insert("x-amzn-query-error", value);
    }
    response
}
