//! Events that are too large for one message, and batches that are too large for one request.

use std::collections::BTreeMap;

use prelude_local::aws::sqs::ReceivedMessage;
use serde_json::value::RawValue;

use super::{park, verify};
use crate::support::{parked::recover, stack::Stack};

/// Text that compresses to three quarters at best.
fn noise(length: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"[state as usize % 64])
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn a_large_event_is_compressed_and_cut_into_parts_if_needed() {
    let stack = Stack::start().await;
    let mut binary = noise(2_100_000).into_bytes();
    binary[0] = 0xff;
    for (case, body, reason, parts) in [
        ("compressible", verify(&"a".repeat(4_000_000)).into_bytes(), "oversize", 1),
        (
            "of an unknown type",
            verify(&"a".repeat(2_000_000)).replace("attempt", "invented").into_bytes(),
            "unknown_type",
            1,
        ),
        ("two parts", verify(&noise(1_600_000)).into_bytes(), "oversize", 2),
        ("not JSON, three parts", noise(2_500_000).into_bytes(), "invalid_json", 3),
        ("binary", binary, "not_utf8", 3),
        ("the most that Lambda accepts", verify(&noise(4_400_000)).into_bytes(), "oversize", 5),
    ] {
        let messages = park(&stack, &stack.prelude.account_key, &body).await;
        // A retry creates the same parts.
        let again =
            if parts == 2 { park(&stack, &stack.prelude.account_key, &body).await } else { Vec::new() };
        assert_eq!(messages.len(), parts, "{case}");
        let (encoding, raw) = recover(&messages);
        assert_eq!(encoding, "gzip+base64", "{case}");
        assert!(raw == body, "{case}: the parts decode to the exact bytes");
        for message in messages.iter().chain(&again) {
            assert_eq!(message.attribute("reason"), Some(reason), "{case}");
            assert_eq!(
                message.attribute("event_id"),
                messages[0].attribute("event_id"),
                "{case}: every part has the same event_id"
            );
        }
        if parts == 2 {
            let texts = |messages: &[ReceivedMessage]| -> BTreeMap<_, _> {
                let text = |message: &ReceivedMessage| {
                    (message.attributes["encoding"].clone(), message.body.clone())
                };
                messages.iter().map(text).collect()
            };
            assert!(texts(&messages) == texts(&again), "{case}: the retry cut other parts");
        }
    }
}

#[tokio::test]
async fn one_mebibyte_with_attributes_is_routed_and_one_byte_more_is_parked() {
    let stack = Stack::start().await;
    let attributes_size = |message: &ReceivedMessage| -> usize {
        message.attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len()).sum()
    };
    assert_eq!(stack.send(&stack.signed(verify(""))).await.status, 200);
    let overhead = attributes_size(&stack.drain("verify-attempt").await[0]);
    // The time omits trailing zeros, so its length varies by a few bytes.
    let (mut routed, mut parked) = (0, 0);
    for size in 1_048_576 - 2..=1_048_576 + 3 {
        let body = verify(&"x".repeat(size - overhead - verify("").len()));
        assert_eq!(stack.send(&stack.signed(&*body)).await.status, 200);
        let messages = stack.drain("verify-attempt").await;
        if let [message] = messages.as_slice() {
            assert!(message.body == body);
            assert!(body.len() + attributes_size(message) <= 1_048_576, "{size}");
            routed += 1;
        } else {
            let messages = stack.parked().await;
            assert!(recover(&messages) == ("gzip+base64".to_owned(), body.clone().into_bytes()), "{size}");
            let reason_and_encoding =
                "reason".len() + "oversize".len() + "encoding".len() + "gzip+base64".len() + 12;
            let attributes = attributes_size(&messages[0]) - reason_and_encoding;
            assert!(body.len() + attributes > 1_048_576, "{size} bytes were parked, and fit");
            parked += 1;
        }
    }
    assert!(routed >= 1 && parked >= 1, "{routed} routed, {parked} parked");
    // Escapes count: six bytes for a character of three. The ten characters outweigh the time's few bytes.
    let raw = 1_048_576 - overhead - verify("").len() - 15;
    let body = verify(&format!("{}{}", "\u{ffff}".repeat(10), "x".repeat(raw - 30)));
    let messages = park(&stack, &stack.prelude.account_key, body.as_bytes()).await;
    assert_eq!(messages[0].attribute("reason"), Some("oversize"));
    assert!(recover(&messages).1 == body.as_bytes());
}

#[tokio::test]
async fn a_batch_of_too_many_events_is_parked_in_slices_that_hold_them_all() {
    for (queue_type, count) in [("standard", 2_001), ("fifo", 2_001)] {
        let stack = Stack::with(&[("PRELUDE_QUEUE_TYPE", queue_type)]).await;
        let filler = noise(1_000);
        let mut events: Vec<_> = (0..count)
            .map(|id| format!(r#"{{ "id":"evt_{id}","type":"user.deleted","payload":{{"user_id":"usr_1","x":"{filler}"}}}}"#))
            .collect();
        // One event that is too large for a message, and some elements that are not events.
        events[1_000] = format!(r#"{{"type":"user.created","x":"{}"}}"#, noise(1_200_000));
        events[1_400] = "null".to_owned();
        let body = String::from_utf8(stack.app("app1").batch(&events)).unwrap().replace("},{", "} ,\n{");
        let request = stack.signed_by(&stack.app("app1").keys[0], body);
        let mut ids = Vec::new();
        for delivery in ["first", "again"] {
            let answer = stack.send(&request).await;
            assert_eq!(
                answer.both(),
                (200, &*format!(r#"{{"accepted":{count}}}"#)),
                "{queue_type} {delivery}"
            );
            let mut landed = stack.drain_all().await;
            let messages = landed.remove("unrouted").unwrap_or_default();
            if delivery == "again" && queue_type == "fifo" {
                assert_eq!(messages, [], "FIFO queues must drop the same slices");
                continue;
            }
            assert!(landed.is_empty(), "{queue_type}: a routed message exists");
            let mut slices = BTreeMap::<_, Vec<_>>::new();
            for message in messages {
                assert_eq!(message.attribute("reason"), Some("batch_too_large"));
                assert_eq!(message.attribute("source"), Some("session"));
                slices.entry(message.attributes["event_id"].clone()).or_default().push(message);
            }
            assert!(slices.len() > 2, "{queue_type}: {} slices", slices.len());
            let mut elements: Vec<String> = Vec::new();
            for parts in slices.values() {
                let raw = recover(parts).1;
                let slice: Vec<&RawValue> = serde_json::from_slice(&raw).unwrap();
                elements.extend(slice.into_iter().map(|element| element.get().to_owned()));
            }
            elements.sort();
            let mut expected = events.clone();
            expected.sort();
            assert!(elements == expected, "{queue_type} {delivery}: every element is kept exactly, once");
            ids.push(slices.into_keys().collect::<Vec<_>>());
        }
        assert!(ids.iter().all(|same| *same == ids[0]), "{queue_type}: a retry must cut the same slices");
    }
}

#[tokio::test]
async fn a_batch_at_the_limit_is_sent_event_by_event() {
    let limit = 2_000;
    // In FIFO mode, events of one user would take one call each, in sequence.
    let event = |id: usize| {
        format!(r#"{{"id":"evt_{id}","type":"user.deleted","payload":{{"user_id":"usr_{id}"}}}}"#)
    };
    for queue_type in ["standard", "fifo"] {
        let stack = Stack::with(&[("PRELUDE_QUEUE_TYPE", queue_type)]).await;
        for (count, slug, messages) in [(limit, "user-deleted", limit), (limit + 1, "unrouted", 1)] {
            let answer = stack.send(&stack.batch("app1", (0..count).map(event))).await;
            assert_eq!(answer.both(), (200, &*format!(r#"{{"accepted":{count}}}"#)), "{queue_type}");
            let taken = stack.drain_all().await;
            let taken: Vec<_> =
                taken.iter().map(|(slug, messages)| (slug.as_str(), messages.len())).collect();
            assert_eq!(taken, [(slug, messages)], "{queue_type}, {count} events");
        }
    }
}
