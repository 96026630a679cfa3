//! FIFO queues: names, deduplication and groups. `fifo/order.rs` tests the order.

mod order;
mod pace;

use std::collections::BTreeSet;

use prelude_events::{EventType, samples::sample};
use prelude_local::aws::{gateway::Request, guard::record::RecordedEntry};
use serde_json::{Value, json};

use crate::support::{
    stack::{Setup, Stack},
    wire::pinned_apps,
};

async fn fifo() -> Stack {
    let setup = Setup::new().await.set("PRELUDE_QUEUE_TYPE", "fifo");
    let apps = pinned_apps(&setup.prelude);
    setup.set("PRELUDE_APPS", apps).start().await
}

fn event(id: &str, name: &str, payload: Value) -> String {
    json!({"id": id, "type": name, "payload": payload}).to_string()
}

/// Sends a request and returns the entries that SQS accepted for it.
async fn taken(stack: &Stack, request: &Request) -> Vec<RecordedEntry> {
    let before = stack.taken();
    let answer = stack.send(request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.log);
    stack.sqs.recorded().split_off(before)
}

/// Sends an event with the authentication of its source, and returns its entry in SQS.
async fn sent(stack: &Stack, event: &str) -> RecordedEntry {
    let body: Value = serde_json::from_str(event).unwrap();
    let is_session = body["type"].as_str().is_some_and(|name| name.starts_with("user."));
    let request = if is_session { stack.batch("app1", [event]) } else { stack.signed(event) };
    let [entry] = taken(stack, &request).await.try_into().unwrap();
    entry
}

fn deduplication_id(entry: &RecordedEntry) -> &str {
    entry.deduplication_id.as_deref().unwrap()
}

fn group_id(entry: &RecordedEntry) -> &str {
    entry.group_id.as_deref().unwrap()
}

fn is_sha_256(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[tokio::test]
async fn every_type_goes_to_a_queue_whose_name_ends_in_fifo_with_both_ids() {
    let stack = fifo().await;
    for event_type in EventType::ALL {
        let raw = sample(event_type).unwrap().trim();
        let is_session = event_type.source() == Some(prelude_events::Source::Session);
        let request = if is_session { stack.batch("app1", [raw]) } else { stack.signed(raw) };
        let entries = taken(&stack, &request).await;
        let queue = format!("prelude-webhooks-{}.fifo", event_type.queue_slug().unwrap());
        assert_eq!(entries.iter().map(|entry| &entry.queue).collect::<Vec<_>>(), [&queue]);
        assert!(is_sha_256(deduplication_id(&entries[0])), "{event_type}");
        assert!((1..=128).contains(&group_id(&entries[0]).len()), "{event_type}");
    }
    let parked = sent(&stack, r#"{"id":"evt_1","type":"verify.invented"}"#).await;
    assert_eq!(parked.queue, "prelude-webhooks-unrouted.fifo");
    assert!(is_sha_256(deduplication_id(&parked)));
}

#[tokio::test]
async fn different_events_are_never_duplicates_even_when_their_ids_are_equal() {
    let stack = fifo().await;
    let mut seen = BTreeSet::new();
    for raw in [
        event("evt_1", "user.created", json!({})),
        event("evt_1", "user.created", json!({"n": 1})),
        event("evt_1", "user.deleted", json!({})),
        event("evt_2", "user.created", json!({})),
        event("evt_1", "verify.attempt", json!({})),
        event("evt_1", "verify.invented", json!({})),
        event("evt_1", "verify.invented2", json!({})),
        r#"{"type":"verify.attempt","payload":{"n":1}}"#.to_owned(),
        r#"{"type":"verify.attempt","payload":{"n":2}}"#.to_owned(),
    ] {
        assert!(seen.insert(deduplication_id(&sent(&stack, &raw).await).to_owned()), "{raw}");
    }
    // The same element from another app is another event.
    let other_app = taken(&stack, &stack.batch("app2", [event("evt_1", "user.created", json!({}))])).await;
    assert!(seen.insert(deduplication_id(&other_app[0]).to_owned()));
}

#[tokio::test]
async fn a_redelivery_is_a_duplicate_for_any_signature_and_any_batches() {
    let stack = fifo().await;
    for raw in [
        event("evt_1", "user.created", json!({"user_id": "usr_1"})),
        event("evt_1", "verify.attempt", json!({"verification_id": "vrf_1"})),
        r#"{"type":"transactional.message.failed","payload":{}}"#.to_owned(),
        event("evt_1", "verify.invented", json!({})),
    ] {
        let (first, second) = (sent(&stack, &raw).await, sent(&stack, &raw).await);
        assert_eq!(deduplication_id(&first), deduplication_id(&second), "{raw}");
        assert_eq!(group_id(&first), group_id(&second), "{raw}");
    }
    let (one, two) = (event("evt_1", "user.created", json!({})), event("evt_2", "user.created", json!({})));
    let together = taken(&stack, &stack.batch("app1", [&one, &two])).await;
    let apart = [sent(&stack, &one).await, sent(&stack, &two).await];
    assert_eq!(
        together.iter().map(deduplication_id).collect::<Vec<_>>(),
        apart.each_ref().map(deduplication_id)
    );
    // SQS itself keeps one message of a redelivered event.
    let mut bodies: Vec<_> =
        stack.drain("verify-attempt").await.into_iter().map(|message| message.body).collect();
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn the_parts_of_a_large_event_are_not_duplicates_and_stay_together() {
    let stack = fifo().await;
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 57) as u8 % 75)
    });
    let text: String = noise.filter(|c| *c != '\\').take(2_500_000).collect();
    let request = stack.signed(event("evt_large", "verify.attempt", json!({"text": text})));
    let parts = taken(&stack, &request).await;
    assert!(parts.len() > 1, "{} parts", parts.len());
    assert!(parts.iter().all(|part| part.attributes["event_id"] == "evt_large"));
    assert_eq!(parts.iter().map(deduplication_id).collect::<BTreeSet<_>>().len(), parts.len());
    assert_eq!(parts.iter().map(group_id).collect::<BTreeSet<_>>().len(), 1);
    let again = taken(&stack, &request).await;
    assert_eq!(
        again.iter().map(deduplication_id).collect::<Vec<_>>(),
        parts.iter().map(deduplication_id).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn events_of_one_entity_share_a_group_and_others_do_not() {
    let stack = fifo().await;
    let v1 = |uuid: &str, name: &str| {
        json!({"type": name, "id": "90c7e8b2", "auth_uuid": uuid, "attempt_uuid": format!("{name}-{uuid}"),
            "recipient_phone_number": "+33600000001", "time": "2023-05-09T12:09:31+0000"})
        .to_string()
    };
    let entities = [
        vec![
            event("evt_1", "user.created", json!({"user_id": "usr_1"})),
            event("evt_2", "user.profile.updated", json!({"user_id": "usr_1", "n": 1})),
            event("evt_3", "user.session.created", json!({"user_id": "usr_1", "session_id": "ses_1"})),
        ],
        vec![event("evt_4", "user.created", json!({"user_id": "usr_2"}))],
        vec![
            event("evt_5", "verify.authentication", json!({"verification_id": "vrf_1"})),
            event("evt_6", "verify.attempt", json!({"verification_id": "vrf_1", "id": "att_1"})),
            event("evt_7", "verify.delivery_status", json!({"verification_id": "vrf_1", "id": "dls_1"})),
        ],
        vec![event("evt_8", "verify.attempt", json!({"verification_id": "vrf_2", "id": "att_2"}))],
        // Equal ids of different kinds name different entities.
        vec![event("evt_9", "verify.attempt", json!({"verification_id": "+33600000001"}))],
        vec![event("evt_20", "transactional.message.failed", json!({"message_id": "vrf_1"}))],
        vec![v1("f54b6bcc", "authentication"), v1("f54b6bcc", "attempt"), v1("f54b6bcc", "delivery_status")],
        vec![v1("a54b6bcc", "authentication")],
        vec![
            event("evt_10", "transactional.message.created", json!({"id": "tx_1", "to": "+33600000001"})),
            event("evt_11", "transactional.message.submitted", json!({"id": "sub_1", "message_id": "tx_1"})),
            event("evt_12", "transactional.message.delivered", json!({"id": "dls_1", "message_id": "tx_1"})),
        ],
        vec![event("evt_13", "transactional.message.created", json!({"id": "tx_2", "to": "+33600000001"}))],
        vec![
            event("evt_14", "marketing.subscription.stop", json!({"from": "+33600000001", "to": "36184"})),
            event("evt_15", "marketing.subscription.start", json!({"from": "+33600000001", "to": "36184"})),
            event("evt_16", "inbound.message.received", json!({"id": "im_1", "from": "+33600000001"})),
        ],
        vec![event("evt_17", "marketing.subscription.stop", json!({"from": "+33600000002", "to": "36184"}))],
        vec![
            event("evt_18", "verify.attempt", json!({})),
            event("evt_18", "verify.attempt", json!({"n": 1})),
        ],
        vec![event("evt_19", "verify.attempt", json!({}))],
    ];
    let mut groups = BTreeSet::new();
    for events in &entities {
        let mut same = BTreeSet::new();
        for raw in events {
            let group = group_id(&sent(&stack, raw).await).to_owned();
            assert!(
                !raw.contains(&group) && is_sha_256(&group),
                "the id may be a phone number, so the group must be a hash: {group}"
            );
            same.insert(group);
        }
        assert_eq!(same.len(), 1, "{events:?}");
        assert!(groups.insert(same), "{events:?}");
    }
    // A user of another app is another user.
    let other_app = event("evt_1", "user.created", json!({"user_id": "usr_1"}));
    let other_app = taken(&stack, &stack.batch("app2", [other_app])).await;
    assert!(groups.insert(BTreeSet::from([group_id(&other_app[0]).to_owned()])));
}
