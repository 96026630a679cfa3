//! The log: every refusal has its line, and no line repeats content of the request.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use prelude_local::{
    aws::{
        faults::{Fault, FaultKind},
        gateway::Request,
    },
    prelude::{activation_query, batch},
};
use prelude_webhooks::telemetry;
use serde_json::Value;
use tracing::instrument::WithSubscriber;

use crate::support::{
    keys::private_key,
    stack::{Answer, Api, FOREIGN_ADDRESS, LISTED_ADDRESS, PATH_TOKEN, SIGNATURE, Stack},
    wire::{Fate, Wired},
};

/// Personal data and secrets that a request may contain anywhere.
const PHONE: &str = "+33639980042";
const EMAIL: &str = "grace.hopper@example.org";
const TOKEN: &str = "guessed-token-Zm9vYmFy";
const NAME: &str = "Hopper";

/// Texts that must never be in the log. The middle of a signature represents the whole signature.
const SECRETS: [&str; 8] =
    [PHONE, "33639980042", EMAIL, "hopper@example", TOKEN, NAME, PATH_TOKEN, "token-of-app"];

/// Text with every kind of personal data, for a JSON string or a header.
fn personal() -> String {
    format!("{PHONE} {EMAIL} {TOKEN} {NAME}")
}

fn assert_silent(case: &str, answer: &Answer, request: &Request) {
    let lines = answer.log.iter().chain(&answer.metrics);
    let text = lines.map(Value::to_string).collect::<Vec<_>>().join("\n");
    let signatures = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(SIGNATURE));
    let signatures = signatures.filter_map(|(_, value)| value.get(30..60)).map(ToOwned::to_owned);
    for secret in SECRETS.map(ToOwned::to_owned).into_iter().chain(signatures) {
        assert!(!text.contains(&secret), "{case}: {secret} in {text}");
        assert!(!answer.body.contains(&secret), "{case}: {secret} in {}", answer.body);
    }
}

/// Checks that exactly one line reports the result, with the status of the answer, and one line has the metrics.
fn assert_one_line(case: &str, answer: &Answer) {
    let ends: Vec<_> = answer.log.iter().filter(|line| line.get("status").is_some()).collect();
    let [end] = ends.as_slice() else { panic!("{case}: {} lines in {:?}", ends.len(), answer.log) };
    assert_eq!(end["status"], Value::from(answer.status), "{case}: {end}");
    assert!(end["code"].as_str().is_some_and(|code| !code.is_empty()), "{case}: {end}");
    let level = match answer.status {
        200 if end.get("parked").is_none() => "INFO",
        503 => "ERROR",
        _ => "WARN",
    };
    assert_eq!(end["level"], level, "{case}: {end}");
    // Key sets are fetched in a separate task, which no single request owns.
    let is_of_request =
        |line: &&Value| line["code"].as_str().is_some_and(|code| !code.starts_with("keys_fetch"));
    for line in answer.log.iter().filter(is_of_request) {
        assert_eq!(line["request_id"], end["request_id"], "{case}: {line}");
        assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{case}: {line}");
    }
    let [metrics] = answer.metrics.as_slice() else { panic!("{case}: {:?}", answer.metrics) };
    for member in ["code", "request_id"] {
        assert_eq!(metrics[member], end[member], "{case}: {metrics}");
    }
    for line in answer.log.iter().filter(|line| line.get("failure").is_some()) {
        let queue = line["queue"].as_str().unwrap_or_default();
        assert!(queue.starts_with("prelude-webhooks-"), "{case}: {line}");
    }
}

async fn check(stack: &Stack, case: &str, request: &Request, status: u16) {
    for api in Api::BOTH {
        let answer = stack.send_through(api, request).await;
        let case = format!("{api:?}: {case}");
        assert_eq!(answer.status, status, "{case}: {:?}", answer.log);
        assert_silent(&case, &answer, request);
        assert_one_line(&case, &answer);
    }
}

/// Request with personal data in its query and in every header that the receiver reads, except the signature.
fn hostile(request: Request) -> Request {
    let request = ["User-Agent", "Origin", "Cookie", "X-Webhook-Signature-Key-Id", "X-Amzn-Trace-Id", TOKEN]
        .into_iter()
        .fold(request, |request, name| request.header(name, personal()));
    let query = format!("{}&phone={PHONE}&email={EMAIL}&token={TOKEN}&{NAME}", request.query);
    request.query(query)
}

#[tokio::test]
async fn accepted_and_parked_events_are_not_repeated() {
    let stack = Stack::start().await;
    let personal = personal();
    let verify =
        |kind: &str| format!(r#"{{"id":"{personal}","type":"{kind}","payload":{{"to":"{personal}"}}}}"#);
    let session = format!(r#"{{"id":"{PHONE}","type":"user.created","payload":{{"name":"{personal}"}}}}"#);
    let strange = format!(r#"{{"id":"{PHONE}","type":"{personal}"}}"#);
    let v1 = format!(
        r#"{{"type":"attempt","attempt_uuid":"{EMAIL}","time":"t","recipient_phone_number":"{PHONE}"}}"#
    );
    let oversize =
        verify("verify.attempt").replace("\"to\"", &format!("\"x\":\"{}\",\"to\"", "0".repeat(2_000_000)));
    for (case, request) in [
        ("an event", stack.signed(verify("verify.attempt"))),
        ("in base64", stack.signed(verify("verify.attempt")).base64()),
        ("a batch", stack.batch("app1", [&session, &strange, "null"])),
        ("without a signature", stack.post(v1)),
        ("an unknown type", stack.signed(verify(&personal))),
        ("not an event", stack.signed(format!("[{personal:?}]"))),
        ("no JSON", stack.signed(&*personal)),
        ("not UTF-8", stack.signed([personal.as_bytes(), b"\xff"].concat())),
        ("too large", stack.signed(oversize)),
        ("an activation", stack.activation("app1", "33639980042")),
    ] {
        let keep = request.query.clone();
        let mut request = hostile(request);
        if request.method == "GET" {
            // The answer contains the requested digits, and no line does.
            request.query = keep;
            let answer = stack.send(&request).await;
            assert_eq!(answer.body, r#"{"challenge":33639980042}"#);
            assert_silent(case, &Answer { body: String::new(), ..answer }, &request);
        } else {
            check(&stack, case, &request, 200).await;
        }
    }
}

#[tokio::test]
async fn the_scan_finds_a_body_in_a_line_of_metrics() {
    let stack = Stack::start().await;
    let request = stack.signed(format!(r#"{{"type":"verify.attempt","to":"{PHONE}"}}"#));
    let mut answer = stack.send(&request).await;
    assert_silent("as it is written", &answer, &request);
    answer.metrics[0]["event_types"] = Value::from(String::from_utf8(request.body.clone()).unwrap());
    let scan = std::panic::AssertUnwindSafe(|| assert_silent("with the body", &answer, &request));
    assert!(std::panic::catch_unwind(scan).is_err(), "the scan passes {:?}", answer.metrics);
}

#[tokio::test]
async fn the_line_of_the_result_counts_events_by_destination() {
    let stack = Stack::start().await;
    let events = |types: &[&str]| {
        types.iter().map(|kind| format!(r#"{{"id":"evt","type":"{kind}"}}"#)).collect::<Vec<_>>()
    };
    let types = ["user.created", "user.created", "user.deleted", "a", "user.created", "b", ""];
    let (mixed, large) = (events(&types), events(&["user.created"; 2_001]));
    for (events, queues, parked, reasons) in [
        (&mixed[..3], "prelude-webhooks-user-created=2 prelude-webhooks-user-deleted=1", None, None),
        (
            &mixed[..],
            "prelude-webhooks-user-created=3 prelude-webhooks-user-deleted=1",
            Some(3),
            Some("invalid_event=1 unknown_type=2"),
        ),
        // The log names slices by their events.
        (&large[..], "", Some(2_001), Some("batch_too_large=2001")),
    ] {
        let answer = stack.send(&stack.batch("app1", events)).await;
        assert_eq!(answer.status, 200);
        let line = answer.log.iter().find(|line| line["code"] == "accepted").unwrap();
        assert_eq!(line["accepted"], events.len());
        assert_eq!(line["queues"], queues);
        assert_eq!(line.get("parked"), parked.map(Value::from).as_ref());
        assert_eq!(line.get("reasons"), reasons.map(Value::from).as_ref());
    }
}

#[tokio::test]
async fn refused_requests_are_not_repeated_and_have_one_line() {
    let stack = Stack::start().await;
    let personal = personal();
    let body = format!(r#"{{"id":"{personal}","type":"verify.attempt","to":"{personal}"}}"#);
    let (account, app) = (&stack.prelude.account_key, &stack.app("app1").keys[0]);
    let with = |signature: &str| stack.post(&*body).header(SIGNATURE, signature);
    let at = |path: String| Request { path, ..stack.signed(&*body) };
    let get = |query: String| Request::new("GET", &stack.path, LISTED_ADDRESS).query(query);
    let from = |address: &str| Request { source_ip: address.to_owned(), ..stack.signed(&*body) };
    let by = |method: &str| Request { method: method.to_owned(), ..stack.signed(&*body) };
    for (case, request, status) in [
        ("another address", from(FOREIGN_ADDRESS), 403),
        ("an unreadable address", from(&personal), 403),
        ("a guessed token", at(format!("/webhooks/{TOKEN}")), 404),
        ("the token elsewhere", at(format!("/{PATH_TOKEN}/{PHONE}")), 404),
        ("a path with people in it", at(format!("/{EMAIL}/{NAME}/{PHONE}")), 404),
        ("the token with more", at(format!("/webhooks/{PATH_TOKEN}{NAME}")), 404),
        ("another method", by("PUT"), 405),
        ("a made-up method", by(TOKEN), 405),
        ("not a challenge", get(format!("event={EMAIL}&challenge={PHONE}")), 400),
        ("an unknown app", get(activation_query(NAME, TOKEN, "1")), 403),
        ("a wrong token", get(activation_query("app1", TOKEN, "1")), 403),
        ("another app's token", get(activation_query("app1", "token-of-app2", "1")), 403),
        ("no signature", stack.post(&*body), 401),
        ("no signature, not JSON", stack.post(&*personal), 401),
        ("without a scheme", with(&personal), 401),
        ("another scheme", with(&format!("{EMAIL}={TOKEN}")), 401),
        ("not base64", with(&format!("rsassa-pss-sha256={personal}")), 401),
        ("of another body", with(&account.sign(b"another").unwrap()), 401),
        ("by a key that is not configured", stack.signed_by(&private_key("other-2048", TOKEN), &*body), 401),
        ("an app's key for Verify", stack.signed_by(app, &*body), 401),
        ("an app with a person's name", stack.signed_by(app, batch(&personal, [&body])), 401),
        ("another app's batch", stack.signed_by(app, batch("app2", [&body])), 401),
    ] {
        let keep = request.query.clone();
        let mut request = hostile(request);
        if request.method == "GET" {
            request.query = keep;
        }
        check(&stack, case, &request, status).await;
    }
}

#[tokio::test]
async fn failures_of_sqs_are_logged_without_the_request() {
    let personal = personal();
    let body = format!(r#"{{"id":"{personal}","type":"verify.attempt","to":"{personal}"}}"#);
    let call = |status, code: &str| FaultKind::Call { status, code: code.to_owned() };
    let entries = |code: &str| FaultKind::Entries {
        containing: String::new(),
        code: code.to_owned(),
        sender_fault: true,
    };
    for (kind, times, status) in [
        (call(403, "AccessDenied"), usize::MAX, 503),
        (call(403, "NobodyKnowsThis"), usize::MAX, 503),
        (entries("InvalidMessageContents"), usize::MAX, 503),
        (call(400, "InvalidMessageContents"), usize::MAX, 503),
        (call(400, "InvalidMessageContents"), 1, 200),
        (call(503, "ServiceUnavailable"), 1, 200),
        (entries("InvalidMessageContents"), 1, 200),
        (entries("InternalError"), 2, 200),
        (FaultKind::Delay(Duration::from_millis(10)), 1, 200),
    ] {
        let stack = Stack::start().await;
        let case = format!("{kind:?}");
        stack.sqs.inject(Fault::once(kind).times(times));
        let request = hostile(stack.signed(&*body));
        // Retries pause on a stopped clock.
        tokio::time::pause();
        let answer = stack.send(&request).await;
        tokio::time::resume();
        assert_eq!(answer.status, status, "{case}: {:?}", answer.log);
        assert_silent(&case, &answer, &request);
        assert_one_line(&case, &answer);
    }
}

#[tokio::test]
async fn a_refused_call_is_logged_with_its_kind_and_its_queue() {
    for (code, failure) in [
        ("InvalidMessageContents", "content"),
        ("QueueDoesNotExist", "queue_missing"),
        ("AccessDenied", "queue_denied"),
        ("RequestThrottled", "retryable"),
        ("NobodyKnowsThis", "unknown"),
    ] {
        let stack = Stack::start().await;
        stack.sqs.inject(Fault::once(FaultKind::Call { status: 400, code: code.to_owned() }));
        let answer = stack.send(&stack.signed(r#"{"id":"evt","type":"verify.attempt"}"#)).await;
        let line = answer.log.iter().find(|line| line["code"] == "sqs_call_failed").unwrap();
        assert_eq!(line["sqs_code"], code);
        assert_eq!(line["failure"], failure, "{code}");
        assert_eq!(line["queue"], "prelude-webhooks-verify-attempt", "{code}");
        assert_eq!(line["entries"], 1, "{code}");
    }
}

#[tokio::test]
async fn an_event_of_another_origin_is_refused_and_not_repeated() {
    let stack = Stack::start().await;
    let personal = personal();
    for event in [
        Value::from(&*personal),
        serde_json::json!({"Records": [{"body": personal}]}),
        serde_json::json!({"requestContext": {"http": {"method": [personal]}}, "body": personal}),
        serde_json::json!({"httpMethod": {"x": personal}, "path": personal}),
        Value::Null,
    ] {
        let (response, log) = stack.receiver.invoke(event.clone(), Default::default()).await;
        assert!(response.is_err(), "{event}: {response:?}");
        let text = log.iter().map(Value::to_string).collect::<String>();
        assert!(text.contains("not_api_gateway"), "{event}: {text}");
        assert!(log.iter().all(|line| line.get("request_id").is_some()), "{event}: {text}");
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_level_and_no_format_reveals_more() {
    let stack = Stack::start().await;
    let personal = personal();
    let body = format!(r#"{{"id":"{personal}","type":"verify.attempt","to":"{personal}"}}"#);
    // At these levels, the SDK and the HTTP stack log every step, including the names of credentials.
    let wired =
        Wired::start(
            &stack,
            |call, _| if call == 0 { Fate::Refuse(503, "ServiceUnavailable") } else { Fate::Pass },
        );
    for (level, format) in [("TRACE", "JSON"), ("trace", "Text"), ("DEBUG", "json"), ("all", "")] {
        let sink = Sink::default();
        let lines = sink.clone();
        let subscriber = telemetry::subscriber(Some(level), Some(format), move || lines.clone());
        let send = async {
            for (request, status) in [(stack.signed(&*body), 200), (stack.post(&*body), 401)] {
                assert_eq!(wired.send(&hostile(request)).await.0, status);
            }
        };
        send.with_subscriber(subscriber).await;
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("accepted") && text.contains("signature_missing"), "{level}: {text}");
        for secret in SECRETS.into_iter().chain(["rsassa-pss-sha256=", "AKIA", "transmit", "endpoint"]) {
            assert!(!text.contains(secret), "{level} {format}: {secret} in {text}");
        }
    }
}
