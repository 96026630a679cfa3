//! The least Lambda function that fans a delivery out to SQS, in the way that a first version is written. It checks
//! nothing, so it is a floor to measure the receiver against and not a receiver.

use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use aws_config::BehaviorVersion;
use aws_sdk_sqs::{
    Client,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use aws_smithy_types::{DateTime, date_time::Format};
use futures_util::future::try_join_all;
use lambda_http::{Error, Request, RequestExt, service_fn};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event of the body.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    /// Id of the event.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Type of the event, which names its queue.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
}

/// Common facts of a delivery's events.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Source of the events.
    pub source: &'static str,
    /// The Session app.
    pub app_id: &'a str,
    /// Id of the invocation.
    pub request_id: &'a str,
    /// Time of the request, in RFC 3339.
    pub received_at: &'a str,
}

/// Makes the message attributes of an event: names and values.
pub type Attributes = fn(&Delivery<'_>, &Event<'_>) -> Vec<(&'static str, String)>;

/// Answers invocations. `attributes` makes the message attributes of an event.
///
/// # Errors
/// The environment has no prefix of queue URLs, or the Runtime API is unreachable.
pub async fn run(attributes: Attributes) -> Result<(), Error> {
    let prefix = std::env::var("PRELUDE_QUEUE_URL_PREFIX")?;
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    lambda_http::run(service_fn(|request: Request| fan_out(&client, &prefix, attributes, request))).await
}

async fn fan_out(
    client: &Client,
    prefix: &str,
    attributes: Attributes,
    request: Request,
) -> Result<String, Error> {
    let body: Body<'_> = serde_json::from_slice(request.body())?;
    let (source, events) = match body.events {
        Some(events) => ("session", events),
        None => ("verify", vec![serde_json::from_slice(request.body())?]),
    };
    let context = request.lambda_context();
    let received_at = DateTime::from(SystemTime::now()).fmt(Format::DateTime)?;
    let delivery = Delivery {
        source,
        app_id: body.app_id.as_deref().unwrap_or("none"),
        request_id: &context.request_id,
        received_at: &received_at,
    };
    let mut queues: BTreeMap<String, Vec<SendMessageBatchRequestEntry>> = BTreeMap::new();
    let accepted = events.len();
    for raw in events {
        let event: Event<'_> = serde_json::from_str(raw.get())?;
        let entries = queues.entry(event.kind.replace(['.', '_'], "-")).or_default();
        let mut entry = SendMessageBatchRequestEntry::builder()
            .id((entries.len() % MAX_ENTRIES).to_string())
            .message_body(raw.get());
        for (name, value) in attributes(&delivery, &event) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build()?;
            entry = entry.message_attributes(name, value);
        }
        entries.push(entry.build()?);
    }
    let mut calls = Vec::new();
    for (slug, mut entries) in queues {
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(MAX_ENTRIES));
            let url = format!("{prefix}{slug}");
            calls.push(client.send_message_batch().queue_url(url).set_entries(Some(entries)).send());
            entries = rest;
        }
    }
    let answers = try_join_all(calls).await?;
    if answers.iter().any(|answer| !answer.failed.is_empty()) {
        return Err("SQS refused an entry".into());
    }
    Ok(format!(r#"{{"accepted":{accepted}}}"#))
}

/// A body: one event, or a batch of events.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    app_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
}

/// Limit of entries in one call.
const MAX_ENTRIES: usize = 10;
