//! A failing SQS: the process loses no event.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Function, accepted, clean_log, codes, signed, text};
use crate::support::{
    runtime_api::{Invocation, Options},
    stack::Api,
};

#[tokio::test]
async fn a_failing_moto_loses_no_event() {
    let Some(function) = Function::start().await else { return };
    let attempt =
        |id: &str| json!({"id": id, "type": "verify.attempt", "payload": {"to": "+33639980001"}}).to_string();
    let send = async |id: &str| function.send(Api::Http, &signed("account-2048", "32", attempt(id))).await;
    let error = |code: &str| json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "injected"});
    let is_attempt = |batch: &Value| text(batch, "QueueUrl").ends_with("verify-attempt");

    let missing = error("QueueDoesNotExist");
    function.proxy.inject(move |batch| is_attempt(batch).then(|| (400, missing.clone())));
    assert_eq!(send("evt_missing").await, accepted(1));
    let denied = error("AccessDeniedException");
    function.proxy.inject(move |batch| is_attempt(batch).then(|| (403, denied.clone())));
    assert_eq!(send("evt_denied").await, accepted(1));

    let (throttled, times) = (error("RequestThrottled"), AtomicUsize::new(0));
    function.proxy.inject(move |_| {
        let is_early = times.fetch_add(1, Ordering::Relaxed) < 2;
        is_early.then(|| (400, throttled.clone()))
    });
    assert_eq!(send("evt_throttled").await, accepted(1));

    let down = error("ServiceUnavailable");
    function.proxy.inject(move |_| Some((503, down.clone())));
    let options = Options { deadline: Duration::from_millis(2_500), ..Options::default() };
    let request = signed("account-2048", "32", attempt("evt_late"));
    let start = Instant::now();
    let answer = function.runtime_api.invoke_with(request.http_api_event(), options).await;
    assert!(start.elapsed() < Duration::from_millis(2_500), "{:?}", start.elapsed());
    let Invocation::Response(answer) = answer else { panic!("{answer:?}") };
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(503), &json!(r#"{"error":"unavailable"}"#)));
    function.proxy.inject(|_| None);

    // An event of another origin: the invocation fails, and the process continues.
    let answer = function.runtime_api.invoke(json!({"Records": [{"body": "+33639980001"}]})).await;
    let Invocation::Error(error) = answer else { panic!("{answer:?}") };
    assert_eq!(error["errorType"], "not_api_gateway");
    assert_eq!(send("evt_late").await, accepted(1), "the redelivery must be accepted");
    // moto itself refuses the call after the queue is deleted.
    let routed = function.moto.receive("verify-attempt").await;
    function.moto.delete_queue("verify-attempt").await;
    assert_eq!(send("evt_deleted").await, accepted(1));

    let bodies: BTreeSet<_> = routed.iter().map(|message| message.body.clone()).collect();
    assert_eq!(bodies, BTreeSet::from([attempt("evt_throttled"), attempt("evt_late")]));
    let parked = function.moto.receive("unrouted").await;
    let parked: BTreeSet<_> =
        parked.iter().map(|message| (message.body.clone(), message.attribute("reason").unwrap())).collect();
    let expected =
        [("evt_missing", "queue_missing"), ("evt_denied", "queue_denied"), ("evt_deleted", "queue_missing")];
    assert_eq!(parked, expected.map(|(id, reason)| (attempt(id), reason)).into());
    assert_eq!(function.proxy.violations(), [] as [&str; 0]);
    let log = clean_log(&function, "publish_failed").await;
    assert!(codes(&log).contains("publish_failed"));
}
