//! The guard and the embedded SQS, called through the real SDK.

mod counts;
mod redelivery;

use std::time::{Duration, Instant};

use aws_sdk_sqs::{
    error::ProvideErrorMetadata,
    operation::send_message_batch::{SendMessageBatchError, SendMessageBatchOutput},
    types::{
        MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
        SendMessageBatchRequestEntry, builders::SendMessageBatchRequestEntryBuilder,
    },
};

use super::*;
use crate::aws::faults::FaultKind;

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";

fn entry(id: &str, body: impl Into<String>) -> SendMessageBatchRequestEntryBuilder {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body)
}

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

async fn send(
    sqs: &EmbeddedSqs,
    queue: &str,
    entries: impl IntoIterator<Item = SendMessageBatchRequestEntryBuilder>,
) -> Result<SendMessageBatchOutput, SendMessageBatchError> {
    let entries = entries.into_iter().map(|entry| entry.build().unwrap()).collect();
    let call = sqs.client().send_message_batch().queue_url(EmbeddedSqs::queue_url_prefix(queue));
    call.set_entries(Some(entries)).send().await.map_err(|error| error.into_service_error())
}

#[tokio::test]
async fn a_message_is_received_once_with_all_its_attributes() {
    let sqs = EmbeddedSqs::start(["q", "other"]).await.unwrap();
    let trace =
        MessageSystemAttributeValue::builder().data_type("String").string_value(TRACE).build().unwrap();
    let first = entry("a", "{\"n\":1,\"s\":\"é\\n\"}")
        .message_attributes("event_type", text("user.created"))
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace);
    let sent = send(&sqs, "q", [first]).await.unwrap();
    send(&sqs, "q", (0..10).map(|index| entry(&format!("b{index}"), index.to_string()))).await.unwrap();

    let received = sqs.drain("q").await.unwrap();
    assert_eq!(received.len(), 11);
    assert_eq!(received[0].message_id, sent.successful[0].message_id);
    assert_eq!(received[0].body, "{\"n\":1,\"s\":\"é\\n\"}");
    assert_eq!(received[0].attribute("event_type"), Some("user.created"));
    assert_eq!(received[0].system_attributes["AWSTraceHeader"], TRACE);
    assert!(sqs.drain("q").await.unwrap().is_empty());
    assert!(sqs.drain("other").await.unwrap().is_empty());
    assert_eq!(sqs.recorded().len(), 11);
    assert_eq!(sqs.recorded()[0].system_attributes["AWSTraceHeader"], TRACE);
    assert_eq!(sqs.calls().iter().map(|call| call.entries).collect::<Vec<_>>(), [1, 10]);
}

#[tokio::test]
async fn a_receiver_gets_only_the_attributes_it_asks_for() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    send(
        &sqs,
        "q",
        [entry("a", "x").message_attributes("one", text("1")).message_attributes("two", text("2"))],
    )
    .await
    .unwrap();
    let receive = sqs.client().receive_message().queue_url(EmbeddedSqs::queue_url_prefix("q"));
    let received = receive.message_attribute_names("tw.*").send().await.unwrap().messages.unwrap();
    assert_eq!(received[0].message_attributes.as_ref().unwrap().keys().collect::<Vec<_>>(), ["two"]);
    assert!(received[0].attributes.is_none());
}

#[tokio::test]
async fn fifo_queues_need_their_ids_and_recognise_a_duplicate() {
    let sqs = EmbeddedSqs::start(["q.fifo"]).await.unwrap();
    let full = |id: &str| entry(id, "x").message_group_id("g").message_deduplication_id("d");
    let sent =
        send(&sqs, "q.fifo", [full("a"), full("b"), entry("c", "x").message_group_id("g")]).await.unwrap();
    assert_eq!(sent.successful.len(), 2);
    assert_eq!(sent.failed[0].id, "c");
    let received = sqs.drain("q.fifo").await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].system_attributes["MessageGroupId"], "g");
    assert_eq!(received[0].system_attributes["MessageDeduplicationId"], "d");
    assert_eq!(sqs.recorded().len(), 2);
}

#[tokio::test]
async fn a_bad_entry_fails_alone() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    let sent = send(&sqs, "q", [entry("a", "x"), entry("b", "\u{FFFF}"), entry("c", ""), entry("d", "y")])
        .await
        .unwrap();
    assert_eq!(sent.successful.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["a", "d"]);
    let failed: Vec<_> =
        sent.failed.iter().map(|e| (e.id.as_str(), e.code.as_str(), e.sender_fault)).collect();
    assert_eq!(failed, [("b", "InvalidMessageContents", true), ("c", "MissingParameter", true)]);
    assert_eq!(sqs.drain("q").await.unwrap().len(), 2);
}

#[tokio::test]
async fn whole_batches_are_refused_with_errors_that_the_sdk_recognises() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    let eleven = (0..11).map(|index| entry(&index.to_string(), "x"));
    let error = send(&sqs, "q", eleven).await.unwrap_err();
    assert!(error.is_too_many_entries_in_batch_request(), "{error:?}");
    let error = send(&sqs, "q", []).await.unwrap_err();
    assert!(error.is_empty_batch_request(), "{error:?}");
    let error = send(&sqs, "q", [entry("a", "x"), entry("a", "y")]).await.unwrap_err();
    assert!(error.is_batch_entry_ids_not_distinct(), "{error:?}");
    let error = send(&sqs, "q", [entry("a b", "x")]).await.unwrap_err();
    assert!(error.is_invalid_batch_entry_id(), "{error:?}");
    let halves = [entry("a", "x".repeat(MAX_BYTES / 2)), entry("b", "\"".repeat(MAX_BYTES / 2 + 1))];
    let error = send(&sqs, "q", halves).await.unwrap_err();
    assert!(error.is_batch_request_too_long(), "{error:?}");
    assert_eq!(error.code(), Some("AWS.SimpleQueueService.BatchRequestTooLong"));
    let error = send(&sqs, "missing", [entry("a", "x")]).await.unwrap_err();
    assert!(error.is_queue_does_not_exist(), "{error:?}");
    assert!(sqs.recorded().is_empty());
    let error = sqs.drain("missing").await.unwrap_err().to_string();
    assert!(error.contains("cannot receive from queue `missing`"), "{error}");
}

#[tokio::test]
async fn the_largest_batch_and_a_single_message_pass() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    let started = Instant::now();
    let sent = send(&sqs, "q", [entry("a", "\\".repeat(MAX_BYTES))]).await.unwrap();
    assert_eq!(sent.successful.len(), 1);
    let single = sqs.client().send_message().queue_url(EmbeddedSqs::queue_url_prefix("q"));
    single.clone().message_body("x").send().await.unwrap();
    let error = single.message_body("\u{1}").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_message_contents(), "{error:?}");
    let received = sqs.drain("q").await.unwrap();
    assert_eq!(received.iter().map(|message| message.body.len()).collect::<Vec<_>>(), [MAX_BYTES, 1]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_queue_may_have_a_lower_limit() {
    let sqs = EmbeddedSqs::start(Vec::<String>::new()).await.unwrap();
    sqs.create_queue("small", 1024).await.unwrap();
    let sent =
        send(&sqs, "small", [entry("a", "x".repeat(1024)), entry("b", "x".repeat(1025))]).await.unwrap();
    assert_eq!(sent.successful.len(), 1);
    assert_eq!(sent.failed[0].code, "InvalidParameterValue");
}

#[tokio::test]
async fn injected_faults_happen_once_and_only_to_their_targets() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    sqs.inject(Fault::once(FaultKind::Call { status: 403, code: "AccessDenied".into() }).on("q"));
    let error = send(&sqs, "q", [entry("a", "x")]).await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    let kind =
        FaultKind::Entries { containing: "second".into(), code: "InternalError".into(), sender_fault: false };
    sqs.inject(Fault::once(kind));
    let both = || [entry("a", "first"), entry("b", "second")];
    let sent = send(&sqs, "q", both()).await.unwrap();
    assert_eq!((sent.successful.len(), sent.failed[0].id.as_str()), (1, "b"));
    assert!(!sent.failed[0].sender_fault);
    sqs.inject(Fault::once(FaultKind::Delay(Duration::from_millis(1))));
    assert_eq!(send(&sqs, "q", both()).await.unwrap().successful.len(), 2);
}

#[tokio::test]
async fn queues_are_read_without_receiving_and_filled_again() {
    let sqs = EmbeddedSqs::start(["a", "b.fifo"]).await.unwrap();
    let mut changes = sqs.changes();
    send(&sqs, "a", [entry("1", "one").message_attributes("event_id", text("e")), entry("2", "two")])
        .await
        .unwrap();
    let ordered = entry("3", "three").message_group_id("g").message_deduplication_id("d");
    send(&sqs, "b.fifo", [ordered.clone()]).await.unwrap();
    send(&sqs, "b.fifo", [ordered]).await.unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();

    let depth =
        |queue: &str, visible, in_flight| Depth { queue: queue.into(), visible, in_flight, delayed: 0 };
    assert_eq!(sqs.depths().await.unwrap(), [depth("a", 2, 0), depth("b.fifo", 1, 0)]);
    let bodies = |queue| sqs.peek(queue).into_iter().map(|held| held.entry.message_body).collect::<Vec<_>>();
    assert_eq!((bodies("a"), bodies("b.fifo")), (vec!["one".to_owned(), "two".into()], vec!["three".into()]));
    assert_eq!(sqs.find("a", "event_id", "e")[0].entry.message_body, "one");
    assert!(!changes.has_changed().unwrap(), "reading changes nothing");

    let url = EmbeddedSqs::queue_url_prefix("a");
    let received = sqs.client().receive_message().queue_url(&url).send().await.unwrap();
    assert_eq!(sqs.depths().await.unwrap()[0], depth("a", 1, 1));
    assert_eq!(sqs.peek("a")[0].received, 1);
    let handle = received.messages()[0].receipt_handle().unwrap();
    sqs.client().delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
    assert_eq!(bodies("a"), ["two"]);

    let other = EmbeddedSqs::start(["a"]).await.unwrap();
    for (queue, held) in sqs.held() {
        for held in held {
            other.send_again(&queue, &held.entry).await.unwrap();
        }
    }
    assert_eq!(other.depths().await.unwrap(), [depth("a", 1, 0), depth("b.fifo", 1, 0)]);
    let message = &other.drain("b.fifo").await.unwrap()[0];
    assert_eq!((&*message.body, &*message.system_attributes["MessageGroupId"]), ("three", "g"));
    assert!(other.peek("b.fifo").is_empty());
    sqs.client().purge_queue().queue_url(&url).send().await.unwrap();
    assert!(sqs.peek("a").is_empty());
    let refused = other.send_again("a", &Default::default()).await.unwrap_err().to_string();
    assert!(refused.starts_with("cannot fill queue `a`"), "{refused}");
}
