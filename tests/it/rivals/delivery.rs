//! Faults on the way of an authentic event to its queue.

use prelude_local::aws::{
    faults::{Fault, FaultKind},
    guard::rules::MAX_BYTES,
};
use prelude_webhooks::lambda::BUDGET;
use tokio::time::{Duration, Instant};

use super::VERIFY;
use crate::support::stack::{Api, Stack};

fn denied() -> Fault {
    Fault::once(FaultKind::Call { status: 403, code: "AccessDenied".to_owned() })
}

/// 8: an event that was too large got a 4xx and was lost.
#[tokio::test]
async fn an_oversize_event_is_accepted_and_kept() {
    let stack = Stack::start().await;
    let body = VERIFY.replace("{}", &format!("\"{}\"", "0".repeat(5_000_000)));
    assert_eq!(stack.send(&stack.signed(body)).await.both(), (200, r#"{"accepted":1}"#));
    assert_eq!(stack.parked().await.len(), 1);
}

/// 9: a queue's failure was answered with a 4xx.
#[tokio::test]
async fn a_failing_queue_is_a_5xx() {
    let stack = Stack::start().await;
    stack.sqs.inject(denied().always());
    for request in [stack.signed(VERIFY), stack.batch("app1", [r#"{"type":"user.created"}"#])] {
        assert_eq!(stack.send(&request).await.status, 503);
    }
}

/// 10: two parallel deliveries both passed the check of the deduplication table. This receiver has no table: FIFO
/// queues detect duplicates, and other queues' duplicates carry the same id.
#[tokio::test]
async fn duplicates_at_the_same_time_are_harmless() {
    for (queue_type, messages) in [("standard", 2), ("fifo", 1)] {
        let stack = Stack::with(&[("PRELUDE_QUEUE_TYPE", queue_type)]).await;
        let request = stack.signed(VERIFY);
        let (one, two) = tokio::join!(stack.send(&request), stack.send(&request));
        assert_eq!((one.status, two.status), (200, 200), "{queue_type}");
        let received = stack.drain("verify-attempt").await;
        assert_eq!(received.len(), messages, "{queue_type}");
        assert!(received.iter().all(|message| message.attribute("event_id") == Some("evt_1")));
    }
}

/// 11: an event was marked as seen before it was sent, so that the retry after a failure was dropped.
#[tokio::test]
async fn a_retry_after_a_failure_is_delivered() {
    for queue_type in ["standard", "fifo"] {
        let stack = Stack::with(&[("PRELUDE_QUEUE_TYPE", queue_type)]).await;
        let request = stack.signed(VERIFY);
        // Both the event's own queue and the parking queue fail.
        stack.sqs.inject(denied().times(2));
        assert_eq!(stack.send(&request).await.status, 503, "{queue_type}");
        assert_eq!(stack.taken(), 0);
        assert_eq!(stack.send(&request).await.status, 200, "{queue_type}");
        assert_eq!(stack.drain("verify-attempt").await.len(), 1, "{queue_type}");
    }
}

/// 14: unsigned metadata selected the destination.
#[tokio::test]
async fn only_signed_content_decides_the_destination() {
    let stack = Stack::start().await;
    for api in Api::BOTH {
        let request = stack.signed(VERIFY).query("type=user.created&app_id=app2&event=user.created");
        let request = ["X-Webhook-Event", "X-Event-Type", "Type"]
            .into_iter()
            .fold(request, |request, name| request.header(name, "user.created"));
        let request = request.header("X-App-Id", "app2").header("X-Webhook-Signature-Key-Id", "key-app2");
        assert_eq!(stack.send_through(api, &request).await.status, 200);
        let all = stack.drain_all().await;
        let [message] = all["verify-attempt"].as_slice() else { panic!("{all:?}") };
        assert_eq!(message.attribute("event_type"), Some("verify.attempt"));
        assert_eq!(message.attribute("app_id"), None);
        assert_eq!(all.len(), 1);
    }
}

/// 16: the function's timeout was longer than the 10 s that the sender waits.
#[tokio::test]
async fn an_answer_comes_before_the_sender_gives_up() {
    assert!(BUDGET < Duration::from_secs(9), "{BUDGET:?}");
    let stack = Stack::start().await;
    stack.sqs.inject(Fault::once(FaultKind::Delay(Duration::from_secs(60))).always());
    tokio::time::pause();
    let start = Instant::now();
    assert_eq!(stack.send(&stack.signed(VERIFY)).await.status, 503);
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

/// 18: ten messages together exceeded the size limit of a call.
#[tokio::test]
async fn the_messages_of_a_call_stay_below_one_mebibyte() {
    let stack = Stack::start().await;
    let event =
        |id: u32| format!(r#"{{"id":"evt_{id}","type":"user.created","x":"{}"}}"#, "0".repeat(300_000));
    assert_eq!(stack.send(&stack.batch("app1", (0..10).map(event))).await.status, 200);
    assert_eq!(stack.drain("user-created").await.len(), 10);
    let calls = stack.sqs.calls();
    assert!(calls.iter().all(|call| call.bytes <= MAX_BYTES), "{calls:?}");
    assert_eq!(calls.iter().map(|call| call.entries).sum::<usize>(), 10, "no message is refused");
}
