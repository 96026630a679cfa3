//! `prelude redrive`.

use std::time::{Duration, Instant};

use prelude_events::EventType;
use prelude_local::aws::faults::{Fault, FaultKind};

use crate::support::{Stack, run};

/// Starts a stack with a number of messages in a dead-letter queue.
async fn with_dead_letters(count: usize, fifo: bool) -> Stack {
    let stack = Stack::start(&[], fifo).await;
    stack.create_with_dead_letters("user-created").await;
    for id in 0..count {
        stack.put("user-created-dlq", &format!("{{\"id\":{id}}}"), &[("event_id", "e")]).await;
    }
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_go_back_to_their_queue() {
    for fifo in [false, true] {
        let stack = with_dead_letters(12, fifo).await;
        let name = stack.queue("user-created-dlq");
        let redrive = ["redrive", "user.created"];
        stack
            .run(&[&redrive[..], &["--dry-run"]].concat())
            .await
            .assert(0, &[&format!("• {name} holds about 12")]);
        stack.run(&redrive).await.assert(0, &[&format!("✓ {name}: about 12 moved")]);
        let back = stack.drain("user-created").await;
        assert_eq!((back.len(), back[0].attribute("event_id")), (12, Some("e")));
        stack.run(&redrive).await.assert(0, &["is empty"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_task_is_followed_and_can_be_cancelled() {
    let stack = with_dead_letters(30, false).await;
    let started = Instant::now();
    let limited = stack.json(&["redrive", "user.created", "--rate", "20"]).await;
    assert!(started.elapsed() > Duration::from_secs(1), "at 20 a second");
    assert_eq!(limited.0, Some(0));
    assert_eq!(limited.1[0]["state"], "completed");
    assert_eq!(limited.1[0]["moved"], 30);

    for id in 0..30 {
        stack.put("user-created-dlq", &id.to_string(), &[]).await;
    }
    let following = stack.json(&["redrive", "user.created", "--rate", "1"]);
    let cancelling = async {
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let ran = stack.run(&["redrive", "user.created", "--cancel"]).await;
            if !ran.stdout.contains("no task is running") {
                return ran;
            }
        }
    };
    let ((code, followed), cancelled) = tokio::join!(following, cancelling);
    cancelled.assert(0, &["cancelled, about"]);
    assert_eq!((code, &followed[0]["state"]), (Some(0), &"cancelled".into()));
    assert!(!stack.drain("user-created-dlq").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_reads_every_queue_and_reports_each_failure() {
    let stack = with_dead_letters(2, false).await;
    let ran = stack.run(&["redrive", "--all"]).await;
    ran.assert(1, &["✓ prelude-webhooks-user-created-dlq: about 2 moved"]);
    ran.assert(1, &["✗ prelude-webhooks-user-deleted-dlq: the queue does not exist"]);
    let (code, all) = stack.json(&["redrive", "--all", "--dry-run"]).await;
    assert_eq!((code, all.as_array().unwrap().len()), (Some(1), EventType::ALL.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_that_are_not_deployed_have_no_dead_letters() {
    let verify = ["verify-authentication", "verify-attempt", "verify-delivery-status"];
    let others =
        EventType::ALL.iter().filter_map(EventType::queue_slug).filter(|slug| !verify.contains(slug));
    let stack = Stack::without(&others.collect::<Vec<_>>()).await;
    for slug in verify {
        stack.create_with_dead_letters(slug).await;
    }
    stack.put("verify-attempt-dlq", "x", &[]).await;
    let (code, all) = stack.json(&["redrive", "--all", "--dry-run"]).await;
    assert_eq!((code, all.as_array().unwrap().len()), (Some(0), verify.len()), "{all:#}");
    // A missing queue is a failure if its type is named.
    stack.run(&["redrive", "user.created"]).await.assert(1, &["user-created-dlq: the queue does not exist"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_one_sentence() {
    let stack = with_dead_letters(1, false).await;
    let misspelled = stack.run(&["redrive", "user.creatd"]).await;
    misspelled.assert(2, &["event type `user.creatd` is unknown: did you mean user.created"]);
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(denied).during("StartMessageMoveTask"));
    stack
        .run(&["redrive", "user.created"])
        .await
        .assert(1, &["✗", "these credentials may not do that (AccessDenied"]);
    // This queue is not a dead-letter queue.
    stack.sqs.create_queue(&stack.queue("user-deleted-dlq"), 1_048_576).await.unwrap();
    stack.put("user-deleted-dlq", "x", &[]).await;
    stack.run(&["redrive", "user.deleted"]).await.assert(1, &["SQS refuses: ", "Dead Letter Queue"]);
    // The destination queue refuses the messages.
    let broken = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(broken).on(stack.queue("user-created")).always());
    stack
        .run(&["redrive", "user.created"])
        .await
        .assert(1, &["✗ prelude-webhooks-user-created-dlq: AccessDenied"]);
    let ran = run(&["redrive", "--all"], &[]).await;
    ran.assert(
        1,
        &["prelude: no setting of a receiver is in the environment: name a file of settings with --env-file"],
    );
}
