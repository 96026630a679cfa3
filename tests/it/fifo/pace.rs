//! FIFO queues that are too slow for all calls of a batch. The remaining events are parked in slices.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::time::Duration;

use crate::support::{
    faults::{
        key_server::KeyServer,
        ledger::Answered,
        memory_sqs::MemorySqs,
        rig::{Rig, app_batch},
    },
    parked::decode,
    wire::{Fate, Wire},
};

const BUDGET: Duration = Duration::from_millis(8_010);

/// Events of one user, which take one call each.
fn events(count: usize, name: &str) -> Vec<String> {
    let event = |index| json!({"id": format!("evt_{index}"), "type": name, "payload": {"user_id": "usr_1"}});
    (0..count).map(|index| event(index).to_string()).collect()
}

/// Places of a batch's events, with the number of copies at each place.
#[derive(Debug, Default)]
struct Places {
    routed: BTreeMap<String, usize>,
    sliced: BTreeMap<String, usize>,
    slices: usize,
}

impl Places {
    /// Reads the entries that SQS acknowledged.
    fn of(wire: &Wire) -> Self {
        let mut places = Self::default();
        let calls = wire.ledger().since(0);
        for call in &calls {
            for sent in call.sent.iter().filter(|sent| sent.answered == Answered::Durable) {
                let attribute = |name| sent.entry.message_attributes.get(name)?.string_value.as_deref();
                let body = &sent.entry.message_body;
                if attribute("reason") != Some("batch_too_large") {
                    *places.routed.entry(body.clone()).or_default() += 1;
                    continue;
                }
                places.slices += 1;
                let slice = decode(attribute("encoding").unwrap_or("text"), body);
                let elements: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&slice).unwrap();
                for element in elements {
                    *places.sliced.entry(element.get().to_owned()).or_default() += 1;
                }
            }
        }
        places
    }

    #[track_caller]
    fn assert_each_once(&self, events: &[String]) {
        let routed = self.routed.iter().chain(&self.sliced);
        let mut found: Vec<_> =
            routed.flat_map(|(event, count)| std::iter::repeat_n(event, *count)).collect();
        let mut expected: Vec<_> = events.iter().collect();
        found.sort();
        expected.sort();
        assert!(found == expected, "{} of {} events", found.len(), expected.len());
    }
}

/// Delivers a batch to FIFO queues. Returns the status, its duration, and the places of the events.
async fn deliver(
    events: &[String],
    fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static,
) -> (u64, Duration, Places) {
    let wire = Wire::to_memory(&MemorySqs::default(), move |call, batch| fate(call, batch.queue()));
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_QUEUE_TYPE", "fifo")]);
    let (status, took) = rig.send(&app_batch(events)).await;
    (status, took, Places::of(&wire))
}

const fn slow(milliseconds: u64) -> Fate {
    Fate::DelayCall(Duration::from_millis(milliseconds))
}

#[tokio::test(start_paused = true)]
async fn a_batch_to_a_slow_queue_ends_within_the_budget() {
    for (count, milliseconds, routed) in [
        (100, 20, 100..=100),
        (100, 75, 100..=100),
        (100, 80, 86..=100),
        (101, 80, 86..=100),
        (1_000, 80, 86..=100),
        (2_000, 5, 1_300..=1_600),
        (50, 900, 4..=8),
        (3, 2_900, 1..=2),
    ] {
        let events = events(count, "user.created");
        let (status, took, places) = deliver(&events, move |_, _| slow(milliseconds)).await;
        let shown =
            format!("{count} events, {milliseconds} ms a call: {took:?}, {} routed", places.routed.len());
        assert_eq!(status, 200, "{shown}");
        assert!(took < BUDGET, "{shown}");
        places.assert_each_once(&events);
        assert!(routed.contains(&places.routed.len()), "{shown}");
        assert!(places.slices <= 2, "{shown}: {} slices", places.slices);
    }
}

#[tokio::test(start_paused = true)]
async fn one_slow_call_parks_nothing_while_the_others_fit() {
    let events = events(60, "user.created");
    let (status, _, places) = deliver(&events, |call, _| slow(if call == 10 { 2_500 } else { 40 })).await;
    assert_eq!((status, places.routed.len(), places.slices), (200, 60, 0));
}

#[tokio::test(start_paused = true)]
async fn only_the_slow_queues_events_are_sliced() {
    let (mut slow_ones, fast_ones) = (events(300, "user.created"), events(300, "user.deleted"));
    let mixed: Vec<_> =
        slow_ones.iter().zip(&fast_ones).flat_map(|(slow, fast)| [slow.clone(), fast.clone()]).collect();
    let (status, _, places) =
        deliver(&mixed, |_, queue| slow(if queue.starts_with("user-created") { 80 } else { 2 })).await;
    assert_eq!(status, 200);
    places.assert_each_once(&mixed);
    slow_ones.retain(|event| !places.routed.contains_key(event));
    assert!(slow_ones.len() > 150, "{} sliced", slow_ones.len());
    assert!(places.sliced.keys().eq(slow_ones.iter().collect::<std::collections::BTreeSet<_>>()));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_sent_is_never_sliced() {
    let events = events(200, "user.created");
    // SQS stores the third event, but the receiver does not learn it.
    let (status, _, places) = deliver(&events, |call, _| match call {
        2 => Fate::LoseAnswer,
        _ => slow(80),
    })
    .await;
    assert_eq!(status, 200);
    places.assert_each_once(&events);
    assert!(
        places.slices > 0 && places.routed.contains_key(&events[2]),
        "the third event is sent again, alone"
    );
    // One event is never acknowledged. At the deadline its call waits before calls that were not sent yet.
    let event = |index| {
        let payload = json!({"user_id": format!("usr_{}", index % 50)});
        json!({"id": format!("evt_{index}"), "type": "user.created", "payload": payload}).to_string()
    };
    let events: Vec<_> = (0..1_200).map(event).collect();
    let sent = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&sent);
    let wire = Wire::to_memory(&MemorySqs::default(), move |_, batch| {
        let bodies = batch.entries.iter().map(|entry| entry.message_body.clone());
        if batch.queue_url.ends_with("user-created.fifo") {
            seen.lock().unwrap().extend(bodies);
        }
        let is_lost = batch.entries.iter().any(|entry| entry.message_body.contains("\"evt_500\""));
        if is_lost && !batch.queue_url.ends_with("unrouted.fifo") { Fate::LoseAnswer } else { slow(20) }
    });
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_QUEUE_TYPE", "fifo")]);
    assert_eq!(rig.send(&app_batch(&events)).await.0, 503);
    let places = Places::of(&wire);
    let sent = sent.lock().unwrap();
    assert!(sent.contains(&events[500]) && !places.routed.contains_key(&events[500]), "unacknowledged");
    assert!(places.slices > 0, "no event was sliced");
    assert!(places.sliced.keys().all(|event| !sent.contains(event)), "an event was sent and sliced");
}

#[tokio::test(start_paused = true)]
async fn a_slow_parking_queue_also_takes_slices() {
    let event = |index: usize| json!({"id": format!("evt_{index}"), "type": "user.invented", "payload": {}});
    let events: Vec<_> = (0..1_500).map(|index| event(index).to_string()).collect();
    let (status, took, places) = deliver(&events, |_, _| slow(80)).await;
    assert_eq!(status, 200, "{took:?}");
    places.assert_each_once(&events);
    assert!(places.slices > 0 && places.routed.len() > 800, "{} unsliced", places.routed.len());
}

#[tokio::test(start_paused = true)]
async fn a_redelivery_may_be_sliced_elsewhere_and_keeps_the_ids() {
    let events = events(300, "user.created");
    let ids = |places: &Places| {
        let id =
            |event: &String| serde_json::from_str::<Value>(event).unwrap()["id"].as_str().unwrap().to_owned();
        places.routed.keys().chain(places.sliced.keys()).map(id).collect::<std::collections::BTreeSet<_>>()
    };
    let (_, _, slower) = deliver(&events, |_, _| slow(120)).await;
    let (_, _, faster) = deliver(&events, |_, _| slow(60)).await;
    assert!(slower.routed.len() < faster.routed.len());
    assert_eq!(ids(&slower), ids(&faster));
}
