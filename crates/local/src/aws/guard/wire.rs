//! SQS's JSON protocol (awsJson1.0): the requests and errors that the guard reads and writes.

use std::collections::BTreeMap;

use prelude_webhooks::route::QueueUrl;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

/// Request of `SendMessageBatch`. Unknown members are ignored.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BatchRequest {
    /// URL of the queue that the whole batch goes to.
    pub queue_url: String,
    /// Messages, in order.
    pub entries: Vec<Entry>,
}

impl BatchRequest {
    /// Name of the queue.
    pub fn queue(&self) -> &str {
        QueueUrl::name_in(&self.queue_url)
    }
}

/// Request of `SendMessage`: one entry without an id, and its queue.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SingleRequest {
    /// URL of the queue that the message goes to.
    pub queue_url: String,
    /// Message without an entry id.
    #[serde(flatten)]
    pub entry: Entry,
}

/// Message as its sender describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Entry {
    /// Identifies the entry within its batch.
    pub id: String,
    /// Message body.
    pub message_body: String,
    /// Attributes that the sender chooses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<String, AttributeValue>,
    /// Attributes defined by AWS. `AWSTraceHeader` is the only one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_system_attributes: BTreeMap<String, AttributeValue>,
    /// Seconds until the message becomes visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<i64>,
    /// FIFO queue: group that is delivered in order. Standard queue: tenant of a fair queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<String>,
    /// FIFO queue: messages with the same id count as one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_deduplication_id: Option<String>,
}

impl Entry {
    /// String value of an attribute that the sender chose.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.message_attributes.get(name)?.string_value.as_deref()
    }
}

/// Value of an attribute, with its type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttributeValue {
    /// `String`, `Number` or `Binary`, optionally with a custom label after a dot.
    pub data_type: String,
    /// Value of a string or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Value of a binary attribute, as base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl AttributeValue {
    /// Attribute of type string.
    pub fn string(value: impl Into<String>) -> Self {
        Self { data_type: "String".to_owned(), string_value: Some(value.into()), binary_value: None }
    }
}

/// Error with which SQS refuses a call or an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Error code, which clients act on.
    pub code: Code,
    /// Error text of SQS.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Answer to a call that is refused as a whole.
    pub(crate) fn into_response(self) -> MockResponse {
        error_response(400, self.code.shape(), self.code.query_code(), &self.message)
    }

    /// Element of a batch's `Failed` list.
    pub(crate) fn into_failed_entry(self, id: &str) -> Value {
        json!({"Id": id, "SenderFault": true, "Code": self.code.query_code(), "Message": self.message})
    }
}

/// Error codes of SQS, one line each: variant, name of the shape, and code of the older Query protocol.
///
/// SDKs read the Query code, which travels in the header `x-amzn-query-error`.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $shape:literal, $query:literal;)*) => {
        /// Error code of SQS.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Name of the error's shape in SQS's model.
            pub fn shape(self) -> &'static str {
                match self { $(Self::$variant => $shape,)* }
            }

            /// Code in SDK errors and in `Failed` entries.
            pub fn query_code(self) -> &'static str {
                match self { $(Self::$variant => $query,)* }
            }

            /// Code with this shape or Query code.
            pub(crate) fn find(name: &str) -> Option<Self> {
                let all = [$(Self::$variant),*];
                all.into_iter().find(|code| [code.shape(), code.query_code()].contains(&name))
            }
        }
    };
}

codes! {
    /// Batch without entries.
    EmptyBatchRequest, "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest";
    /// More than ten entries.
    TooManyEntries, "TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
    /// Two entries with one id.
    IdsNotDistinct, "BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
    /// Id with a forbidden character or length.
    InvalidEntryId, "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId";
    /// Entries that together exceed the size limit.
    BatchTooLong, "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong";
    /// URL without a queue.
    QueueDoesNotExist, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue";
    /// Character that SQS does not allow.
    InvalidMessageContents, "InvalidMessageContents", "InvalidMessageContents";
    /// Parameter with a value that breaks a rule.
    InvalidParameterValue, "InvalidParameterValue", "InvalidParameterValue";
    /// Required parameter that is missing or empty.
    MissingParameter, "MissingParameter", "MissingParameter";
    /// Move task, or its source queue, that does not exist.
    ResourceNotFound, "ResourceNotFoundException", "ResourceNotFoundException";
    /// Second running move task of a queue, or cancellation of a task that has ended.
    UnsupportedOperation, "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation";
    /// Request body that is not JSON of this operation.
    Serialization, "SerializationException", "SerializationException";
}

/// Error response in SQS's form: the shape in the body, the Query code in a header.
pub fn error_response(status: u16, shape: &str, query_code: &str, message: &str) -> MockResponse {
    let body = json!({"__type": format!("com.amazonaws.sqs#{shape}"), "message": message});
    let mut response = MockResponse::json(status, body.to_string());
    let blame = if status >= 500 { "Receiver" } else { "Sender" };
    if let Ok(value) = http::HeaderValue::from_str(&format!("{query_code};{blame}")) {
        response.headers.insert("x-amzn-query-error", value);
    }
    response
}
