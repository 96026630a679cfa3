//! Publishing to standard queues: packing, parallel calls, and the trace. The neighbouring files test faults.

mod answers;
mod codes;
mod refusals;

use std::collections::BTreeSet;

use prelude_local::aws::{
    faults::{Fault, FaultKind},
    guard::rules::{MAX_BYTES, MAX_ENTRIES},
    sqs::ReceivedMessage,
};
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::support::{
    stack::{Setup, Stack, context},
    wire::{Fate, Wired, pinned_apps},
};

/// Budget of a request, plus the resolution of tokio's timers.
const BUDGET: Duration = Duration::from_millis(8_010);

/// Stack with pinned keys and a stopped clock, so that waits take no real time and are exact.
async fn paused() -> Stack {
    let setup = Setup::new().await;
    let apps = pinned_apps(&setup.prelude);
    let stack = setup.set("PRELUDE_APPS", apps).start().await;
    tokio::time::pause();
    stack
}

/// Event of a batch, with a text of this many bytes.
fn user_created(id: &str, bytes: usize) -> String {
    json!({"id": id, "type": "user.created", "payload": {"note": "x".repeat(bytes)}}).to_string()
}

/// Events `evt_00`, `evt_01` and so on, for one queue.
fn users_created(count: usize) -> Vec<String> {
    (0..count).map(|index| user_created(&format!("evt_{index:02}"), 0)).collect()
}

fn attempt(id: &str) -> String {
    json!({"id": id, "type": "verify.attempt", "payload": {}}).to_string()
}

/// Sorted `event_id`s of the messages.
fn ids(messages: &[ReceivedMessage]) -> Vec<&str> {
    let mut ids: Vec<_> = messages.iter().map(|message| message.attribute("event_id").unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn batches_are_packed_by_ten_entries_and_one_mebibyte() {
    let stack = Stack::start().await;
    // Number of events, bytes of text in each, and expected number of calls. Attributes take some 400 bytes a message.
    for (count, bytes, calls) in
        [(1, 0, 1), (10, 0, 1), (11, 0, 2), (25, 0, 3), (12, 300_000, 4), (11, 104_000, 2), (3, 524_287, 3)]
    {
        let events: Vec<_> = (0..count).map(|index| user_created(&format!("evt_{index}"), bytes)).collect();
        let before = stack.sqs.calls().len();
        let answer = stack.send(&stack.batch("app1", &events)).await;
        assert_eq!(answer.both(), (200, format!(r#"{{"accepted":{count}}}"#).as_str()));
        let made = stack.sqs.calls().split_off(before);
        // A refused call would be split and repeated, so the sum of the entries would be larger.
        assert_eq!(made.iter().map(|call| call.entries).sum::<usize>(), count, "{count} of {bytes} bytes");
        assert!(made.iter().all(|call| call.entries <= MAX_ENTRIES && call.bytes <= MAX_BYTES));
        assert_eq!(made.len(), calls, "{count} of {bytes} bytes");
        let bodies: BTreeSet<_> =
            stack.drain("user-created").await.into_iter().map(|message| message.body).collect();
        assert_eq!(bodies, events.into_iter().collect());
    }
    assert_eq!(stack.drain_all().await.len(), 0);
}

#[tokio::test]
async fn attributes_count_towards_the_size_of_a_message() {
    let stack = Stack::start().await;
    // The text alone fits in both cases.
    for (bytes, slug) in [(MAX_BYTES - 1_000, "user-created"), (MAX_BYTES - 150, "unrouted")] {
        let events = [user_created("evt_large", bytes)];
        assert_eq!(stack.send(&stack.batch("app1", events)).await.status, 200);
        let messages = stack.drain_all().await;
        assert_eq!(messages.keys().collect::<Vec<_>>(), [slug]);
        let reason = messages[slug][0].attribute("reason");
        assert_eq!(reason, (slug == "unrouted").then_some("oversize"));
        // The message has every possible attribute, and no more than SQS accepts.
        assert_eq!(messages[slug][0].attributes.len(), if slug == "unrouted" { 10 } else { 8 });
    }
    assert!(stack.sqs.calls().iter().all(|call| call.entries == 1 && call.bytes <= MAX_BYTES));
}

#[tokio::test]
async fn only_the_failed_entries_of_an_answer_are_sent_again() {
    let stack = paused().await;
    for (id, times) in [("evt_03", 1), ("evt_07", 2)] {
        let kind = FaultKind::Entries {
            containing: id.to_owned(),
            code: "InternalError".to_owned(),
            sender_fault: false,
        };
        stack.sqs.inject(Fault::once(kind).times(times));
    }
    let answer = stack.send(&stack.batch("app1", users_created(10))).await;
    assert_eq!(answer.both(), (200, r#"{"accepted":10}"#));
    assert_eq!(stack.sqs.calls().iter().map(|call| call.entries).collect::<Vec<_>>(), [10, 2, 1]);
    assert_eq!(stack.taken(), 10, "no entry is sent twice");
    let messages = stack.drain("user-created").await;
    assert_eq!(ids(&messages).len(), ids(&messages).into_iter().collect::<BTreeSet<_>>().len());
}

#[tokio::test]
async fn queues_are_served_in_parallel() {
    let stack = paused().await;
    stack.sqs.inject(Fault::once(FaultKind::Delay(Duration::from_secs(1))).always());
    let types = ["user.created", "user.deleted", "user.profile.updated", "migration.hook_failed"];
    let events = types.map(|name| json!({"id": name, "type": name, "payload": {}}).to_string());
    let start = Instant::now();
    assert_eq!(stack.send(&stack.batch("app1", events)).await.status, 200);
    assert_eq!(stack.sqs.calls().len(), 4);
    assert!((1..2).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn parallel_calls_are_limited() {
    let stack = paused().await;
    stack.sqs.inject(Fault::once(FaultKind::Delay(Duration::from_millis(100))).always());
    let wired = Wired::start(&stack, |_, _| Fate::Pass);
    let (status, body) = wired.send(&stack.batch("app1", users_created(400))).await;
    assert_eq!((status, body.as_str()), (200, r#"{"accepted":400}"#));
    assert_eq!((wired.calls(), stack.taken()), (40, 400));
    assert!((2..=16).contains(&wired.most_at_once()), "{} calls", wired.most_at_once());
}

#[tokio::test]
async fn a_well_formed_trace_of_the_lambda_context_is_forwarded() {
    let stack = Stack::start().await;
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let whole = format!("{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2");
    for (trace, carried) in [
        (None, false),
        (Some(root.to_owned()), true),
        (Some(whole), true),
        (Some(format!("Sampled=?;{root}")), true),
        (Some(String::new()), false),
        (Some("Parent=53995c3f42cd8ad8;Sampled=1".to_owned()), false),
        (Some("Root=1-5759e988-bd862e3fe1be46a99427279".to_owned()), false),
        (Some("Root=1-5759e988-bd862e3fe1be46a99427279g".to_owned()), false),
        (Some("Root=2-5759e988-bd862e3fe1be46a994272793".to_owned()), false),
        (Some(format!("{root};Sampled=yes")), false),
        (Some(format!("{root};Parent=xyz")), false),
        (Some(format!("{root};é=1")), false),
        (Some(format!("{root};Self={}", "1".repeat(1_000))), false),
    ] {
        let mut context = context();
        context.xray_trace_id.clone_from(&trace);
        // API Gateway adds a trace header, and a sender may send one. Neither counts.
        let request = stack.signed(attempt("evt_trace")).header("X-Amzn-Trace-Id", root);
        assert_eq!(stack.invoke_in(request.http_api_event(), context).await.status, 200, "{trace:?}");
        let messages = stack.drain("verify-attempt").await;
        let header = messages[0].system_attributes.get("AWSTraceHeader");
        assert_eq!(header, trace.filter(|_| carried).as_ref());
    }
    assert_eq!(stack.parked().await, []);
}
