//! Order of a queue's batches, and of a group's events in them.

use std::collections::BTreeSet;

use prelude_local::aws::faults::{Fault, FaultKind};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::{event, fifo};
use crate::support::stack::Stack;

/// Events `evt_000`, `evt_001` and so on, about this many users in turn.
fn about_users(users: usize, count: usize) -> Vec<String> {
    let user = |index: usize| json!({"user_id": format!("usr_{}", index % users)});
    (0..count).map(|index| event(&format!("evt_{index:03}"), "user.created", user(index))).collect()
}

/// Numbers of [`about_users`], in the order in which a queue accepted them.
fn order(stack: &Stack, slug: &str) -> Vec<usize> {
    let queue = stack.queue(slug);
    let entries = stack.sqs.recorded().into_iter().filter(|entry| entry.queue == queue);
    entries.map(|entry| entry.attributes["event_id"].trim_start_matches("evt_").parse().unwrap()).collect()
}

/// Checks that each event of a queue arrived once, and the events of one user in order.
fn keeps_groups_in_order(order: &[usize], users: usize, count: usize) -> bool {
    let user = |user| order.iter().copied().filter(move |index| index % users == user);
    (0..users).all(|of| user(of).eq((of..count).step_by(users)))
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_group_keep_their_order_despite_any_fault() {
    let call = |status, code: &str| FaultKind::Call { status, code: code.to_owned() };
    let entry = |containing: &str, code: &str| FaultKind::Entries {
        containing: containing.to_owned(),
        code: code.to_owned(),
        sender_fault: false,
    };
    for users in [1, 4, 30] {
        for (fault, times) in [
            (call(400, "RequestThrottled"), 0),
            (call(400, "RequestThrottled"), 2),
            (call(500, "InternalFailure"), 2),
            (call(400, "NobodyKnowsThis"), 1),
            (entry("evt_000", "InternalError"), 1),
            (entry("evt_004", "InternalError"), 2),
            (entry("evt_01", "RequestThrottled"), 3),
            (entry("evt_029", "NobodyKnowsThis"), 2),
        ] {
            let stack = fifo().await;
            stack.sqs.inject(Fault::once(fault.clone()).times(times));
            let answer = stack.send(&stack.batch("app1", about_users(users, 30))).await;
            assert_eq!(answer.both(), (200, r#"{"accepted":30}"#), "{fault:?}");
            let order = order(&stack, "user-created");
            assert!(keeps_groups_in_order(&order, users, 30), "{users} users, {fault:?}: {order:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_split_call_keeps_the_order() {
    let stack = fifo().await;
    let refused = FaultKind::Call { status: 400, code: "InvalidMessageContents".to_owned() };
    stack.sqs.inject(Fault::once(refused));
    assert_eq!(stack.send(&stack.batch("app1", about_users(8, 40))).await.status, 200);
    let order = order(&stack, "user-created");
    assert!(keeps_groups_in_order(&order, 8, 40), "{order:?}");
    assert_eq!(stack.parked().await, []);
}

#[tokio::test(start_paused = true)]
async fn later_events_of_a_group_wait_for_a_failed_one_and_other_groups_do_not() {
    let stack = fifo().await;
    let kind = FaultKind::Entries {
        containing: "evt_004".to_owned(),
        code: "InternalError".to_owned(),
        sender_fault: false,
    };
    // More tries than one delivery has time for, and fewer than two deliveries.
    stack.sqs.inject(Fault::once(kind).times(20));
    let request = stack.batch("app1", about_users(4, 24));
    assert_eq!(stack.send(&request).await.status, 503);
    let taken: BTreeSet<_> = order(&stack, "user-created").into_iter().collect();
    let expected = (0..24).filter(|index| *index < 4 || index % 4 != 0);
    assert_eq!(taken, expected.collect(), "all events except 4, 8, 12 and so on");
    assert_eq!(stack.send(&request).await.status, 200);
    // SQS drops the events that it had accepted before.
    let messages = stack.drain("user-created").await;
    let ids: BTreeSet<_> = messages.iter().map(|message| message.attribute("event_id").unwrap()).collect();
    assert_eq!(ids.len(), 24);
}

#[tokio::test(start_paused = true)]
async fn an_entry_refused_with_an_unlisted_code_is_parked_after_three_tries() {
    let stack = fifo().await;
    let kind = FaultKind::Entries {
        containing: "evt_004".to_owned(),
        code: "NobodyKnowsThis".to_owned(),
        sender_fault: false,
    };
    stack.sqs.inject(Fault::once(kind).on(stack.queue("user-created")).always());
    assert_eq!(stack.send(&stack.batch("app1", about_users(4, 24))).await.status, 200);
    let order = order(&stack, "user-created");
    assert_eq!(order.len(), 23, "{order:?}");
    let user_0: Vec<_> = order.iter().filter(|index| *index % 4 == 0).collect();
    assert_eq!(user_0, [&0, &8, &12, &16, &20], "later events of its group follow in order");
    let parked = stack.parked().await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].attribute("reason"), Some("rejected_by_sqs"));
    assert_eq!(parked[0].attribute("event_id"), Some("evt_004"));
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_queue_are_sequential_and_queues_run_in_parallel() {
    let stack = fifo().await;
    stack.sqs.inject(Fault::once(FaultKind::Delay(Duration::from_millis(200))).always());
    let deleted = (0..30).map(|index| {
        event(&format!("evt_{index:03}"), "user.deleted", json!({"user_id": format!("usr_{index}")}))
    });
    let request = stack.batch("app1", about_users(30, 30).into_iter().chain(deleted));
    let start = Instant::now();
    assert_eq!(stack.send(&request).await.status, 200);
    assert_eq!(stack.sqs.calls().len(), 6);
    let took = start.elapsed();
    assert!((Duration::from_millis(600)..Duration::from_millis(700)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failing_queue_does_not_delay_another() {
    let stack = fifo().await;
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".to_owned() };
    stack.sqs.inject(Fault::once(denied).on(stack.queue("user-deleted")).always());
    let event = |index| {
        let name = if index % 2 == 0 { "user.created" } else { "user.deleted" };
        event(&format!("evt_{index:03}"), name, json!({"user_id": "usr_1"}))
    };
    assert_eq!(stack.send(&stack.batch("app1", (0..12).map(event))).await.status, 200);
    let numbers = |odd| (odd..12).step_by(2).collect::<Vec<usize>>();
    assert_eq!(order(&stack, "user-created"), numbers(0));
    assert_eq!(order(&stack, "unrouted"), numbers(1), "parked events keep their order");
}
