//! The code of a failure selects the reaction: retry, parking, or 503.

use prelude_local::aws::faults::{Fault, FaultKind};
use tokio::time::{Duration, Instant};

use super::{BUDGET, attempt, paused};
use crate::support::stack::{Api, Setup, Stack};

const QUEUE: &str = "prelude-webhooks-verify-attempt";
const PARKING: &str = "prelude-webhooks-unrouted";

fn call(status: u16, code: &str) -> FaultKind {
    FaultKind::Call { status, code: code.to_owned() }
}

fn entry(code: &str, sender_fault: bool) -> FaultKind {
    FaultKind::Entries { containing: String::new(), code: code.to_owned(), sender_fault }
}

/// Sends one event while its queue has this fault. Checks that the exact event is parked for this reason.
async fn is_parked(stack: &Stack, kind: FaultKind, reason: &str) {
    let shown = format!("{kind:?}");
    stack.sqs.inject(Fault::once(kind).on(QUEUE));
    let calls = stack.sqs.calls().len();
    let body = attempt("evt_parked");
    let answer = stack.send(&stack.signed(body.clone())).await;
    assert_eq!(answer.both(), (200, r#"{"accepted":1}"#), "{shown}");
    assert_eq!(stack.sqs.calls().len() - calls, 2, "{shown}: a retry is useless");
    let all = stack.drain_all().await;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["unrouted"], "{shown}");
    assert_eq!(all["unrouted"].len(), 1, "{shown}");
    let message = &all["unrouted"][0];
    assert_eq!((message.attribute("reason"), &message.body), (Some(reason), &body), "{shown}");
    assert_eq!(message.attribute("event_type"), Some("verify.attempt"), "{shown}");
    assert_eq!(message.attribute("event_id"), Some("evt_parked"), "{shown}");
}

#[tokio::test]
async fn a_failure_that_a_retry_may_mend_is_retried_for_any_sender_fault() {
    let stack = paused().await;
    let codes = [
        (400, "RequestThrottled"),
        (400, "ThrottlingException"),
        (400, "KMS.ThrottlingException"),
        (400, "OverLimit"),
        (429, "TooManyRequestsException"),
        (408, "RequestTimeout"),
        (500, "InternalFailure"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (502, "NobodyKnowsThis"),
        (400, "NobodyKnowsThis"),
    ];
    let calls = codes.into_iter().map(|(status, code)| call(status, code));
    let blamed = |code| [entry(code, true), entry(code, false)];
    let entries =
        codes.into_iter().filter(|(_, code)| *code != "NobodyKnowsThis").flat_map(|(_, code)| blamed(code));
    for kind in calls.chain(entries) {
        let shown = format!("{kind:?}");
        stack.sqs.inject(Fault::once(kind).on(QUEUE).times(2));
        let before = stack.sqs.calls().len();
        let body = attempt("evt_again");
        assert_eq!(stack.send(&stack.signed(body.clone())).await.status, 200, "{shown}");
        assert_eq!(stack.sqs.calls().len() - before, 3, "{shown}");
        let all = stack.drain_all().await;
        assert_eq!(all.keys().collect::<Vec<_>>(), ["verify-attempt"], "{shown}");
        assert_eq!(all["verify-attempt"].len(), 1, "{shown}");
        assert_eq!(all["verify-attempt"][0].body, body);
    }
}

#[tokio::test]
async fn content_that_sqs_refuses_is_parked_for_any_sender_fault() {
    let stack = Stack::start().await;
    for code in ["InvalidMessageContents", "InvalidParameterValue", "MissingParameter", "ValidationError"] {
        is_parked(&stack, entry(code, true), "rejected_by_sqs").await;
        is_parked(&stack, entry(code, false), "rejected_by_sqs").await;
        is_parked(&stack, call(400, code), "rejected_by_sqs").await;
    }
    is_parked(&stack, call(400, "AWS.SimpleQueueService.BatchRequestTooLong"), "rejected_by_sqs").await;
}

#[tokio::test]
async fn events_for_a_queue_that_is_missing_are_parked() {
    let stack = Setup::new().await.without_queue("verify-attempt").start().await;
    let body = attempt("evt_parked");
    let answer = stack.send(&stack.signed(body.clone())).await;
    assert_eq!(answer.both(), (200, r#"{"accepted":1}"#));
    let parked = stack.parked().await;
    assert_eq!((parked[0].attribute("reason"), &parked[0].body), (Some("queue_missing"), &body));

    let stack = Stack::start().await;
    for code in ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"] {
        is_parked(&stack, call(400, code), "queue_missing").await;
    }
}

#[tokio::test]
async fn events_for_a_queue_that_is_denied_or_has_no_usable_key_are_parked() {
    let stack = Stack::start().await;
    for (status, code) in [
        (403, "AccessDenied"),
        (403, "AccessDeniedException"),
        (400, "AccessDeniedException"),
        (400, "InvalidSecurity"),
        // Spelled as in the header that the SDK reads, and then as shapes.
        (400, "KMS.AccessDeniedException"),
        (400, "KMS.DisabledException"),
        (400, "KMS.InvalidKeyUsageException"),
        (400, "KMS.InvalidStateException"),
        (400, "KMS.NotFoundException"),
        (400, "KMS.OptInRequired"),
        (400, "KmsAccessDenied"),
        (400, "KmsDisabled"),
        (400, "KmsNotFound"),
    ] {
        is_parked(&stack, call(status, code), "queue_denied").await;
        is_parked(&stack, entry(code, true), "queue_denied").await;
    }
}

#[tokio::test]
async fn a_parking_queue_that_also_fails_makes_503() {
    let denied = |queue: &'static str| Fault::once(call(403, "AccessDenied")).on(queue).always();
    let missing = |queue: &'static str| {
        Fault::once(call(400, "AWS.SimpleQueueService.NonExistentQueue")).on(queue).always()
    };
    let refused = |queue: &'static str| Fault::once(entry("InvalidMessageContents", true)).on(queue).always();
    let unknown = r#"{"id":"evt_unknown","type":"verify.invented","payload":{}}"#.to_owned();
    for (body, faults) in [
        (attempt("evt_1"), vec![denied(QUEUE), denied(PARKING)]),
        (attempt("evt_2"), vec![missing(QUEUE), missing(PARKING)]),
        (attempt("evt_3"), vec![denied(QUEUE), missing(PARKING)]),
        (attempt("evt_4"), vec![refused(QUEUE), refused(PARKING)]),
        (unknown.clone(), vec![denied(PARKING)]),
        (unknown.clone(), vec![missing(PARKING)]),
        (unknown.clone(), vec![Fault::once(call(403, "NobodyKnowsThis")).on(PARKING).always()]),
        (unknown.clone(), vec![Fault::once(entry("NobodyKnowsThis", true)).on(PARKING).always()]),
        (unknown, vec![Fault::once(call(400, "RequestThrottled")).on(PARKING).always()]),
    ] {
        let stack = paused().await;
        let shown = format!("{faults:?}");
        faults.into_iter().for_each(|fault| stack.sqs.inject(fault));
        for api in Api::BOTH {
            let start = Instant::now();
            let answer = stack.send_through(api, &stack.signed(body.clone())).await;
            assert_eq!(answer.both(), (503, r#"{"error":"unavailable"}"#), "{shown}");
            assert!(answer.header("retry-after").is_some(), "{shown}");
            assert!(["publish_failed", "out_of_time"].contains(&answer.code().unwrap()), "{shown}");
            assert!(start.elapsed() < BUDGET, "{shown}: {:?}", start.elapsed());
        }
        assert_eq!(stack.taken(), 0, "{shown}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn an_unlisted_code_is_tried_three_times_and_then_parked() {
    for (kind, reason) in [
        (call(400, "NobodyKnowsThis"), "queue_denied"),
        (call(403, "OptInRequired"), "queue_denied"),
        (call(499, ""), "queue_denied"),
        (entry("NobodyKnowsThis", true), "rejected_by_sqs"),
        (entry("NobodyKnowsThis", false), "rejected_by_sqs"),
    ] {
        let stack = paused().await;
        let shown = format!("{kind:?}");
        stack.sqs.inject(Fault::once(kind).on(QUEUE).always());
        let start = Instant::now();
        let answer = stack.send(&stack.signed(attempt("evt_unlisted"))).await;
        assert_eq!(answer.both(), (200, r#"{"accepted":1}"#), "{shown}");
        assert!(start.elapsed() < Duration::from_secs(1), "{shown}: {:?}", start.elapsed());
        assert_eq!(
            stack.sqs.calls().len(),
            4,
            "{shown}: three calls to the queue, and one to the parking queue"
        );
        let parked = stack.parked().await;
        assert_eq!(parked[0].attribute("reason"), Some(reason), "{shown}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_lasting_failure_makes_503_in_time_and_parks_nothing() {
    for kind in [
        call(400, "RequestThrottled"),
        call(500, "InternalFailure"),
        call(503, "ServiceUnavailable"),
        call(400, "SomethingThrottled"),
        call(403, "ExpiredToken"),
        call(403, "ExpiredTokenException"),
        call(400, "RequestExpired"),
        call(403, "RequestTimeTooSkewed"),
        call(403, "InvalidClientTokenId"),
        call(403, "UnrecognizedClientException"),
        call(403, "SignatureDoesNotMatch"),
        call(403, "InvalidSignatureException"),
        call(400, "RequestLimitExceeded"),
        call(400, "LimitExceededException"),
        entry("RequestThrottled", true),
        entry("InternalError", false),
        entry("ExpiredToken", true),
        FaultKind::Delay(Duration::from_secs(60)),
    ] {
        let stack = paused().await;
        let shown = format!("{kind:?}");
        stack.sqs.inject(Fault::once(kind).on(QUEUE).always());
        let start = Instant::now();
        let answer = stack.send(&stack.signed(attempt("evt_never"))).await;
        assert_eq!(answer.both(), (503, r#"{"error":"unavailable"}"#), "{shown}");
        assert!(start.elapsed() < BUDGET, "{shown}: {:?}", start.elapsed());
        assert!((2..60).contains(&stack.sqs.calls().len()), "{shown}: {} calls", stack.sqs.calls().len());
        assert_eq!(stack.parked().await, [], "{shown}");
        tokio::time::resume();
    }
}
