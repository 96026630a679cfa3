//! Lambda's event of an SQS queue, and the answer to it.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// Lambda's event: a batch of records.
///
/// Bodies are texts, so a broken body fails its own record only. An event without `Records`, or a record without a
/// `messageId`, is an error: no answer could report that record, so the invocation has to fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SqsEvent {
    /// The records, in the order of the queue.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

impl From<Vec<Record>> for SqsEvent {
    fn from(records: Vec<Record>) -> Self {
        Self { records }
    }
}

/// One message of the queue, not parsed yet. `Debug` shows neither the body nor the attributes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Wire")]
#[non_exhaustive]
pub struct Record {
    /// SQS's id of the message. It does not identify the event, because a retry of Prelude is a new message.
    pub message_id: String,
    /// The body as text.
    pub body: String,
    /// The message attributes of type String, by name.
    pub attributes: BTreeMap<String, String>,
    /// The message group. Messages of standard queues can have one, too.
    pub group_id: Option<String>,
    /// ARN of the queue.
    pub queue_arn: String,
}

impl Record {
    /// Creates a record without attributes, e.g. for tests.
    pub fn new(message_id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            message_id: message_id.into(),
            body: body.into(),
            attributes: BTreeMap::new(),
            group_id: None,
            queue_arn: String::new(),
        }
    }

    /// The text of a message attribute; `None` if it is absent.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The group whose order must be kept; `None` on standard queues.
    pub(crate) fn fifo_group(&self) -> Option<&str> {
        self.queue_arn.ends_with(".fifo").then(|| self.group_id.as_deref().unwrap_or_default())
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("message_id", &self.message_id)
            .field("queue_arn", &self.queue_arn)
            .finish_non_exhaustive()
    }
}

/// The answer to Lambda: the records to deliver again. An empty list is success.
///
/// Lambda ignores it unless the event source mapping has `FunctionResponseTypes: [ReportBatchItemFailures]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BatchResponse {
    /// The failed records, in the order of the event.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A failed record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BatchItemFailure {
    /// The record's message id.
    pub item_identifier: String,
}

impl BatchResponse {
    pub(crate) fn add(&mut self, message_id: String) {
        self.batch_item_failures.push(BatchItemFailure { item_identifier: message_id });
    }
}

/// A record as Lambda spells it. Only the message id must have its documented form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    message_id: String,
    #[serde(default)]
    body: Lenient<String>,
    #[serde(default)]
    attributes: Lenient<SystemAttributes>,
    #[serde(default)]
    message_attributes: Lenient<BTreeMap<String, Lenient<MessageAttribute>>>,
    #[serde(default, rename = "eventSourceARN")]
    event_source_arn: Lenient<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SystemAttributes {
    #[serde(default)]
    message_group_id: Lenient<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageAttribute {
    string_value: String,
}

impl TryFrom<Wire> for Record {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        if wire.message_id.is_empty() {
            return Err("messageId of a record is empty: expected SQS's id");
        }
        let attributes = wire.message_attributes.0.unwrap_or_default().into_iter();
        Ok(Self {
            message_id: wire.message_id,
            body: wire.body.0.unwrap_or_default(),
            attributes: attributes.filter_map(|(name, value)| Some((name, value.0?.string_value))).collect(),
            group_id: wire.attributes.0.and_then(|system| system.message_group_id.0),
            queue_arn: wire.event_source_arn.0.unwrap_or_default(),
        })
    }
}

/// `None` for any other form, because one odd member must not fail the records beside it.
struct Lenient<T>(Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<T> {
            Expected(T),
            Other(IgnoredAny),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Expected(value) => Self(Some(value)),
            Form::Other(IgnoredAny) => Self(None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_lambda_spells_it() {
        let event: SqsEvent = serde_json::from_str(
            r#"{"Records":[{"messageId":"m-1","receiptHandle":"r","body":"{}","attributes":{"MessageGroupId":"user-1"},
            "messageAttributes":{"source":{"stringValue":"verify","stringListValues":[],"dataType":"String"},
            "picture":{"binaryValue":"AA==","dataType":"Binary"}},
            "eventSourceARN":"arn:aws:sqs:eu-west-1:1:q.fifo"}]}"#,
        )
        .unwrap();
        let record = &event.records[0];
        assert_eq!(record.attribute("source"), Some("verify"));
        assert_eq!(record.attribute("picture"), None);
        assert_eq!((&*record.body, record.fifo_group()), ("{}", Some("user-1")));
    }

    #[test]
    fn odd_members_fail_no_other_record_and_a_missing_id_fails_all() {
        let parse = |text: &str| serde_json::from_str::<SqsEvent>(text);
        let odd =
            r#"{"messageId":"m","body":7,"attributes":[],"messageAttributes":{"a":1},"eventSourceARN":null}"#;
        let event = parse(&format!(r#"{{"Records":[{odd},{{"messageId":"n"}}]}}"#)).unwrap();
        assert_eq!(event.records, [Record::new("m", ""), Record::new("n", "")]);
        for broken in [r#"{"Records":[{}]}"#, r#"{"Records":[{"messageId":""}]}"#, r#"{"records":[]}"#, "[]"]
        {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn debug_output_holds_no_body() {
        let mut record = Record::new("m-1", "secret");
        record.attributes.insert("event_id".into(), "secret".into());
        let text = format!("{:?}", SqsEvent::from(vec![record]));
        assert!(text.contains("m-1") && !text.contains("secret"), "{text}");
    }
}
