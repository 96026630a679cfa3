//! `replay`: moved messages, their queues, and messages that stay.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::Stack;

fn user_created(id: usize) -> String {
    format!(r#"{{"id":"evt_{id}", "type":"user.created","payload":{{"user_id":"usr_{id}"}}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_moves_to_its_queue_once_the_queue_exists() {
    let stack = Stack::without(&["user-created"]).await;
    stack.deliver_batch(&[user_created(1)]).await;
    let replay = ["parked", "replay"];
    let dry = [&replay[..], &["--dry-run"]].concat();
    stack
        .run(&dry)
        .await
        .assert(0, &["1 message stays: prelude-webhooks-user-created: the queue does not exist"]);
    stack.run(&replay).await.assert(1, &["prelude-webhooks-user-created does not exist", "0 moved, 1 stays"]);

    stack.sqs.create_queue(&stack.queue("user-created"), 1_048_576).await.unwrap();
    stack.run(&dry).await.assert(0, &["1 event would go to prelude-webhooks-user-created"]);
    let parked = stack.drain("unrouted").await;
    let attributes: Vec<_> = parked[0].attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    stack.put("unrouted", &parked[0].body, &attributes).await;
    stack
        .run(&replay)
        .await
        .assert(0, &["✓ 1 event moved to prelude-webhooks-user-created", "1 moved, 0 stay"]);

    assert!(stack.drain("unrouted").await.is_empty());
    let messages = stack.drain("user-created").await;
    assert_eq!(messages[0].body, user_created(1), "byte for byte");
    let mut expected = parked[0].attributes.clone();
    assert_eq!(expected.remove("reason").as_deref(), Some("queue_missing"));
    assert_eq!(messages[0].attributes, expected);
    assert_eq!(expected["request_id"], "request-1");
    stack.run(&replay).await.assert(0, &["No parked message matches."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newly_known_type_moves_and_unroutable_events_stay() {
    let stack = Stack::without(&[]).await;
    stack.deliver(br#"{"id":"evt_1","type":"verify.invented"}"#).await;
    stack.deliver(b"{ no JSON").await;
    stack.deliver(b"").await;
    stack.deliver(b"[1]").await;
    // Parked by an older version, to which the type was unknown.
    let attributes = [
        ("event_type", "verify.attempt"),
        ("event_id", "evt_2"),
        ("source", "verify"),
        ("authentication", "signature"),
        ("received_at", "2026-11-21T01:45:00.5Z"),
        ("reason", "unknown_type"),
    ];
    let raw = r#"{"id":"evt_2","type":"verify.attempt"}"#;
    let encoded = [&attributes[..], &[("encoding", "base64")]].concat();
    stack.put("unrouted", &STANDARD.encode(raw), &encoded).await;
    // The message's authenticated source is not the type's source.
    let foreign = attributes.map(|(name, value)| (name, if name == "source" { "notify" } else { value }));
    stack.put("unrouted", raw, &foreign).await;
    stack.put("unrouted", "somebody else's", &[]).await;

    let (code, report) = stack.json(&["parked", "replay", "--type", "verify.attempt"]).await;
    assert_eq!(code, Some(1));
    assert_eq!(report["messages"].as_array().unwrap().len(), 2, "{report:#}");
    let moved = stack.drain("verify-attempt").await;
    assert_eq!((moved.len(), &*moved[0].body), (1, raw));
    let mut expected = attributes.to_vec();
    expected.pop();
    expected.sort_unstable();
    let moved: Vec<_> = moved[0].attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(moved, expected);

    let report = stack.run(&["parked", "replay"]).await;
    report.assert(
        1,
        &[
            "2 messages stay: this version does not know its type, or knows it in another source only",
            "its source is unknown (--to moves it",
            "its attribute `reason` is missing",
            "6 read: 0 moved, 6 stay",
        ],
    );
    assert_eq!(stack.drain("unrouted").await.len(), 6, "all visible again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_parts_is_joined_and_an_incomplete_one_stays_and_is_named() {
    let stack = Stack::without(&["verify-attempt"]).await;
    // The event fits into its queue, but not into the parking queue, where it has another attribute.
    let event = |id: &str| {
        let mut random = vec![0; 784_000];
        getrandom::fill(&mut random).unwrap();
        let head = format!(r#"{{"id":"{id}","type":"verify.attempt","text":""#);
        let room = 1_048_576 - 230 - head.len() - 2;
        let text: String =
            STANDARD.encode(&random).chars().chain(std::iter::repeat('x')).take(room).collect();
        format!("{head}{text}\"}}")
    };
    let (whole, torn) = (event("whole"), event("torn"));
    stack.deliver(whole.as_bytes()).await;
    stack.deliver(torn.as_bytes()).await;
    let mut parts = stack.drain("unrouted").await;
    assert_eq!(parts.len(), 4, "two parts each");
    assert!(parts.iter().all(|part| part.attribute("reason") == Some("queue_missing")));
    let place = parts.iter().position(|part| part.attribute("event_id") == Some("torn")).unwrap();
    parts.remove(place);
    let again = parts.iter().find(|part| part.attribute("event_id") == Some("whole")).unwrap().clone();
    // Out of order, and one part twice.
    for part in parts.iter().rev().chain([&again]) {
        let attributes: Vec<_> = part.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
        stack.put("unrouted", &part.body, &attributes).await;
    }
    stack.sqs.create_queue(&stack.queue("verify-attempt"), 1_048_576).await.unwrap();

    let report = stack.run(&["parked", "replay"]).await;
    report.assert(
        1,
        &[
            "1 event moved to",
            "1 message stays: only 1 of its 2 parts are here",
            "torn",
            "1 superfluous part(s) removed",
        ],
    );
    let messages = stack.drain("verify-attempt").await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].body == whole && messages[0].attribute("encoding").is_none());
    let left = stack.drain("unrouted").await;
    assert_eq!((left.len(), left[0].attribute("event_id")), (1, Some("torn")));
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_are_split_and_only_their_unroutable_events_are_parked_again() {
    let stack = Stack::without(&[]).await;
    let mut events: Vec<_> = (0..2_050).map(user_created).collect();
    events[7] = r#"{"id":"odd","type":"user.invented"}"#.into();
    stack.deliver_batch(&events).await;
    let (_, listed) = stack.json(&["parked", "list", "--reason", "batch_too_large"]).await;
    assert_eq!(listed["messages"].as_array().unwrap().len(), 1);
    assert!(listed["messages"][0]["now"].as_str().unwrap().starts_with("2049 prelude-webhooks-user-created"));

    let (_, dry) = stack.json(&["parked", "replay", "--dry-run"]).await;
    let queues = json!({"prelude-webhooks-user-created": 2_049, "prelude-webhooks-unrouted": 1});
    assert_eq!(dry["messages"][0]["queues"], queues);
    assert!(stack.drain("user-created").await.is_empty(), "a dry run moves no event");

    let (code, report) = stack.json(&["parked", "replay", "--reason", "batch_too_large"]).await;
    assert_eq!((code, &report["messages"][0]["queues"]), (Some(0), &queues));
    let mut bodies: Vec<_> =
        stack.drain("user-created").await.into_iter().map(|message| message.body).collect();
    bodies.sort_unstable();
    events.remove(7);
    events.sort_unstable();
    assert_eq!(bodies, events);
    let left = stack.drain("unrouted").await;
    assert_eq!(
        (left.len(), left[0].attribute("event_id"), left[0].attribute("reason")),
        (1, Some("odd"), Some("unknown_type"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_queue_can_be_named_for_all_and_a_limit_is_kept() {
    let stack = Stack::without(&[]).await;
    for id in 0..3 {
        stack.deliver(format!(r#"{{"id":"evt_{id}","type":"made.up"}}"#).as_bytes()).await;
    }
    stack.deliver(b"\xff").await;
    stack.sqs.create_queue(&stack.queue("oddities"), 1_048_576).await.unwrap();
    let (code, report) =
        stack.json(&["parked", "replay", "--to", "oddities", "--limit", "1", "--type", "made.up"]).await;
    assert_eq!((code, report["messages"].as_array().unwrap().len()), (Some(0), 1));
    assert_eq!(stack.drain("oddities").await.len(), 1);
    let report = stack.run(&["parked", "replay", "--to", "prelude-webhooks-oddities"]).await;
    report
        .assert(1, &["2 events moved to prelude-webhooks-oddities", "an SQS message cannot hold it as text"]);
    let messages = stack.drain("oddities").await;
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].attribute("event_type"), Some("made.up"));
    assert_eq!(messages[0].attribute("reason"), None);
    let itself = stack.run(&["parked", "replay", "--to", "unrouted"]).await;
    itself.assert(1, &["prelude: --to names the parking queue itself"]);
    assert_eq!(stack.drain("unrouted").await.len(), 1);
}
