//! Events of each source: their queue, exact body and attributes.

mod keys;
mod unsigned;

use std::collections::BTreeMap;

use prelude_events::{EventType, Source, Timestamp, samples};
use prelude_local::aws::{gateway::Request, sqs::ReceivedMessage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::stack::{Answer, Api, REQUEST_ID, Setup, Stack};

/// Expected `event_id`: the event's `id`, V1's composite, or the hash, as `docs/messages.md` defines it.
fn event_id(source: Source, raw: &str) -> String {
    let event: Value = serde_json::from_str(raw).unwrap();
    let text = |name: &str| event[name].as_str();
    if source != Source::VerifyV1 {
        return text("id").unwrap().to_owned();
    }
    let uuid = text("attempt_uuid").or(text("auth_uuid")).unwrap();
    let status = text("delivery_status").map(|status| format!(":{status}")).unwrap_or_default();
    format!("{}:{uuid}{status}:{}", text("type").unwrap(), text("time").unwrap())
}

fn hash(raw: &str) -> String {
    let digest = Sha256::digest(raw);
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Request that carries an event as its source does, signed unless the source is unsigned.
fn request(stack: &Stack, source: Source, raw: &str) -> Request {
    match source {
        Source::VerifyV1 => stack.post(raw),
        Source::Verify | Source::Notify => stack.signed(raw),
        Source::Session => stack.batch("app1", [raw]),
    }
}

/// All attributes except the time, which this function checks.
fn attributes(message: &ReceivedMessage) -> BTreeMap<&str, &str> {
    let mut attributes: BTreeMap<_, _> =
        message.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let received_at = attributes.remove("received_at").unwrap();
    assert!(received_at.ends_with('Z') && received_at.as_bytes()[10] == b'T', "{received_at}");
    let received_at = Timestamp::from(received_at).system_time().unwrap();
    assert!(received_at.elapsed().unwrap().as_secs() < 120, "{received_at:?}");
    attributes
}

fn assert_401(case: &str, answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.code()), (401, Some(code)), "{case}");
}

#[tokio::test]
async fn every_type_lands_in_its_queue_with_its_attributes_and_its_exact_body() {
    let stack = Stack::start().await;
    let account = stack.prelude.account_key.thumbprint();
    for api in Api::BOTH {
        for base64 in [false, true] {
            for event_type in EventType::ALL {
                let (name, source) = (event_type.as_str(), event_type.source().unwrap());
                let raw = samples::sample(event_type).unwrap();
                let mut request = request(&stack, source, raw);
                request.force_base64 = base64;
                let answer = stack.send_through(api, &request).await;
                let case = format!("{api:?}, base64 {base64}, {name}");
                assert_eq!(answer.both(), (200, r#"{"accepted":1}"#), "{case}");
                let messages = stack.drain(event_type.queue_slug().unwrap()).await;
                let [message] = messages.as_slice() else { panic!("{case}: {} messages", messages.len()) };
                // A batch's element ends with its JSON; a whole body keeps its trailing space.
                let body = if source == Source::Session { raw.trim() } else { raw };
                assert_eq!(message.body, body, "{case}");
                let id = event_id(source, raw);
                let mut expected = BTreeMap::from([
                    ("event_type", name),
                    ("event_id", &*id),
                    ("source", source.as_str()),
                    ("authentication", if source == Source::VerifyV1 { "secret_path" } else { "signature" }),
                    ("request_id", REQUEST_ID),
                ]);
                match source {
                    Source::VerifyV1 => {}
                    Source::Verify | Source::Notify => drop(expected.insert("key_id", &account)),
                    Source::Session => expected.extend([("key_id", "key-app1"), ("app_id", "app1")]),
                }
                assert_eq!(attributes(message), expected, "{case}");
            }
        }
    }
    assert_eq!(stack.drain_all().await, BTreeMap::new(), "no other queue has a message");
}

#[tokio::test]
async fn a_batch_is_cut_byte_for_byte() {
    let stack = Stack::start().await;
    let elements = [
        (
            "user-created",
            "{\"id\":\"1\",\"type\":\"user.created\",\"n\":1.0,\"n\":1e2,\"u\":\"\\u00e9é\\/\"}",
        ),
        ("user-deleted", "{\r\n\t\"type\" : \"user.deleted\" ,\n \"payload\": { } }"),
        ("user-deleted", "{\"event\":\"user.deleted\",\"data\":{\"user_id\":\"u\"},\"id\":\"3\"}"),
        ("user-created", "{\"type\":\"user.created\",\"event\":\"user.deleted\"}"),
        ("user-created", "{\"type\":\"\",\"event\":\"user.created\",\"data\":[[[]]]}"),
        ("unrouted", "[ \"not an event\" ]"),
        ("unrouted", "null"),
        ("unrouted", "1.50E+400"),
        ("unrouted", "\"user.created\""),
    ];
    let mut body = "\n{\"events\" :\t[\r\n ".to_owned();
    let gaps = [",", " ,", ", ", "\n,\n", "\t,\r\n\t", " \n, ", ",", ",", " \t\r\n "];
    for ((_, element), gap) in elements.iter().zip(gaps) {
        body.push_str(element);
        body.push_str(gap);
    }
    body.push_str("], \"more\":[{\"type\":\"user.created\"}],\"app_id\":\"app1\" }\n");
    let answer = stack.send(&stack.signed_by(&stack.app("app1").keys[0], body)).await;
    assert_eq!(answer.both(), (200, r#"{"accepted":9}"#));
    let mut landed = stack.drain_all().await;
    for slug in ["user-created", "user-deleted", "unrouted"] {
        let mut bodies: Vec<_> =
            landed.remove(slug).unwrap().into_iter().map(|message| message.body).collect();
        let mut expected: Vec<_> =
            elements.iter().filter(|(queue, _)| *queue == slug).map(|(_, raw)| (*raw).to_owned()).collect();
        bodies.sort();
        expected.sort();
        assert_eq!(bodies, expected, "{slug}");
    }
    assert!(landed.is_empty());
}

#[tokio::test]
async fn an_event_id_is_the_events_own_or_the_hash_of_its_bytes() {
    let stack = Stack::start().await;
    let long = "é".repeat(256);
    let verify = |id: &str| format!(r#"{{"id":{id},"type":"verify.attempt"}}"#);
    let v1 = |members: &str| format!(r#"{{"id":"shared",{members}}}"#);
    let cases = [
        (Source::Verify, verify(r#""evt_1""#), Some("evt_1".to_owned())),
        (Source::Verify, verify(r#""\u0065vt 1""#), Some("evt 1".to_owned())),
        (Source::Verify, verify(&format!("{long:?}")), Some(long.clone())),
        (Source::Verify, verify(&format!("\"{long}x\"")), None),
        (Source::Verify, verify(r#""""#), None),
        (Source::Verify, verify("null"), None),
        (Source::Verify, verify("7"), None),
        (Source::Verify, verify(r#""a\u0000b""#), None),
        (Source::Verify, verify(r#""a\ufffe""#), None),
        (Source::Verify, verify(r#""a\ud800""#), None),
        (Source::Verify, verify(r#""a","id":"a""#), None),
        (Source::Verify, r#"{"type":"verify.attempt","payload":{"id":"att_1"}}"#.to_owned(), None),
        (Source::Session, r#"{"id":"evt_2","type":"user.created"}"#.to_owned(), Some("evt_2".to_owned())),
        (Source::Session, r#"{"type":"user.created"}"#.to_owned(), None),
        (Source::Session, r#"{"id":"","type":"user.created"}"#.to_owned(), None),
        (
            Source::VerifyV1,
            v1(r#""type":"attempt","attempt_uuid":"a","auth_uuid":"b","time":"t","delivery_status":"s""#),
            Some("attempt:a:s:t".to_owned()),
        ),
        (
            Source::VerifyV1,
            v1(r#""type":"attempt","attempt_uuid":"a","auth_uuid":"b","time":"t""#),
            Some("attempt:a:t".to_owned()),
        ),
        (
            Source::VerifyV1,
            v1(r#""type":"authentication","auth_uuid":"b","time":"t""#),
            Some("authentication:b:t".to_owned()),
        ),
        (Source::VerifyV1, v1(r#""type":"attempt","attempt_uuid":"a""#), None),
        // Two statuses of one attempt are two events, so an unreadable member gives the hash.
        (
            Source::VerifyV1,
            v1(r#""type":"delivery_status","attempt_uuid":"a","delivery_status":5,"time":"t""#),
            None,
        ),
        (Source::VerifyV1, v1(r#""type":"attempt","attempt_uuid":7,"auth_uuid":"b","time":"t""#), None),
        (
            Source::VerifyV1,
            v1(r#""type":"attempt","attempt_uuid":"","auth_uuid":"b","delivery_status":null,"time":"t""#),
            Some("attempt:b:t".to_owned()),
        ),
        (Source::VerifyV1, v1(r#""type":"attempt","time":"t""#), None),
        (Source::VerifyV1, v1(r#""type":"attempt","attempt_uuid":"a","time":"""#), None),
        (
            Source::VerifyV1,
            v1(&format!(r#""type":"attempt","attempt_uuid":"{}","time":"t""#, "a".repeat(256))),
            None,
        ),
    ];
    for (source, raw, id) in cases {
        for delivery in ["first", "again"] {
            let answer = stack.send(&request(&stack, source, &raw)).await;
            assert_eq!(answer.status, 200, "{raw}");
            let entry = stack.sqs.recorded().pop().unwrap();
            assert_eq!(entry.body, raw, "{delivery}");
            assert_eq!(
                entry.attributes["event_id"],
                id.clone().unwrap_or_else(|| hash(&raw)),
                "{delivery} {raw}"
            );
        }
    }
}

#[tokio::test]
async fn routes_merge_types_and_the_most_specific_one_wins() {
    let routes = json!({
        "transactional.*": "messages", "transactional.message.*": "texts", "transactional.message.failed": "failures",
        "user.*": "v1-attempt", "verify.attempt": "verify-attempt",
    });
    let mut setup = Setup::new().await.set("PRELUDE_ROUTES", routes.to_string());
    setup.slugs.extend(["messages", "texts", "failures"].map(ToOwned::to_owned));
    let stack = setup.start().await;
    for event_type in EventType::ALL {
        let source = event_type.source().unwrap();
        let request = request(&stack, source, samples::sample(event_type).unwrap());
        assert_eq!(stack.send(&request).await.status, 200, "{event_type:?}");
        let slug = match event_type.as_str() {
            "transactional.message.failed" => "failures",
            name if name.starts_with("transactional.message.") => "texts",
            name if name.starts_with("user.") => "v1-attempt",
            _ => event_type.queue_slug().unwrap(),
        };
        let message =
            stack.drain(slug).await.pop().unwrap_or_else(|| panic!("{event_type:?} is not in {slug}"));
        assert_eq!(message.attribute("event_type"), Some(event_type.as_str()));
    }
    assert_eq!(stack.drain_all().await, BTreeMap::new());
}

#[tokio::test]
async fn an_unknown_type_or_one_of_another_source_is_parked_despite_routes() {
    let routes = json!({"verify.*": "merged", "user.*": "merged", "attempt": "merged", "transactional.message.*": "merged"});
    let mut setup = Setup::new().await.set("PRELUDE_ROUTES", routes.to_string());
    setup.slugs.insert("merged".to_owned());
    let stack = setup.start().await;
    for (source, kind, element) in [
        ("verify", "verify.invented", false),
        ("notify", "transactional.message.invented", false),
        ("notify", "user.created", false),
        ("notify", "migration.hook_failed", false),
        ("notify", "invented", false),
        ("notify", "Attempt", false),
        ("session", "user.invented", true),
        ("session", "verify.attempt", true),
        ("session", "attempt", true),
        ("session", "transactional.message.failed", true),
    ] {
        let raw = format!(r#"{{"id":"e","type":"{kind}"}}"#);
        let request = if element { stack.batch("app1", [&raw]) } else { stack.signed(&*raw) };
        assert_eq!(stack.send(&request).await.both(), (200, r#"{"accepted":1}"#), "{kind}");
        let message = stack.parked().await.pop().unwrap_or_else(|| panic!("{kind} is not parked"));
        assert_eq!(message.body, raw);
        assert_eq!(message.attribute("reason"), Some("unknown_type"), "{kind}");
        assert_eq!(message.attribute("event_type"), Some(kind));
        assert_eq!(message.attribute("source"), Some(source), "{kind}");
    }
    assert_eq!(stack.drain_all().await, BTreeMap::new());
}
