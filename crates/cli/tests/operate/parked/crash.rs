//! Failures between sending and removing leave a duplicate, never a gap.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use prelude_local::aws::faults::{Fault, FaultKind};

use crate::support::{Stack, command};

const EVENT: &str = r#"{"id":"evt_1","type":"verify.attempt"}"#;

async fn parked() -> Stack {
    let stack = Stack::without(&["verify-attempt"]).await;
    stack.deliver(EVENT.as_bytes()).await;
    stack.sqs.create_queue(&stack.queue("verify-attempt"), 1_048_576).await.unwrap();
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_before_it_removes_leaves_a_duplicate() {
    let stack = parked().await;
    let slow = FaultKind::Delay(Duration::from_secs(60));
    stack.sqs.inject(Fault::once(slow).during("DeleteMessageBatch"));
    let env_file = stack.env_file.to_str().unwrap();
    let mut process = command(&["parked", "replay", "--env-file", env_file], &[]).spawn().unwrap();
    let url = prelude_local::aws::sqs::EmbeddedSqs::queue_url_prefix(&stack.queue("verify-attempt"));
    let is_there = async || {
        let asked = stack.sqs.client().get_queue_attributes().queue_url(&url);
        let asked = asked.attribute_names(aws_sdk_sqs::types::QueueAttributeName::All).send().await.unwrap();
        asked.attributes.unwrap()[&aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages] == "1"
    };
    let arrived = tokio::time::timeout(Duration::from_secs(30), async {
        while !is_there().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    arrived.await.expect("the event is sent before it is removed");
    process.kill().unwrap();
    process.wait().unwrap();

    // The parking queue still has the message, but hides it. A copy stands in for it after that time.
    assert!(stack.drain("unrouted").await.is_empty());
    let first = stack.drain("verify-attempt").await;
    let recorded = stack.sqs.recorded();
    let kept = recorded.iter().find(|entry| entry.queue.ends_with("unrouted")).unwrap();
    let attributes: Vec<_> = kept.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    stack.put("unrouted", &kept.body, &attributes).await;
    stack.run(&["parked", "replay"]).await.assert(0, &["1 event moved"]);
    let second = stack.drain("verify-attempt").await;
    assert_eq!((&first[0].body, &first[0].attributes), (&second[0].body, &second[0].attributes));
    assert_eq!(first[0].attribute("event_id"), Some("evt_1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_removed_is_reported_and_comes_again() {
    let stack = parked().await;
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(denied).during("DeleteMessageBatch"));
    let ran = stack.run(&["parked", "replay"]).await;
    ran.assert(1, &["durable in its queue, but not removed", "with the same event_id"]);
    stack.run(&["parked", "replay"]).await.assert(0, &["1 event moved"]);
    let ids: Vec<_> = stack.drain("verify-attempt").await;
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0].attributes, ids[1].attributes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_its_queue_refuses_stays_visible() {
    let stack = parked().await;
    for (code, error) in [
        ("AccessDenied", "do not allow sending to prelude-webhooks-verify-attempt"),
        ("InvalidMessageContents", "refuses its content or size"),
    ] {
        let kind = FaultKind::Call { status: 400, code: code.into() };
        stack.sqs.inject(Fault::once(kind).on(stack.queue("verify-attempt")));
        stack.run(&["parked", "replay"]).await.assert(1, &[error, "0 moved, 1 stays"]);
    }
    // Failures that a retry may mend are retried.
    let throttled = FaultKind::Call { status: 400, code: "RequestThrottled".into() };
    stack.sqs.inject(Fault::once(throttled).on(stack.queue("verify-attempt")).times(2));
    stack.run(&["parked", "replay"]).await.assert(0, &["1 event moved"]);
    assert_eq!(stack.drain("verify-attempt").await.len(), 1);
    assert!(stack.drain("unrouted").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_replay_keeps_its_work_and_returns_the_rest() {
    let stack = parked().await;
    stack.deliver(br#"{"id":"evt_2","type":"made.up"}"#).await;
    // The first receipt brings both messages. The SDK tries the second one three times.
    let broken = FaultKind::Call { status: 400, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(FaultKind::Delay(Duration::ZERO)).during("ReceiveMessage"));
    stack.sqs.inject(Fault::once(broken).during("ReceiveMessage"));
    let ran = stack.run(&["parked", "replay"]).await;
    ran.assert(1, &["1 event moved", "stopped early: the parking queue: these credentials may not do that"]);
    assert_eq!(stack.drain("unrouted").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_returns_held_messages_at_once() {
    let stack = Stack::without(&[]).await;
    for id in 0..25 {
        stack.deliver(format!(r#"{{"id":"evt_{id}","type":"made.up"}}"#).as_bytes()).await;
    }
    let slow = FaultKind::Delay(Duration::from_secs(2));
    stack.sqs.inject(Fault::once(slow).during("ReceiveMessage"));
    let env_file = stack.env_file.to_str().unwrap();
    let mut replay = command(&["parked", "replay", "--env-file", env_file], &[]);
    let process = replay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let killed = Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("stopped early: Ctrl-C was pressed") && text.contains("10 read: "), "{text}");
    // All 25 can be received, so no message is hidden.
    assert_eq!(stack.drain("unrouted").await.len(), 25);
}
