//! Fairness: queues that hang, throttle, fail or refuse do not delay the events of other queues in an attempt.
//!
//! The clock is stopped, so that times are exact.

mod mixed;

use std::sync::{Arc, Mutex};

use prelude_events::{EventType, Source};
use serde_json::json;
use tokio::time::{Duration, Instant, timeout};

use crate::support::{
    faults::{
        key_server::KeyServer,
        ledger::Answered,
        memory_sqs::MemorySqs,
        rig::{Rig, app_batch},
    },
    wire::{Fate, Wire},
};

const BUDGET: Duration = Duration::from_millis(8_010);
/// Queue of most events of [`batch`].
const LARGE: &str = "user-created";

/// Number of queues in [`batch`]: more than there are slots.
const QUEUES: usize = 12;

/// 85 events for one queue, and one event for each of eleven other Session queues.
fn batch() -> Vec<String> {
    let event = |number: usize, name: &str| {
        let payload = json!({"user_id": format!("usr_{number}")});
        json!({"id": format!("evt_{number}"), "type": name, "payload": payload}).to_string()
    };
    let types = EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session));
    let others = types.take(QUEUES).map(EventType::as_str).filter(|name| *name != "user.created");
    (0..85).map(|number| event(number, "user.created")).chain(others.map(|name| event(100, name))).collect()
}

/// Slugs of the first `count` Session queues, including [`LARGE`].
fn first_queues(count: usize) -> Vec<String> {
    let types = EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session));
    types.filter_map(EventType::queue_slug).take(count).map(ToOwned::to_owned).collect()
}

/// Result of one delivery of [`batch`].
#[derive(Debug)]
struct Outcome {
    status: u64,
    took: Duration,
    /// Number of events that are parked or durable in queues without a fault.
    healthy: usize,
    parked: usize,
    calls: usize,
}

/// Delivers [`batch`]. The slug of a queue decides the fate of its calls.
async fn deliver(queue_type: &str, fate: impl Fn(&str) -> Fate + Send + Sync + 'static) -> Outcome {
    let slug = |queue: &str| queue.trim_end_matches(".fifo").to_owned();
    let wire = Wire::to_memory(&MemorySqs::default(), move |_, batch| fate(&slug(batch.queue())));
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_QUEUE_TYPE", queue_type)]);
    let (status, took) = rig.send(&app_batch(batch())).await;
    let calls = wire.ledger().since(0);
    let durable = |is_parked: bool| {
        let calls = calls.iter().filter(|call| call.queue.starts_with("unrouted") == is_parked);
        calls.flat_map(|call| &call.sent).filter(|sent| sent.answered == Answered::Durable).count()
    };
    Outcome { status, took, healthy: durable(false), parked: durable(true), calls: calls.len() }
}

/// Name and fate of every call to a failing queue.
type Trouble = (&'static str, fn() -> Fate);

const TROUBLES: [Trouble; 4] = [
    ("hangs", || Fate::Hang),
    ("throttles", || Fate::Refuse(400, "RequestThrottled")),
    ("answers 503", || Fate::Refuse(503, "ServiceUnavailable")),
    ("answers an unlisted code", || Fate::Refuse(403, "OptInRequired")),
];

#[tokio::test(start_paused = true)]
async fn failing_queues_do_not_delay_events_of_other_queues() {
    println!("| queues | fault | type | answer | seconds | in healthy queues | parked | calls |");
    println!("|---|---|---|---|---|---|---|---|");
    for queue_type in ["standard", "fifo"] {
        for troubled in [1, 7] {
            let queues = first_queues(troubled);
            assert!(queues.iter().any(|queue| queue == LARGE));
            let healthy = QUEUES - troubled;
            for (shown, fate) in TROUBLES {
                let queues = queues.clone();
                let outcome = deliver(queue_type, move |slug| {
                    if queues.iter().any(|queue| queue == slug) { fate() } else { Fate::Pass }
                });
                let Outcome { status, took, healthy: stored, parked, calls } = outcome.await;
                let seconds = took.as_secs_f64();
                println!(
                    "| {troubled} | {shown} | {queue_type} | {status} | {seconds:.1} | {stored} of {healthy} | {parked} | {calls} |"
                );
                let is_unlisted = shown == "answers an unlisted code";
                let shown = format!("{troubled} {queue_type}: {shown}");
                assert_eq!(stored, healthy, "{shown}");
                assert!(took < BUDGET, "{shown}");
                // One backoff per queue: some 12 tries fit into the time, for any number of batches.
                assert!(calls <= healthy + 20 * troubled, "{shown}");
                if is_unlisted {
                    assert_eq!((status, parked), (200, 96 - healthy), "{shown}");
                    assert!(took < Duration::from_secs(2), "{shown}");
                } else {
                    assert_eq!((status, parked), (503, 0), "{shown}");
                }
            }
        }
        let outcome = deliver(queue_type, |slug| match slug {
            LARGE => Fate::Hang,
            "user-deleted" => Fate::Refuse(403, "AccessDenied"),
            _ => Fate::Pass,
        });
        let Outcome { status, took, healthy, parked, calls } = outcome.await;
        let seconds = took.as_secs_f64();
        println!(
            "| 1 and 1 | one hangs, one is denied | {queue_type} | {status} | {seconds:.1} | {healthy} of 10 | {parked} | {calls} |"
        );
        assert_eq!((status, healthy, parked), (503, 10, 1), "{queue_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_events_are_parked_while_another_queue_hangs() {
    for queue_type in ["standard", "fifo"] {
        let sqs = MemorySqs::default();
        let wire = Wire::to_memory(&sqs, |_, batch| match batch.queue() {
            queue if queue.starts_with(LARGE) => Fate::Hang,
            queue if queue.starts_with("user-deleted") => Fate::Refuse(403, "AccessDenied"),
            // The refusal arrives after the hanging queue could take every slot.
            _ => Fate::Pass,
        });
        let variables = [("PRELUDE_QUEUE_TYPE", queue_type)];
        let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &variables);
        let cut_off = timeout(Duration::from_millis(1_500), rig.send(&app_batch(batch()))).await;
        assert!(cut_off.is_err(), "{queue_type}: the delivery ended although a queue hangs");
        let parked = sqs.stored().into_iter().filter(|stored| stored.queue.starts_with("unrouted")).count();
        assert_eq!(parked, 1, "{queue_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn failing_queues_hold_at_most_half_of_the_slots() {
    let start = Instant::now();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let outcome = deliver("standard", move |slug| {
        seen.lock().unwrap().push((slug.to_owned(), start.elapsed()));
        if slug == "unrouted" { Fate::Pass } else { Fate::Hang }
    });
    assert_eq!(outcome.await.status, 503);
    let calls = calls.lock().unwrap();
    let between = |from: u64, to: u64| {
        let range = Duration::from_millis(from)..Duration::from_millis(to);
        calls.iter().filter(|(_, at)| range.contains(at)).count()
    };
    assert_eq!(between(0, 10), 8, "unknown queues use every slot: {calls:?}");
    // Eight queues hang until 3 s. Then the other four are tried, and get half of the slots.
    assert_eq!(between(3_000, 3_050), 4, "{calls:?}");
    assert_eq!(between(3_050, 5_900), 4, "the first four failing queues: {calls:?}");
    // Now all twelve queues fail, and no working queue needs the free slots.
    assert_eq!(between(6_000, 8_000), 4, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn slow_queues_share_the_time() {
    let event = |number: usize| {
        let name = if number < 600 { "user.created" } else { "user.deleted" };
        json!({"id": format!("evt_{number}"), "type": name, "payload": {}}).to_string()
    };
    let wire = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::DelayCall(Duration::from_millis(700)));
    let rig = Rig::start(&KeyServer::new(None), &wire, Duration::ZERO);
    let (status, _) = rig.send(&app_batch((0..1_200).map(event))).await;
    assert_eq!(status, 503, "120 calls of 700 ms exceed the budget");
    let calls = wire.ledger().since(0);
    let stored = |queue: &str| calls.iter().filter(|call| call.queue == queue && call.sent[0].stored).count();
    let (created, deleted) = (stored("user-created"), stored("user-deleted"));
    assert!(created > 30 && created.abs_diff(deleted) <= 8, "{created} and {deleted} calls");
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_tried_by_one_call_until_it_answers() {
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let outcome = deliver("standard", move |slug| {
        *seen.lock().unwrap() += usize::from(slug == LARGE);
        if slug == LARGE { Fate::Hang } else { Fate::Pass }
    });
    let outcome = outcome.await;
    assert_eq!((outcome.status, *calls.lock().unwrap()), (503, 3), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn three_calls_with_an_unlisted_code_close_the_queue() {
    for (code, closes) in
        [("OptInRequired", true), ("RequestThrottledByNobodyKnows", false), ("ExpiredTokenException", false)]
    {
        let calls = Arc::new(Mutex::new(0));
        let seen = Arc::clone(&calls);
        let outcome = deliver("standard", move |slug| {
            *seen.lock().unwrap() += usize::from(slug == LARGE);
            if slug == LARGE { Fate::Refuse(403, code) } else { Fate::Pass }
        });
        let (outcome, calls) = (outcome.await, *calls.lock().unwrap());
        if closes {
            assert_eq!((outcome.status, outcome.parked, calls), (200, 85, 3), "{code}");
        } else {
            assert_eq!((outcome.status, outcome.parked), (503, 0), "{code}");
            assert!(calls > 3, "{code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_parking_queue_does_not_delay_events_of_other_queues() {
    for queue_type in ["standard", "fifo"] {
        for (shown, fate) in TROUBLES
            .into_iter()
            .chain([("is missing", (|| Fate::Refuse(400, "QueueDoesNotExist")) as fn() -> Fate)])
        {
            let outcome = deliver(queue_type, move |slug| match slug {
                LARGE => Fate::Refuse(403, "AccessDenied"),
                "unrouted" => fate(),
                _ => Fate::Pass,
            });
            let outcome = outcome.await;
            assert_eq!(
                (outcome.status, outcome.healthy, outcome.parked),
                (503, 11, 0),
                "{queue_type}: {shown}"
            );
            assert!(outcome.took < BUDGET, "{queue_type}: {shown}");
        }
    }
}
