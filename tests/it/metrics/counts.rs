//! Counts and properties of each kind of request, and the sum of all names.

use std::collections::{BTreeMap, BTreeSet};

use prelude_local::{
    aws::gateway::Request,
    prelude::{activation_query, jwks_server::JwksFault},
};
use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::{counts, figures, form::assert_form, line, names};
use crate::support::{
    faults::{
        KeyFault,
        key_server::KeyServer,
        memory_sqs::MemorySqs,
        rig::{Rig, app_batch, attempt},
    },
    stack::{Api, FOREIGN_ADDRESS, LISTED_ADDRESS, REQUEST_ID, Setup, Stack, context},
    wire::{Fate, Wire},
};

const VERIFY: &str = r#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#;

/// Checks the counts of a line, and that all others are absent.
#[track_caller]
fn assert_counts(case: &str, line: &Value, expected: &[(&str, f64)]) {
    assert_eq!(counts(line), expected.iter().copied().collect::<BTreeMap<_, _>>(), "{case}: {line}");
}

/// Texts of the properties that describe the result.
fn properties(line: &Value) -> [&str; 4] {
    ["code", "source", "event_types", "reasons"].map(|name| line[name].as_str().unwrap_or_default())
}

#[tokio::test]
async fn each_kind_of_request_has_its_counts() {
    let stack = Stack::start().await;
    let event = |kind: &str| format!(r#"{{"id":"evt","type":"{kind}"}}"#);
    let mixed = ["user.created", "user.created", "user.deleted", "+33639980042", ""].map(event);
    let get = |query: String| Request::new("GET", &stack.path, LISTED_ADDRESS).query(query);
    let from_afar = |request: Request| Request { source_ip: FOREIGN_ADDRESS.to_owned(), ..request };
    let by_put = Request { method: "PUT".to_owned(), ..stack.signed(VERIFY) };
    let elsewhere = Request { path: "/webhooks/guessed".to_owned(), ..stack.signed(VERIFY) };
    let accepted = |source, types, reasons| ["accepted", source, types, reasons];
    let refused = |code| [code, "", "", ""];
    for (case, request, expected, described) in [
        (
            "accepted",
            stack.signed(VERIFY),
            &[("Deliveries", 1.0), ("EventsAccepted", 1.0)][..],
            accepted("verify", "verify.attempt=1", ""),
        ),
        (
            "partly parked",
            stack.batch("app1", mixed),
            &[("Deliveries", 1.0), ("EventsAccepted", 3.0), ("EventsParked", 2.0)],
            accepted("session", "user.created=2 user.deleted=1", "invalid_event=1 unknown_type=1"),
        ),
        (
            "parked",
            stack.signed("not JSON"),
            &[("Deliveries", 1.0), ("EventsParked", 1.0)],
            accepted("", "", "invalid_json=1"),
        ),
        (
            "too many events",
            stack.batch("app1", vec![event("user.created"); 2_001]),
            &[("Deliveries", 1.0), ("EventsParked", 2_001.0)],
            accepted("session", "", "batch_too_large=2001"),
        ),
        ("no event", stack.batch("app1", [""; 0]), &[("Deliveries", 1.0)], accepted("session", "", "")),
        (
            "without a signature",
            stack.post(r#"{"type":"attempt","attempt_uuid":"a","time":"t"}"#),
            &[("Deliveries", 1.0), ("EventsAccepted", 1.0)],
            accepted("verify_v1", "attempt=1", ""),
        ),
        ("a challenge", stack.activation("app1", "1"), &[("Challenges", 1.0)], refused("challenge_answered")),
        ("not a challenge", get(String::new()), &[("RefusedOther", 1.0)], refused("not_a_challenge")),
        (
            "a wrong verification token",
            get(activation_query("app1", "guessed", "1")),
            &[("RefusedOther", 1.0)],
            refused("challenge_token_wrong"),
        ),
        (
            "another address",
            from_afar(stack.signed(VERIFY)),
            &[("Deliveries", 1.0), ("RefusedAddress", 1.0)],
            refused("address_not_allowed"),
        ),
        (
            "a challenge from another address",
            from_afar(stack.activation("app1", "1")),
            &[("RefusedAddress", 1.0)],
            refused("address_not_allowed"),
        ),
        ("another token", elsewhere, &[("RefusedPath", 1.0)], refused("path_token_wrong")),
        ("another method", by_put, &[("RefusedPath", 1.0)], refused("method_not_allowed")),
        (
            "no signature",
            stack.post(VERIFY),
            &[("Deliveries", 1.0), ("RefusedSignature", 1.0)],
            refused("signature_missing"),
        ),
        (
            "a wrong signature",
            stack.signed(VERIFY).json("{}"),
            &[("Deliveries", 1.0), ("RefusedSignature", 1.0)],
            refused("signature_wrong"),
        ),
        (
            "an app's key for Verify",
            stack.signed_by(&stack.app("app1").keys[0], VERIFY),
            &[("Deliveries", 1.0), ("RefusedSignature", 1.0)],
            refused("key_wrong_for_family"),
        ),
    ] {
        for api in Api::BOTH {
            let answer = stack.send_through(api, &request).await;
            let line = line(case, &answer);
            assert_counts(case, line, expected);
            assert_eq!(properties(line), described, "{case}: {line}");
            assert_eq!(line["request_id"], REQUEST_ID, "{case}: {line}");
        }
    }
}

#[tokio::test]
async fn an_unlisted_caller_counts_as_an_address_only_where_the_address_matters() {
    let stack = Stack::with(&[("PRELUDE_IP_CHECK", "report")]).await;
    let unsigned = stack.post(r#"{"type":"attempt","attempt_uuid":"a","time":"t"}"#);
    for (request, expected) in [
        (unsigned, [("Deliveries", 1.0), ("RefusedAddress", 1.0)]),
        (stack.signed(VERIFY).json("{}"), [("Deliveries", 1.0), ("RefusedSignature", 1.0)]),
        (stack.signed(VERIFY), [("Deliveries", 1.0), ("EventsAccepted", 1.0)]),
    ] {
        let answer = stack.send(&Request { source_ip: FOREIGN_ADDRESS.to_owned(), ..request }).await;
        assert_counts("report", line("report", &answer), &expected);
    }
}

/// Sends a request with this fate of each call to SQS. Returns the line and the number of calls.
async fn send(request: &Request, fate: impl Fn(usize) -> Fate + Send + Sync + 'static) -> (Value, usize) {
    let wire = Wire::to_memory(&MemorySqs::default(), move |call, _| fate(call));
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_METRICS", "emf")]);
    rig.send(request).await;
    let mut lines = rig.metrics.take();
    assert_form(&lines);
    assert_eq!(lines.len(), 1, "{lines:?}");
    (lines.remove(0), wire.ledger().calls())
}

#[tokio::test(start_paused = true)]
async fn each_call_that_repeats_a_failed_one_is_a_retry() {
    let accepted = [("Deliveries", 1.0), ("EventsAccepted", 1.0)];
    let with = |retries| [accepted[0], accepted[1], ("SqsRetries", retries)];
    let throttled = || Fate::Refuse(400, "RequestThrottled");
    let (line, _) = send(&attempt(), move |call| if call < 2 { throttled() } else { Fate::Pass }).await;
    assert_counts("throttled twice", &line, &with(2.0));
    let entry = || Fate::FailEntries { places: 1, code: "InternalError", sender_fault: false };
    let (line, _) = send(&attempt(), move |call| if call == 0 { entry() } else { Fate::Pass }).await;
    assert_counts("an entry failed", &line, &with(1.0));
    let (line, _) = send(&attempt(), |call| if call == 0 { Fate::Hang } else { Fate::Pass }).await;
    assert_counts("a call hung", &line, &with(1.0));
}

#[tokio::test(start_paused = true)]
async fn neither_a_split_nor_parking_is_a_retry() {
    let refused = || Fate::Refuse(400, "InvalidMessageContents");
    let two = || app_batch([r#"{"id":"a","type":"user.created"}"#, r#"{"id":"b","type":"user.created"}"#]);
    let (line, calls) = send(&two(), move |call| if call == 0 { refused() } else { Fate::Pass }).await;
    assert_eq!(calls, 3, "halves");
    assert_counts("split", &line, &[("Deliveries", 1.0), ("EventsAccepted", 2.0)]);
    let fate = move |call| match call {
        0 => Fate::Refuse(400, "RequestThrottled"),
        1 => refused(),
        _ => Fate::Pass,
    };
    let (line, calls) = send(&two(), fate).await;
    assert_eq!(calls, 4, "a retry, and its halves");
    let expected = [("Deliveries", 1.0), ("EventsAccepted", 2.0), ("SqsRetries", 1.0)];
    assert_counts("a retry that is split", &line, &expected);
    let (line, calls) = send(&attempt(), move |call| if call == 0 { refused() } else { Fate::Pass }).await;
    assert_eq!(calls, 2, "the queue and the parking queue");
    assert_counts("parked", &line, &[("Deliveries", 1.0), ("EventsParked", 1.0)]);
    assert_eq!(properties(&line), ["accepted", "verify", "verify.attempt=1", "rejected_by_sqs=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_not_stored_is_a_publish_failure_with_its_retries() {
    for (case, fate) in [
        ("5xx", (|| Fate::Refuse(503, "ServiceUnavailable")) as fn() -> Fate),
        ("hanging", || Fate::Hang),
        ("late", || Fate::DelayAnswer(Duration::from_secs(60))),
    ] {
        let (line, calls) = send(&attempt(), move |_| fate()).await;
        assert!(calls > 1, "{case}: {calls} calls");
        let retries = (calls - 1) as f64;
        let expected = [("Deliveries", 1.0), ("PublishFailures", 1.0), ("SqsRetries", retries)];
        assert_counts(case, &line, &expected);
        assert!(["publish_failed", "out_of_time"].contains(&properties(&line)[0]), "{case}: {line}");
        assert_eq!(properties(&line)[2], "verify.attempt=1", "{case}: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_counts_in_the_line_of_its_request() {
    for fault in [KeyFault::Down, KeyFault::Hanging, KeyFault::Garbage] {
        let wire = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::Pass);
        let keys = KeyServer::new(fault);
        let rig = Rig::with(&keys, &wire, Duration::ZERO, &[("PRELUDE_METRICS", "emf")]);
        let request = app_batch([r#"{"type":"user.created"}"#]);
        let unavailable = [("Deliveries", 1.0), ("RefusedKeysUnavailable", 1.0)];
        let failed = [unavailable[0], unavailable[1], ("KeyFetchFailures", 1.0)];
        for expected in [&failed[..], &unavailable] {
            assert_eq!(rig.send(&request).await.0, 503);
            let lines = rig.metrics.take();
            assert_form(&lines);
            assert_counts("5 s of cool-down", &lines[0], expected);
            assert!(!figures(&lines[0]).contains_key("KeySetAge"), "no set yet: {lines:?}");
        }
    }
}

#[tokio::test]
async fn a_fetch_that_failed_at_the_start_counts_once_in_a_later_line() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", JwksFault::Status(500));
    let stack = setup.start().await;
    let request = stack.activation("app2", "1");
    let end = Instant::now() + Duration::from_secs(5);
    let mut seen = Vec::new();
    while seen.is_empty() {
        assert!(Instant::now() < end, "no line counts the failed fetch");
        let answer = stack.invoke_in(request.http_api_event(), context()).await;
        seen.extend(counts(line("a challenge", &answer)).remove("KeyFetchFailures"));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen, [1.0]);
    let answer = stack.send(&request).await;
    assert_counts("the next", line("the next", &answer), &[("Challenges", 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn the_table_has_exactly_the_metrics_that_are_written() {
    let mut written = BTreeSet::new();
    let mut add = |lines: Vec<Value>| {
        assert_form(&lines);
        for line in lines {
            let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
            written.extend(metrics.iter().map(|metric| metric["Name"].as_str().unwrap().to_owned()));
        }
    };
    let keys = KeyServer::new(KeyFault::Down);
    let wire = Wire::to_memory(&MemorySqs::default(), |call, _| match call {
        0 => Fate::Refuse(400, "RequestThrottled"),
        1..4 => Fate::Pass,
        _ => Fate::Refuse(503, "ServiceUnavailable"),
    });
    let rig = Rig::with(&keys, &wire, Duration::ZERO, &[("PRELUDE_METRICS", "emf")]);
    let batch = app_batch([r#"{"type":"user.created"}"#, r#"{"type":"unknown"}"#]);
    assert_eq!(rig.send(&batch).await.0, 503, "keys unavailable");
    keys.set(None);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let query = activation_query("demoapp1", "t", "1");
    let challenge = Request { method: "GET".to_owned(), ..attempt() }.query(query);
    let from_afar = Request { source_ip: FOREIGN_ADDRESS.to_owned(), ..attempt() };
    for (request, status) in [
        (batch, 200),
        (challenge, 200),
        (Request { method: "GET".to_owned(), ..attempt() }, 400),
        (from_afar, 403),
        (Request { path: "/".to_owned(), ..attempt() }, 404),
        (attempt().json("{}"), 401),
        (attempt(), 200),
        (attempt(), 503),
    ] {
        assert_eq!(rig.send(&request).await.0, status);
    }
    add(rig.metrics.take());
    assert_eq!(written, names().into_iter().map(ToOwned::to_owned).collect());
}
