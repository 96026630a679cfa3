//! The edge to SQS. The only file that names `aws_sdk_sqs`.

use std::collections::HashMap;

use aws_config::{
    BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_sqs::{
    Client,
    error::SdkError,
    operation::send_message_batch::{SendMessageBatchError, SendMessageBatchOutput},
    types::{
        MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
        SendMessageBatchRequestEntry,
    },
};
use tokio::time::Duration;

use super::{
    failure::SqsFailure,
    message::Message,
    send_batch::{Acknowledgement, SendBatch},
};
use crate::route::QueueUrl;

/// Sends batches through the AWS SDK.
#[derive(Debug, Clone)]
pub struct SqsSender {
    client: Client,
}

impl SqsSender {
    /// Sends through this client.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// The function's own client, with settings and credentials from the environment. The region comes from a queue's
    /// URL where it names one.
    pub async fn from_environment(queue_url: &QueueUrl) -> Self {
        let region = region_of(queue_url.as_str()).map(Region::new);
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = region {
            loader = loader.region(region);
        }
        Self::new(Client::from_conf(with_limits((&loader.load().await).into()).build()))
    }
}

/// Adds the settings that do not depend on account and region. The SDK makes no retries, because only the publisher knows
/// which entries failed. The publisher also limits the time of a call.
#[must_use]
pub fn with_limits(config: aws_sdk_sqs::config::Builder) -> aws_sdk_sqs::config::Builder {
    config
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).build())
}

impl SendBatch for SqsSender {
    async fn send_batch(
        &self,
        queue_url: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        // The builder's own methods would add one by one, and grow each collection several times.
        let mut entries = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            entries.push(entry(index, message)?);
        }
        let call = self.client.send_message_batch().queue_url(queue_url.as_str()).set_entries(Some(entries));
        match call.send().await {
            Ok(answer) => Ok(acknowledgements(&answer, messages.len())),
            Err(error) => Err(call_failure(&error)),
        }
    }
}

fn entry(index: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, SqsFailure> {
    let invalid = |_missing| SqsFailure::unanswered("request");
    let mut attributes = HashMap::with_capacity(message.attribute_count());
    for (name, value) in message.attributes() {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value);
        attributes.insert(name.to_owned(), value.build().map_err(invalid)?);
    }
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(message.body())
        .set_message_attributes(Some(attributes));
    if let Some(trace_header) = message.trace_header() {
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace_header);
        let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
        entry = entry.message_system_attributes(name, value.build().map_err(invalid)?);
    }
    if let Some(fifo) = message.fifo() {
        entry = entry.message_deduplication_id(&*fifo.deduplication_id).message_group_id(&*fifo.group_id);
    }
    entry.build().map_err(invalid)
}

/// Acknowledgement of each entry. An entry is durable only if SQS names it as successful, with an id.
fn acknowledgements(answer: &SendMessageBatchOutput, count: usize) -> Vec<Acknowledgement> {
    let mut acknowledged = vec![Acknowledgement::Missing; count];
    let mut note = |id: &str, acknowledgement| {
        if let Some(entry) = id.parse::<usize>().ok().and_then(|index| acknowledged.get_mut(index)) {
            *entry = acknowledgement;
        }
    };
    for success in answer.successful() {
        if !success.message_id().is_empty() {
            note(success.id(), Acknowledgement::Durable);
        }
    }
    // Failures come second, because an entry with both results is not known to be durable.
    for failed in answer.failed() {
        note(failed.id(), Acknowledgement::Failed(SqsFailure::of_entry(failed.code())));
    }
    acknowledged
}

fn call_failure(error: &SdkError<SendMessageBatchError>) -> SqsFailure {
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match answer.err().meta().code() {
                Some(code) => SqsFailure::answered(code, status),
                None => SqsFailure::answered("", status),
            }
        }
        SdkError::TimeoutError(_) => SqsFailure::timeout(),
        SdkError::DispatchFailure(_) => SqsFailure::unanswered("dispatch"),
        SdkError::ResponseError(_) => SqsFailure::unanswered("response"),
        _ => SqsFailure::unanswered("request"),
    }
}

/// Region in `https://sqs.<region>.amazonaws.com…`. A queue is reached in its own region, not in the function's.
#[must_use]
pub fn region_of(queue_url: &str) -> Option<String> {
    let host = queue_url.strip_prefix("https://sqs.")?.split('/').next()?;
    let (region, domain) = host.split_once('.')?;
    matches!(domain, "amazonaws.com" | "amazonaws.com.cn").then(|| region.into())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn a_call_without_an_answer_is_called_by_where_it_broke() {
        let error = || std::io::Error::other("broken").into();
        let response = HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
        for (error, code) in [
            (SdkError::timeout_error("slow"), "timeout"),
            (SdkError::dispatch_failure(ConnectorError::io(error())), "dispatch"),
            (SdkError::response_error("garbage", response), "response"),
            (SdkError::construction_failure("invalid"), "request"),
        ] {
            assert_eq!(call_failure(&error), SqsFailure::unanswered(code), "{error}");
        }
    }

    #[test]
    fn the_region_is_the_one_of_the_queues_url() {
        for (url, region) in [
            ("https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/prelude-webhooks-", Some("cn-north-1")),
            ("https://sqs.eu-west-1.amazonaws.com.example/123456789012/prelude-webhooks-", None),
            ("https://sqs.amazonaws.com/123456789012/prelude-webhooks-", None),
            ("http://127.0.0.1:9324/123456789012/prelude-webhooks-", None),
        ] {
            assert_eq!(region_of(url).as_deref(), region, "{url}");
        }
    }
}
