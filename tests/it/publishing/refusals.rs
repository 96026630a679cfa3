//! Calls that SQS refuses because of one entry, and texts that SQS refuses even when parked.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use prelude_local::aws::guard::wire::BatchRequest;
use serde_json::json;

use super::{attempt, ids, paused, user_created, users_created};
use crate::support::{
    stack::{Stack, context},
    wire::{Fate, Wired},
};

fn holds(batch: &BatchRequest, text: &str) -> bool {
    batch.entries.iter().any(|entry| entry.message_body.contains(text))
}

fn is_parking(batch: &BatchRequest) -> bool {
    batch.queue_url.ends_with("unrouted")
}

#[tokio::test]
async fn a_refused_call_is_split_until_the_entries_at_fault_stand_alone() {
    for code in ["InvalidMessageContents", "AWS.SimpleQueueService.BatchRequestTooLong"] {
        for culprits in [vec![0], vec![9], vec![3, 4], vec![0, 5, 9], (0..10).collect()] {
            let stack = Stack::start().await;
            let wired = Wired::start(&stack, move |_, batch| match is_parking(batch) {
                false if holds(batch, "culprit") => Fate::Refuse(400, code),
                _ => Fate::Pass,
            });
            let event = |index| match culprits.contains(&index) {
                true => json!({"id": format!("culprit_{index}"), "type": "user.created"}).to_string(),
                false => user_created(&format!("evt_{index}"), 0),
            };
            let events: Vec<_> = (0..10).map(event).collect();
            let (status, body) = wired.send(&stack.batch("app1", &events)).await;
            assert_eq!((status, body.as_str()), (200, r#"{"accepted":10}"#), "{culprits:?}");
            assert_eq!(stack.taken(), 10, "{culprits:?}: each event is taken once");
            let (sent, parked) = (stack.drain("user-created").await, stack.parked().await);
            assert!(ids(&sent).iter().all(|id| id.starts_with("evt_")), "{culprits:?}");
            assert!(ids(&parked).iter().all(|id| id.starts_with("culprit_")), "{culprits:?}");
            assert!(parked.iter().all(|message| message.attribute("reason") == Some("rejected_by_sqs")));
            assert_eq!((sent.len(), parked.len()), (10 - culprits.len(), culprits.len()));
            let bodies = sent.into_iter().chain(parked).map(|message| message.body);
            assert_eq!(bodies.collect::<BTreeSet<_>>(), events.into_iter().collect());
        }
    }
}

#[tokio::test]
async fn a_call_refused_for_its_size_is_split_and_nothing_is_parked() {
    let stack = Stack::start().await;
    let wired = Wired::start(&stack, |_, batch| match batch.entries.len() {
        0..=3 => Fate::Pass,
        _ => Fate::Refuse(400, "AWS.SimpleQueueService.BatchRequestTooLong"),
    });
    let (status, _) = wired.send(&stack.batch("app1", users_created(25))).await;
    assert_eq!((status, stack.taken(), stack.parked().await.len()), (200, 25, 0));
    assert_eq!(stack.drain("user-created").await.len(), 25);
}

#[tokio::test]
async fn a_parked_text_refused_again_is_sent_as_base64_without_optional_attributes() {
    let body = attempt("evt_offence");
    for status in [400, 413] {
        let stack = Stack::start().await;
        let wired = Wired::start(&stack, move |_, batch| match holds(batch, "evt_offence") {
            true => Fate::Refuse(status, "InvalidMessageContents"),
            false => Fate::Pass,
        });
        let (status, _) = wired.send(&stack.signed(body.clone())).await;
        assert_eq!(status, 200);
        let all = stack.drain_all().await;
        assert_eq!(all.keys().collect::<Vec<_>>(), ["unrouted"]);
        let message = &all["unrouted"][0];
        assert_eq!(STANDARD.decode(&message.body).unwrap(), body.as_bytes());
        // SQS may refuse the optional attributes, whose values come from outside. Attributes of the origin stay.
        let left: Vec<_> = message.attributes.keys().map(String::as_str).collect();
        assert_eq!(left, ["authentication", "encoding", "event_id", "reason", "received_at", "source"]);
        assert_eq!(message.attribute("encoding"), Some("base64"));
        assert_eq!(message.attribute("reason"), Some("rejected_by_sqs"));
        assert_eq!(message.attribute("event_id"), Some("evt_offence"));
    }
}

#[tokio::test]
async fn a_refused_trace_is_left_out() {
    let stack = Stack::start().await;
    let wired = Wired::start(&stack, |_, batch| {
        let is_refused = batch.entries.iter().any(|entry| !entry.message_system_attributes.is_empty());
        if is_refused { Fate::Refuse(400, "InvalidParameterValue") } else { Fate::Pass }
    });
    let mut context = context();
    context.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned());
    assert_eq!(wired.send_in(&stack.signed(attempt("evt_traced")), context).await.0, 200);
    let parked = stack.parked().await;
    assert_eq!(ids(&parked), ["evt_traced"]);
    assert_eq!(parked[0].system_attributes.get("AWSTraceHeader"), None);
}

#[tokio::test]
async fn parked_texts_refused_again_share_calls() {
    let stack = Stack::start().await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let wired = Wired::start(&stack, move |_, batch| {
        if holds(batch, "evt_") {
            return Fate::FailEntries {
                places: u16::MAX,
                code: "InvalidMessageContents",
                sender_fault: true,
            };
        }
        seen.lock().unwrap().push(batch.entries.len());
        Fate::Pass
    });
    // If each counted a hundred times, they would not fit into one call.
    let events: Vec<_> = (0..10).map(|index| user_created(&format!("evt_{index}"), 2_000)).collect();
    assert_eq!(wired.send(&stack.batch("app1", events)).await.0, 200);
    assert_eq!(*calls.lock().unwrap(), [10]);
}

#[tokio::test]
async fn a_refused_attribute_removes_only_the_optional_ones() {
    let stack = Stack::start().await;
    let wired = Wired::start(&stack, |_, batch| {
        let is_refused =
            batch.entries.iter().any(|entry| entry.message_attributes.contains_key("event_type"));
        if is_refused { Fate::Refuse(400, "InvalidParameterValue") } else { Fate::Pass }
    });
    let events = [user_created("evt_1", 0), r#"{"id":"evt_2","type":"user.invented"}"#.to_owned()];
    assert_eq!(wired.send(&stack.batch("app1", events)).await.0, 200);
    let parked = stack.parked().await;
    assert_eq!(ids(&parked), ["evt_1", "evt_2"]);
    let mut reasons: Vec<_> = parked.iter().map(|message| message.attribute("reason").unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["rejected_by_sqs", "unknown_type"], "the first matching reason stays");
}

#[tokio::test]
async fn a_refused_part_is_sent_again_without_optional_attributes() {
    let stack = Stack::start().await;
    let wired = Wired::start(&stack, |_, batch| {
        let is_refused =
            batch.entries.iter().any(|entry| entry.message_attributes.contains_key("event_type"));
        if is_refused { Fate::Refuse(400, "InvalidParameterValue") } else { Fate::Pass }
    });
    let mut random = fastrand::Rng::with_seed(1);
    let note: String = std::iter::repeat_with(|| random.alphanumeric()).take(1_500_000).collect();
    let event = json!({"id": "evt_1", "type": "user.created", "payload": {"note": note}}).to_string();
    assert_eq!(wired.send(&stack.batch("app1", [event])).await.0, 200);
    let parked = stack.parked().await;
    let mut parts: Vec<_> = parked.iter().map(|message| message.attribute("encoding").unwrap()).collect();
    parts.sort_unstable();
    assert_eq!(parts, ["gzip+base64;part=1/2", "gzip+base64;part=2/2"]);
}

#[tokio::test]
async fn an_event_refused_in_every_form_makes_503_and_the_others_are_sent() {
    let stack = paused().await;
    let wired = Wired::start(&stack, |_, batch| {
        if is_parking(batch) || holds(batch, "culprit") {
            Fate::Refuse(400, "InvalidMessageContents")
        } else {
            Fate::Pass
        }
    });
    let mut events = users_created(9);
    events.push(json!({"id": "culprit", "type": "user.created"}).to_string());
    let (status, body) = wired.send(&stack.batch("app1", events)).await;
    assert_eq!((status, body.as_str()), (503, r#"{"error":"unavailable"}"#));
    assert_eq!(stack.taken(), 9);
}

#[tokio::test]
async fn one_answer_can_hold_every_kind_of_failure() {
    let stack = paused().await;
    let wired = Wired::start(&stack, |call, _| match call {
        0 => Fate::Edit(|answer| {
            // SQS stored all of them, although it reports 1 and 2 otherwise, as after a crash.
            let successful = answer["Successful"].as_array_mut().unwrap();
            successful.retain(|entry| !["1", "2", "3"].contains(&entry["Id"].as_str().unwrap()));
            answer["Failed"] = json!([
                {"Id": "1", "SenderFault": false, "Code": "InvalidMessageContents"},
                {"Id": "2", "SenderFault": true, "Code": "RequestThrottled"},
            ]);
        }),
        _ => Fate::Pass,
    });
    let (status, body) = wired.send(&stack.batch("app1", users_created(5))).await;
    assert_eq!((status, body.as_str()), (200, r#"{"accepted":5}"#));
    assert_eq!(wired.calls(), 3, "all entries, then the throttled and the missing one, then the parked one");
    assert_eq!(ids(&stack.parked().await), ["evt_01"]);
    let sent = stack.drain("user-created").await;
    assert_eq!(ids(&sent), ["evt_00", "evt_01", "evt_02", "evt_02", "evt_03", "evt_03", "evt_04"]);
}
