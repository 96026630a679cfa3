//! Queues that fail some calls: a batch for them is accepted after a few attempts.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::json;
use tokio::time::{Duration, Instant, advance};

use crate::support::{
    faults::{
        key_server::KeyServer,
        ledger::Answered,
        memory_sqs::MemorySqs,
        rig::{Rig, app_batch},
    },
    wire::{Fate, Wire},
};

/// Events of one type, about this many users in turn.
fn events(count: usize, name: &str, users: usize) -> Vec<String> {
    let event = |index: usize| {
        let payload = json!({"user_id": format!("usr_{}", index % users)});
        json!({"id": format!("evt_{index}"), "type": name, "payload": payload}).to_string()
    };
    (0..count).map(event).collect()
}

const fn slow(milliseconds: u64) -> Fate {
    Fate::DelayCall(Duration::from_millis(milliseconds))
}

/// Statuses until the first 200, and the number of durable messages in each queue.
#[derive(Debug)]
struct Outcome {
    statuses: Vec<u64>,
    durable: BTreeMap<String, usize>,
}

/// Delivers the same batch up to this many times. `fate` gets the number of the queue's calls so far, and its slug.
async fn deliver(
    queue_type: &str,
    deliveries: usize,
    events: Vec<String>,
    fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static,
) -> Outcome {
    fastrand::seed(1);
    let counts = Mutex::new(BTreeMap::<String, usize>::new());
    let wire = Wire::to_memory(&MemorySqs::default(), move |_, batch| {
        let queue = batch.queue().trim_end_matches(".fifo").to_owned();
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(queue.clone()).or_default();
        *count += 1;
        fate(*count - 1, &queue)
    });
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_QUEUE_TYPE", queue_type)]);
    let mut statuses = Vec::new();
    while statuses.len() < deliveries && statuses.last() != Some(&200) {
        statuses.push(rig.send(&app_batch(&events)).await.0);
        advance(Duration::from_secs(60)).await;
    }
    let mut durable = BTreeMap::new();
    for call in wire.ledger().since(0) {
        let queue = call.queue.trim_end_matches(".fifo").to_owned();
        let count = call.sent.iter().filter(|sent| sent.answered == Answered::Durable).count();
        *durable.entry(queue).or_default() += count;
    }
    Outcome { statuses, durable }
}

#[tokio::test(start_paused = true)]
async fn a_fifo_queue_with_some_failures_ends_in_few_attempts() {
    let one_entry = || Fate::FailEntries { places: 1, code: "InternalError", sender_fault: false };
    let fates: [fn() -> Fate; 2] = [|| Fate::Refuse(400, "RequestThrottled"), one_entry];
    for (shown, fate) in ["throttled calls", "failed entries"].into_iter().zip(fates) {
        for (count, milliseconds, every) in [(400, 200, 5), (1_000, 100, 10), (2_000, 50, 10)] {
            let outcome =
                deliver("fifo", 3, events(count, "user.created", 400), move |call, queue| match queue {
                    "user-created" if call % every == 1 => fate(),
                    _ => slow(milliseconds),
                });
            let outcome = outcome.await;
            assert_eq!(outcome.statuses.last(), Some(&200), "{shown}, {count} events: {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_partly_slow_fifo_queue_ends_in_few_attempts() {
    type Slow = (&'static str, usize, fn(usize, &str) -> Fate);
    let cases: [Slow; 4] = [
        ("slows down after a fast start", 400, |call, queue| {
            slow(if queue == "user-created" && call % 400 >= 100 { 900 } else { 20 })
        }),
        ("one call of twenty hangs", 200, |call, queue| {
            if queue == "user-created" && call % 20 == 19 { Fate::Hang } else { slow(20) }
        }),
        ("a slower parking queue", 1_000, |_, queue| slow(if queue == "unrouted" { 600 } else { 20 })),
        ("every content is refused", 300, |_, queue| match queue {
            "user-created" => Fate::RefuseAfter(Duration::from_millis(20), 400, "InvalidMessageContents"),
            _ => slow(20),
        }),
    ];
    for (shown, count, fate) in cases {
        let outcome = deliver("fifo", 5, events(count, "user.created", 1), fate).await;
        assert_eq!(outcome.statuses.last(), Some(&200), "{shown}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_entries_with_an_unlisted_code_are_parked_in_one_attempt() {
    for queue_type in ["standard", "fifo"] {
        let outcome = deliver(queue_type, 1, events(85, "user.created", 85), |_, queue| match queue {
            "user-created" => {
                Fate::FailEntries { places: 0x3ff, code: "NobodyKnowsThis", sender_fault: true }
            }
            _ => slow(20),
        });
        let outcome = outcome.await;
        assert_eq!((&*outcome.statuses, outcome.durable["unrouted"]), (&[200][..], 85), "{queue_type}");
    }
    // One entry of each call fails.
    let wire = Wire::to_memory(&MemorySqs::default(), |_, batch| {
        let is_poison =
            |body: &str| (0..200).step_by(10).any(|index| body.contains(&format!("\"evt_{index}\"")));
        let places = batch.entries.iter().enumerate().filter(|(_, entry)| is_poison(&entry.message_body));
        let places = places.fold(0, |places, (place, _)| places | 1 << place);
        if batch.queue_url.contains("unrouted") || places == 0 {
            return slow(20);
        }
        Fate::FailEntries { places, code: "NobodyKnowsThis", sender_fault: true }
    });
    let rig = Rig::start(&KeyServer::new(None), &wire, Duration::ZERO);
    let (status, took) = rig.send(&app_batch(events(200, "user.created", 200))).await;
    assert_eq!(status, 200, "{took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_does_not_stop_a_queue_that_works() {
    for throttled in [usize::MAX, 12] {
        let outcome =
            deliver("standard", 1, events(1_900, "user.created", 1), move |call, _| match call % 50 {
                10 => Fate::Hang,
                place if place == throttled => Fate::Refuse(400, "RequestThrottled"),
                _ => slow(20),
            });
        let outcome = outcome.await;
        assert_eq!(outcome.statuses, [200], "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unlisted_code_closes_no_queue_while_the_parking_queue_fails() {
    for parking in [(|| Fate::Hang) as fn() -> Fate, || Fate::Refuse(400, "QueueDoesNotExist")] {
        let mut batch = events(20, "user.created", 20);
        batch.extend(events(1, "user.invented", 1));
        let outcome = deliver("standard", 1, batch, move |call, queue| match queue {
            "unrouted" => parking(),
            _ if call < 3 => Fate::Refuse(403, "NobodyKnowsThis"),
            _ => slow(20),
        });
        let outcome = outcome.await;
        assert_eq!(outcome.durable.get("user-created"), Some(&20), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_hangs_every_second_call_does_not_delay_another() {
    let mut batch = events(1_000, "user.created", 1_000);
    batch.extend(events(1_000, "user.deleted", 1_000));
    let outcome = deliver("standard", 1, batch, |call, queue| match queue {
        "user-created" if call % 2 == 1 => Fate::Hang,
        "user-created" => slow(20),
        _ => slow(200),
    });
    assert_eq!(outcome.await.durable["user-deleted"], 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_denied_queue_that_refuses_content_blames_no_event() {
    let wire = Wire::to_memory(&MemorySqs::default(), |call, batch| match call {
        _ if batch.queue_url.contains("unrouted") => slow(20),
        0 => slow(20),
        1 => Fate::Refuse(403, "AccessDenied"),
        _ => Fate::RefuseAfter(Duration::from_millis(30), 400, "InvalidMessageContents"),
    });
    let rig = Rig::start(&KeyServer::new(None), &wire, Duration::ZERO);
    assert_eq!(rig.send(&app_batch(events(85, "user.created", 85))).await.0, 200);
    let calls = wire.ledger().since(0);
    let parked = calls.iter().filter(|call| call.queue == "unrouted").flat_map(|call| &call.sent);
    let reasons: Vec<_> =
        parked.map(|sent| sent.entry.message_attributes["reason"].string_value.as_deref()).collect();
    assert!(reasons.iter().all(|reason| *reason == Some("queue_denied")), "{reasons:?}");
    assert_eq!(reasons.len(), 75);
}

#[tokio::test(start_paused = true)]
async fn slices_do_not_wait_for_the_pause_of_another_group() {
    let start = Instant::now();
    let wire = Wire::to_memory(&MemorySqs::default(), move |_, batch| {
        let is_bad = batch.entries.iter().any(|entry| entry.message_body.contains("invented"));
        if is_bad && start.elapsed() < Duration::from_secs(9) && batch.entries.len() == 1 {
            return Fate::FailEntries { places: 1, code: "InternalError", sender_fault: false };
        }
        slow(20)
    });
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_QUEUE_TYPE", "fifo")]);
    let mut batch = events(1, "user.invented", 1);
    batch.extend(events(1_000, "user.created", 1));
    rig.send(&app_batch(batch)).await;
    let calls = wire.ledger().since(0);
    let parked = calls.iter().filter(|call| call.queue.starts_with("unrouted")).flat_map(|call| &call.sent);
    let is_slice = |body: &str| body.starts_with('[');
    let stored =
        parked.filter(|sent| sent.answered == Answered::Durable && is_slice(&sent.entry.message_body));
    assert!(stored.count() > 0, "the slice is not parked");
}
