//! Batches without a table.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use prelude_consumer::{Consumer, Message, Record, RecordError, SqsEvent};
use prelude_events::{Event, samples};

use crate::support::{Clock, failed, grouped, record, with_body};

/// Far away.
fn deadline() -> SystemTime {
    SystemTime::now() + Duration::from_secs(900)
}

/// Fails or panics on the events whose id says so.
async fn moody(message: Message) -> Result<(), RecordError> {
    match message.received.envelope.id.as_deref() {
        Some(id) if id.starts_with("fail") => Err(RecordError::new("as its id says")),
        Some(id) if id.starts_with("panic") => panic!("as its id says"),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn an_empty_list_of_failures_is_success() {
    let response = Consumer::new(moody).consume(vec![record("m1", "a")].into(), deadline()).await;
    assert_eq!(serde_json::to_string(&response).unwrap(), r#"{"batchItemFailures":[]}"#);
}

#[tokio::test]
async fn one_record_fails_alone() {
    let broken = |message_id, body| with_body(body, record(message_id, "a"));
    let records = vec![
        record("good-1", "a"),
        broken("not-json", "not JSON"),
        broken("broken", r#"{"type":"verify.attempt","payload":{"id":{}}}"#),
        record("error", "fail"),
        record("panic", "panic"),
        broken("newer", r#"{"type":"verify.newer"}"#),
        record("good-2", "b"),
    ];
    let response = Consumer::new(moody).consume(records.into(), deadline()).await;
    assert_eq!(failed(&response), ["not-json", "broken", "error", "panic"]);
    assert_eq!(
        serde_json::to_string(&response).unwrap(),
        concat!(
            r#"{"batchItemFailures":[{"itemIdentifier":"not-json"},{"itemIdentifier":"broken"},"#,
            r#"{"itemIdentifier":"error"},{"itemIdentifier":"panic"}]}"#
        )
    );
}

#[tokio::test]
async fn a_handler_may_panic_before_it_returns_a_future() {
    let early = |message: Message| {
        assert_ne!(message.record.message_id, "m1", "before the future");
        async { Ok(()) }
    };
    let records = vec![record("m1", "a"), record("m2", "b")];
    assert_eq!(failed(&Consumer::new(early).consume(records.into(), deadline()).await), ["m1"]);
}

#[tokio::test]
async fn a_group_stops_at_its_first_failure_and_other_groups_go_on() {
    let handled = Mutex::new(Vec::new());
    let consumer = Consumer::new(|message: Message| {
        handled.lock().unwrap().push(message.record.message_id.clone());
        moody(message)
    });
    let records = vec![
        grouped("a1", "a"),
        grouped("b1", "b"),
        grouped("fail-a2", "a"),
        grouped("a3", "a"),
        grouped("b2", "b"),
        grouped("panic-c1", "c"),
        grouped("a4", "a"),
        grouped("c2", "c"),
        grouped("b3", "b"),
    ];
    let response = consumer.consume(records.into(), deadline()).await;
    assert_eq!(failed(&response), ["fail-a2", "a3", "panic-c1", "a4", "c2"]);
    assert_eq!(*handled.lock().unwrap(), ["a1", "b1", "fail-a2", "b2", "panic-c1", "b3"]);
}

#[tokio::test]
async fn a_broken_body_stops_its_group_too() {
    let broken = with_body("{", grouped("a1", "a"));
    let records = vec![broken, grouped("a2", "a"), grouped("b1", "b")];
    assert_eq!(failed(&Consumer::new(moody).consume(records.into(), deadline()).await), ["a1", "a2"]);
}

#[tokio::test]
async fn groups_of_a_standard_queue_are_not_ordered() {
    let unordered = |message_id| {
        let mut record = grouped(message_id, "a");
        record.queue_arn = "arn:aws:sqs:::q".to_owned();
        record
    };
    let records = vec![unordered("fail-1"), unordered("2")];
    assert_eq!(failed(&Consumer::new(moody).consume(records.into(), deadline()).await), ["fail-1"]);
}

#[tokio::test]
async fn no_record_is_started_that_takes_longer_than_the_time_left() {
    let clock = Clock::start();
    let slow = clock.clone();
    // The first takes 3 s, the second 4 s, and so on.
    let took = Mutex::new(2);
    let consumer = Consumer::new(move |_message| {
        *took.lock().unwrap() += 1;
        slow.pass(Duration::from_secs(*took.lock().unwrap()));
        async { Ok(()) }
    })
    .with_clock(clock.reader());
    let records: Vec<_> = (1..=5).map(|index| record(&format!("m{index}"), "a")).collect();
    // 3 + 4 s are over, 4 s are left, and the last one took 4 s: the third starts.
    let deadline = clock.now() + Duration::from_secs(11);
    let response = consumer.consume(records.into(), deadline).await;
    assert_eq!(failed(&response), ["m4", "m5"]);
    assert_eq!(clock.now() - Duration::from_secs(1), deadline, "the third took 5 s");
}

#[tokio::test]
async fn every_sample_arrives_as_its_type() {
    let consumer = Consumer::new(|message: Message| async move {
        let unknown = matches!(message.received.event, Event::Unknown { .. });
        if unknown { Err(RecordError::new("unknown")) } else { Ok(()) }
    });
    let records: Vec<_> =
        samples::ALL.iter().map(|sample| Record::new(sample.event_type.as_str(), sample.json)).collect();
    assert_eq!(records.len(), prelude_events::EventType::ALL.len());
    assert_eq!(failed(&consumer.consume(SqsEvent::from(records), deadline()).await), [""; 0]);
}
