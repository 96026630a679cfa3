//! Deliveries to the process, and their effects in moto's queues, in the proxy's record and in the log.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use prelude_events::{EventType, Source};
use prelude_local::{
    aws::gateway::Request,
    prelude::{ADDRESSES, activation_query, batch},
};
use serde_json::{Value, json};

use super::{
    APP_ID, Function, PATH_TOKEN, VERIFICATION_TOKEN, accepted, clean_log, codes, post, samples_of, signed,
    sqs::Received, text,
};
use crate::support::{
    openssl::sign,
    runtime_api::TRACE_ID,
    stack::{Api, SIGNATURE},
};

fn refused(status: u64, word: &str) -> (u64, String) {
    (status, format!(r#"{{"error":"{word}"}}"#))
}

#[tokio::test]
async fn moto_gets_every_type_byte_for_byte_with_its_attributes() {
    let Some(function) = Function::start().await else { return };
    let activation = Request::new("GET", format!("/webhooks/{PATH_TOKEN}"), ADDRESSES[0])
        .query(activation_query(APP_ID, VERIFICATION_TOKEN, "9007199254740993"));
    assert_eq!(
        function.send(Api::Http, &activation).await,
        (200, r#"{"challenge":9007199254740993}"#.to_owned())
    );
    // Salts as Prelude documents them, as Go makes them, and as tools make them.
    for (source, salt_length) in [(Source::Verify, "32"), (Source::Notify, "222")] {
        for (index, (event_type, raw)) in samples_of(source).into_iter().enumerate() {
            let api = Api::BOTH[index % 2];
            let request = signed("account-2048", salt_length, raw);
            assert_eq!(function.send(api, &request).await, accepted(1), "{event_type}");
        }
    }
    for (event_type, raw) in samples_of(Source::VerifyV1) {
        assert_eq!(function.send(Api::Http, &post(raw).base64()).await, accepted(1), "{event_type}");
    }
    let session = samples_of(Source::Session);
    let body = batch(APP_ID, session.iter().map(|(_, raw)| *raw));
    let request = signed("app-4096", "20", body);
    assert_eq!(function.send(Api::Rest, &request).await, accepted(session.len()));

    let all = function.moto.receive_all().await;
    assert_eq!(all.len(), EventType::ALL.len());
    for source in [Source::VerifyV1, Source::Verify, Source::Notify, Source::Session] {
        for (event_type, raw) in samples_of(source) {
            let [message] = all[event_type.queue_slug().unwrap()].as_slice() else {
                panic!("{event_type} does not have exactly one message")
            };
            assert_eq!(message.body, raw, "{event_type}");
            has_the_attributes_of(message, event_type.as_str(), source);
        }
    }
    assert_eq!(function.proxy.violations(), [] as [&str; 0]);
    let entries = function.proxy.entries();
    assert_eq!(
        (entries.len(), function.proxy.calls()),
        (EventType::ALL.len(), EventType::ALL.len()),
        "each event is sent once"
    );
    for forwarded in entries {
        let trace = &forwarded.entry.message_system_attributes["AWSTraceHeader"];
        assert_eq!(trace.string_value.as_deref(), Some(TRACE_ID), "the trace header reached the proxy");
    }
    if let Some(kilobytes) = function.process.peak_memory() {
        assert!(kilobytes < 128 * 1024, "{kilobytes} kB: more memory than the smallest function has");
    }
    let log = clean_log(&function, &format!("\"accepted\":{}", session.len())).await;
    assert_eq!(codes(&log), BTreeSet::from(["accepted", "challenge_answered"]));
}

fn has_the_attributes_of(message: &Received, event_type: &str, source: Source) {
    let attribute = |name| message.attribute(name);
    let is_session = source == Source::Session;
    assert_eq!(attribute("event_type"), Some(event_type));
    assert_eq!(attribute("source"), Some(source.as_str()), "{event_type}");
    assert_eq!(attribute("app_id"), is_session.then_some(APP_ID), "{event_type}");
    let is_signed = source != Source::VerifyV1;
    let authentication = if is_signed { "signature" } else { "secret_path" };
    assert_eq!(attribute("authentication"), Some(authentication), "{event_type}");
    assert_eq!(
        attribute("key_id").map(str::len),
        is_signed.then_some(43),
        "{event_type}: key_id is a thumbprint"
    );
    let body: Value = serde_json::from_str(&message.body).unwrap();
    if is_signed {
        assert_eq!(attribute("event_id"), body["id"].as_str(), "{event_type}");
    } else {
        let id = attribute("event_id").unwrap();
        assert!(id.starts_with(&format!("{event_type}:")) && id.ends_with(text(&body, "time")), "{id}");
    }
    assert!(attribute("request_id").unwrap().starts_with("00000000-0000-4000-8000-"), "{event_type}");
    assert!(attribute("received_at").unwrap().ends_with('Z'), "{event_type}");
    assert_eq!((attribute("reason"), attribute("encoding")), (None, None), "{event_type}");
}

#[tokio::test]
async fn moto_gets_parked_events_and_nothing_from_refused_requests() {
    let Some(function) = Function::start().await else { return };
    let event =
        |name: &str, payload: Value| json!({"id": "evt_1", "type": name, "payload": payload}).to_string();
    let attempt = event("verify.attempt", json!({"to": "+33639980001"}));
    let unsigned = post(attempt.clone());
    let mut elsewhere = signed("account-2048", "32", attempt.clone());
    elsewhere.source_ip = "198.51.100.7".to_owned();
    let mut nowhere = elsewhere.clone();
    (nowhere.source_ip, nowhere.path) = (ADDRESSES[0].to_owned(), "/webhooks".to_owned());
    let forged = post(event("verify.attempt", json!({"to": "+33639980002"})))
        .header(SIGNATURE, sign("account-2048", "32", attempt.as_bytes()));
    for (request, answer) in [
        (forged, refused(401, "unauthorized")),
        (unsigned, refused(401, "unauthorized")),
        (signed("other-2048", "32", attempt.clone()), refused(401, "unauthorized")),
        (signed("app-2048", "32", attempt.clone()), refused(401, "unauthorized")),
        (signed("account-2048", "32", batch(APP_ID, ["{}"])), refused(401, "unauthorized")),
        (elsewhere, refused(403, "forbidden")),
        (nowhere, refused(404, "not_found")),
    ] {
        assert_eq!(function.send(Api::Http, &request).await, answer);
    }
    assert_eq!(function.proxy.calls(), 0);

    let unknown = event("verify.invented", json!({"to": "+33639980001", "text": "é \u{1f600}"}));
    // Concatenated signatures do not compress.
    let noise = (0..4_500).map(|n: u32| STANDARD.encode(sha2_of(n)) + &STANDARD.encode(sha2_of(!n)));
    let large = event("verify.attempt", json!({"text": noise.collect::<String>().repeat(4)}));
    let raw = [0xff, 0xfe, b'{'];
    for (body, reason) in [
        (unknown.clone().into_bytes(), "unknown_type"),
        (raw.to_vec(), "not_utf8"),
        (large.clone().into_bytes(), "oversize"),
    ] {
        let request = signed("account-2048", "32", body);
        assert_eq!(function.send(Api::Http, &request).await, accepted(1), "{reason}");
    }
    let all = function.moto.receive_all().await;
    assert_eq!(all.keys().collect::<Vec<_>>(), [&"unrouted"]);
    let parked = &all["unrouted"];
    let of = |reason| move |message: &&Received| message.attribute("reason") == Some(reason);
    let only = |reason| parked.iter().find(of(reason)).unwrap();
    assert_eq!(only("unknown_type").body, unknown);
    assert_eq!(STANDARD.decode(&only("not_utf8").body).unwrap(), raw);
    let parts: Vec<_> = parked.iter().filter(of("oversize")).collect();
    assert!(parts.iter().all(|part| part.attribute("event_id") == Some("evt_1")));
    assert_eq!(joined(&parts), large.as_bytes());
    assert_eq!(function.proxy.violations(), [] as [&str; 0]);
    let log = clean_log(&function, "oversize=1").await;
    let expected = [
        "accepted",
        "address_check",
        "address_not_allowed",
        "key_wrong_for_app",
        "key_wrong_for_family",
        "path_unknown",
        "signature_missing",
        "signature_wrong",
    ];
    assert!(codes(&log).is_subset(&BTreeSet::from(expected)), "{:?}", codes(&log));
}

fn sha2_of(number: u32) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(number.to_be_bytes()).to_vec()
}

/// Bytes that the parts of one event decode to.
fn joined(parts: &[&Received]) -> Vec<u8> {
    let place = |part: &&&Received| {
        let encoding = part.attribute("encoding").unwrap();
        let (_, place) = encoding.split_once(";part=").unwrap_or(("", "1/1"));
        place.split('/').next().unwrap().parse::<usize>().unwrap()
    };
    let mut sorted: Vec<_> = parts.iter().collect();
    sorted.sort_by_key(place);
    let text: String = sorted.iter().map(|part| part.body.as_str()).collect();
    let mut raw = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&STANDARD.decode(text).unwrap()[..]), &mut raw).unwrap();
    raw
}
