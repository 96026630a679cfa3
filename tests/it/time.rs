//! The budget: for any delay, the answer is in time, and 200 only if everything is durable. The clock is stopped, so
//! that waits take no real time and are exact.

use std::time::SystemTime;

use prelude_local::prelude::batch;
use serde_json::json;
use tokio::time::{Duration, advance};

use crate::support::{
    faults::{
        KeyFault,
        key_server::KeyServer,
        ledger::Answered,
        memory_sqs::MemorySqs,
        rig::{APP, APP_ID, Rig, app_batch, attempt, signed},
    },
    keys::private_key,
    stack::context,
    wire::{Fate, Wire},
};

const NOW: Duration = Duration::ZERO;
/// Budget of 8 s, plus the resolution of tokio's timers.
const BUDGET: Duration = Duration::from_millis(8_010);

/// SQS whose calls take the time that `takes` returns, by the number of earlier calls and the queue's name. `None`
/// never ends.
fn sqs(takes: impl Fn(usize, &str) -> Option<Duration> + Send + Sync + 'static) -> Wire {
    Wire::to_memory(&MemorySqs::default(), move |call, batch| {
        takes(call, batch.queue()).map_or(Fate::Hang, Fate::DelayCall)
    })
}

/// Number of durable messages.
fn taken(sqs: &Wire) -> usize {
    sqs.ledger().stored_entries()
}

/// Key server that takes this long.
fn keys(takes: Option<Duration>) -> KeyServer {
    KeyServer::new(takes.map_or(KeyFault::Hanging, KeyFault::Slow))
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// Events of different users, for two queues.
fn events(count: usize) -> Vec<String> {
    let event = |index: usize| {
        let name = if index.is_multiple_of(2) { "user.created" } else { "user.deleted" };
        json!({"id": format!("evt_{index}"), "type": name, "payload": {"user_id": format!("usr_{index}")}})
            .to_string()
    };
    (0..count).map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn an_sqs_that_hangs_is_retried_and_given_up_in_time() {
    /// Decides whether a call hangs, by the number of calls before it and its queue.
    type Hangs = fn(usize, &str) -> bool;
    let cases: [(&str, Hangs, u64); 8] = [
        ("no call", |_, _| false, 200),
        ("the first", |call, _| call == 0, 200),
        ("the last of four", |call, _| call == 3, 200),
        ("the first of each", |call, _| call < 4, 200),
        ("the first and its retry", |call, _| call == 0 || call == 4, 200),
        ("every call", |_, _| true, 503),
        ("all but the first", |call, _| call > 0, 503),
        ("every call to one queue", |_, queue| queue == "user-deleted", 503),
    ];
    for (shown, hangs, expected) in cases {
        let sqs = sqs(move |call, queue| if hangs(call, queue) { None } else { Some(NOW) });
        let rig = Rig::start(&keys(Some(NOW)), &sqs, NOW);
        let (status, took) = rig.send(&app_batch(events(40))).await;
        assert_eq!(status, expected, "{shown}");
        assert!(took < BUDGET, "{shown}: {took:?}");
        assert_eq!(taken(&sqs) == 40, status == 200, "{shown}: {} are durable", taken(&sqs));
        assert!(sqs.ledger().calls() < 40, "{shown}: {} calls", sqs.ledger().calls());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_fifo_queue_delays_only_its_own_calls() {
    /// Decides whether a call hangs, by the number of calls before it and its queue.
    type Hangs = fn(usize, &str) -> bool;
    // Two queues with two sequential calls each.
    let cases: [(&str, Hangs, u64, usize); 5] = [
        ("the first", |call, _| call == 0, 200, 40),
        ("the last", |call, _| call == 3, 200, 40),
        ("every call", |_, _| true, 503, 0),
        ("all but the first", |call, _| call > 0, 503, 10),
        ("every call to one queue", |_, queue| queue == "user-deleted.fifo", 503, 20),
    ];
    for (shown, hangs, expected, durable) in cases {
        let sqs = sqs(move |call, queue| if hangs(call, queue) { None } else { Some(NOW) });
        let rig = Rig::with(&keys(Some(NOW)), &sqs, NOW, &[("PRELUDE_QUEUE_TYPE", "fifo")]);
        let (status, took) = rig.send(&app_batch(events(40))).await;
        assert_eq!((status, taken(&sqs)), (expected, durable), "{shown}");
        assert!(took < BUDGET, "{shown}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_queue_stays_within_the_budget_and_delays_no_other() {
    for (queue_type, takes, expected) in [
        ("standard", Some(Duration::from_millis(2_900)), 200),
        ("standard", Some(Duration::from_millis(3_500)), 503),
        ("standard", None, 503),
        ("fifo", Some(Duration::from_millis(2_900)), 200),
        ("fifo", None, 503),
    ] {
        let is_slow = |queue: &str| queue.starts_with("user-created");
        let sqs = sqs(move |_, queue| if is_slow(queue) { takes } else { Some(NOW) });
        let rig = Rig::with(&keys(Some(NOW)), &sqs, NOW, &[("PRELUDE_QUEUE_TYPE", queue_type)]);
        let (status, took) = rig.send(&app_batch(events(40))).await;
        assert_eq!(status, expected, "{queue_type}, {takes:?}");
        assert!(took < BUDGET, "{queue_type}, {takes:?}: {took:?}");
        let calls = sqs.ledger().since(0);
        let others = calls.iter().filter(|call| !is_slow(&call.queue)).flat_map(|call| &call.sent);
        let durable = others.filter(|sent| sent.answered == Answered::Durable).count();
        assert_eq!(durable, 20, "{queue_type}, {takes:?}: every event of the other queue is durable");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_calls_are_durable_in_time_or_not_accepted() {
    for (queue_type, takes, expected) in
        [("standard", seconds(2), 200), ("fifo", seconds(2), 200), ("standard", seconds(4), 503)]
    {
        let sqs = sqs(move |_, _| takes);
        let variables = [("PRELUDE_QUEUE_TYPE", queue_type)];
        let rig = Rig::with(&keys(Some(NOW)), &sqs, NOW, &variables);
        let (status, took) = rig.send(&app_batch(events(60))).await;
        assert_eq!(status, expected, "{queue_type}, {takes:?}");
        assert!(took < BUDGET, "{queue_type}, {takes:?}: {took:?}");
        assert_eq!(taken(&sqs) == 60, status == 200, "{queue_type}, {takes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_server_that_hangs_leaves_time_for_an_answer() {
    let sqs = sqs(|_, _| Some(NOW));
    let rig = Rig::start(&keys(None), &sqs, NOW);
    let (status, took) = rig.send(&app_batch(events(1))).await;
    assert_eq!(status, 503);
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&took), "{took:?}");
    let (status, took) = rig.send(&app_batch(events(1))).await;
    assert_eq!((status, took), (503, NOW), "no fetch during the cool-down");
    assert_eq!(rig.send(&attempt()).await, (200, NOW), "the account's key needs no fetch");
}

#[tokio::test(start_paused = true)]
async fn many_hanging_key_servers_are_awaited_together() {
    let app_ids: Vec<_> = (0..10).map(|index| format!("app{index}")).chain([APP_ID.to_owned()]).collect();
    let app = |app_id: &String| json!({"app_id": app_id, "verification_token": "t"});
    let apps = json!(app_ids.iter().map(app).collect::<Vec<_>>()).to_string();
    let (keys, sqs) = (keys(Some(NOW)), sqs(|_, _| Some(NOW)));
    let rig = Rig::with(&keys, &sqs, NOW, &[("PRELUDE_APPS", &apps)]);
    for app_id in &app_ids {
        assert_eq!(rig.send(&signed(&APP, batch(app_id, events(1)))).await.0, 200);
    }
    keys.set(KeyFault::Hanging);
    tokio::time::advance(Duration::from_secs(601)).await;
    let before = keys.asked().len();
    let (status, took) = rig.send(&signed(&private_key("other-2048", "app"), batch(APP_ID, events(1)))).await;
    assert_eq!((status, keys.asked().len() - before), (401, 11), "each set is fetched once");
    assert!(took <= Duration::from_millis(4_010), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_key_server_and_a_slow_sqs_share_one_budget() {
    for (key_server, takes, expected) in [
        (Duration::from_millis(1_900), Some(Duration::from_millis(2_900)), 200),
        (Duration::from_millis(1_900), None, 503),
    ] {
        let sqs = sqs(move |_, _| takes);
        let rig = Rig::start(&keys(Some(key_server)), &sqs, NOW);
        let (status, took) = rig.send(&app_batch(events(20))).await;
        assert_eq!(status, expected);
        assert!(took < BUDGET, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_with_less_time_left_answers_before_it_ends() {
    for (left, is_hanging) in
        [(9_000, true), (3_000, true), (700, true), (100, true), (3_000, false), (900_000, true)]
    {
        let sqs = sqs(move |_, _| if is_hanging { None } else { Some(NOW) });
        let rig = Rig::start(&keys(Some(NOW)), &sqs, NOW);
        let mut context = context();
        context.deadline = now_in_milliseconds() + left;
        let (status, took) = rig.send_in(&attempt(), context).await;
        assert_eq!(status, if is_hanging { 503 } else { 200 }, "{left} ms left");
        assert!(took < BUDGET.min(Duration::from_millis(left)), "{left} ms left: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_key_server_is_awaited_no_longer_than_the_function_runs() {
    for left in [9_000, 3_000, 1_500, 700, 100] {
        let rig = Rig::start(&keys(None), &sqs(|_, _| Some(NOW)), NOW);
        let mut context = context();
        context.deadline = now_in_milliseconds() + left;
        let (status, took) = rig.send_in(&app_batch(events(1)), context).await;
        assert_eq!(status, 503, "{left} ms left");
        let most = Duration::from_millis(left.saturating_sub(500).min(2_000) + 10);
        assert!(took <= most, "{left} ms left: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_interrupted_by_a_freeze_is_repeated_for_the_next_request() {
    let keys = keys(None);
    let rig = Rig::start(&keys, &sqs(|_, _| Some(NOW)), NOW);
    let mut context = context();
    context.deadline = now_in_milliseconds() + 1_200;
    assert_eq!(rig.send_in(&app_batch(events(1)), context).await.0, 503, "the fetch has not ended");
    keys.set(None);
    // The sandbox is frozen until the next request arrives.
    advance(Duration::from_secs(61)).await;
    assert_eq!(rig.send(&app_batch(events(1))).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_past_deadline_is_answered_at_once() {
    for deadline in [now_in_milliseconds() - 50_000, now_in_milliseconds() - 5_000, now_in_milliseconds()] {
        let sqs = sqs(|_, _| None);
        let rig = Rig::start(&keys(None), &sqs, NOW);
        let mut context = context();
        context.deadline = deadline;
        let (status, took) = rig.send_in(&attempt(), context).await;
        assert_eq!(status, 503);
        assert!(took < Duration::from_millis(10), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_very_old_deadline_of_an_emulator_leaves_the_whole_budget() {
    for deadline in [0, 1, 600_000] {
        let sqs = sqs(|_, _| None);
        let rig = Rig::start(&keys(Some(NOW)), &sqs, NOW);
        let mut context = context();
        context.deadline = deadline;
        let (status, took) = rig.send_in(&attempt(), context).await;
        assert_eq!(status, 503);
        assert!(took > Duration::from_secs(6) && took <= BUDGET, "{deadline}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_shortens_the_budget_of_the_first_request() {
    let left = |milliseconds| Duration::from_millis(milliseconds);
    for (initialization, first) in [(0, left(8_000)), (3_000, left(5_000)), (7_900, left(100)), (20_000, NOW)]
    {
        let sqs = sqs(|_, _| None);
        let rig = Rig::start(&keys(Some(NOW)), &sqs, Duration::from_millis(initialization));
        for budget in [first, left(8_000), left(8_000)] {
            let (status, took) = rig.send(&attempt()).await;
            assert_eq!(status, 503, "{initialization} ms");
            assert!(
                took <= budget + Duration::from_millis(10),
                "{initialization} ms: {took:?} of {budget:?}"
            );
            // A last try is useless if its pause would take the rest of the budget.
            assert!(took + Duration::from_secs(2) >= budget, "{initialization} ms: {took:?} of {budget:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_does_not_fail_a_request_that_needs_no_time() {
    let sqs = sqs(|_, _| Some(NOW));
    let rig = Rig::start(&keys(Some(NOW)), &sqs, Duration::from_secs(7));
    assert_eq!(rig.send(&app_batch(events(3))).await, (200, NOW));
}

#[tokio::test(start_paused = true)]
async fn batches_of_every_length_are_durable_in_time() {
    let event = |index: usize, users: usize| {
        let payload = json!({"user_id": format!("usr_{}", index % users)});
        json!({"id": format!("evt_{index}"), "type": "user.created", "payload": payload}).to_string()
    };
    for queue_type in ["standard", "fifo"] {
        for users in [1, 7, 100_000] {
            for count in [0, 1, 100, 101, 1_001, 2_001, 4_000] {
                let sqs = sqs(|_, _| Some(Duration::from_millis(60)));
                let variables = [("PRELUDE_QUEUE_TYPE", queue_type)];
                let rig = Rig::with(&keys(Some(NOW)), &sqs, NOW, &variables);
                let events = (0..count).map(|index| event(index, users));
                let (status, took) = rig.send(&app_batch(events)).await;
                let shown = format!("{count} events of {users} users, {queue_type}: {took:?}");
                assert_eq!(status, 200, "{shown}");
                assert!(took < BUDGET, "{shown}");
                // A FIFO queue needs one call for each event of one user, and 130 calls fit into the time.
                let is_sliced = count > 2_000 || queue_type == "fifo" && users < 10 && count > 1_000;
                let is_whole = taken(&sqs) == count;
                assert_eq!(is_whole, !is_sliced, "{shown}, {} taken", taken(&sqs));
            }
        }
    }
}

fn now_in_milliseconds() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis().try_into().unwrap()
}
