//! An app whose key set is permanently gone affects only bodies that claim this app.

use prelude_local::{
    aws::gateway::Request,
    prelude::{PreludeKey, jwks_server::JwksFault},
};
use tokio::time::{Duration, Instant};

use super::{USER_CREATED, accepted, batch, fetched, later, send, side_by_side, unavailable, wrong};
use crate::support::stack::{SIGNATURE, Setup, Stack};

const VERIFY: &str = r#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#;

/// Every permanent fault. A fetch with one of the last two takes its whole 2 s.
const GONE: [JwksFault; 4] =
    [JwksFault::Status(404), JwksFault::Close, JwksFault::Delay(Duration::from_secs(10)), JwksFault::Stall];

/// Shorter than any fetch that times out.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Stack whose app1 is gone.
async fn without_app1(fault: JwksFault) -> Stack {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", fault);
    setup.start().await
}

/// Batch that does not begin with its app.
fn unhinted(stack: &Stack, key: &PreludeKey, app_id: &str) -> Request {
    stack.signed_by(key, format!(r#"{{"events":[{USER_CREATED}],"app_id":"{app_id}"}}"#))
}

/// Body with a genuine signature of another body.
fn forged(stack: &Stack, body: &str) -> Request {
    stack.post(body).header(SIGNATURE, stack.prelude.account_key.sign(b"something else").unwrap())
}

#[test]
fn a_retired_app_affects_only_the_bodies_that_claim_it() {
    side_by_side(GONE, only_bodies_that_claim_the_app_are_refused);
}

async fn only_bodies_that_claim_the_app_are_refused(fault: JwksFault) {
    let stack = without_app1(fault.clone()).await;
    let app2 = &stack.app("app2").keys[0];
    assert_eq!(
        send(&stack, &stack.batch("app2", [USER_CREATED])).await,
        accepted(),
        "{fault:?}: the set of app2 is fetched"
    );
    for round in 0..3 {
        let case = format!("{fault:?}, round {round}");
        for (what, request, answer) in [
            ("a Verify event", forged(&stack, VERIFY), wrong()),
            ("no JSON", forged(&stack, "app1"), wrong()),
            ("another app's batch", forged(&stack, r#"{"app_id":"app2","events":[]}"#), wrong()),
            ("an unknown app's batch", forged(&stack, r#"{"app_id":"app3","events":[]}"#), wrong()),
            (
                "a batch that does not begin with its app",
                unhinted(&stack, &stack.app("app1").keys[0], "app1"),
                wrong(),
            ),
            ("a genuine Verify event", stack.signed(VERIFY), accepted()),
            ("another app's genuine batch", stack.batch("app2", [USER_CREATED]), accepted()),
            ("the same batch, which does not begin with its app", unhinted(&stack, app2, "app2"), accepted()),
        ] {
            let start = Instant::now();
            assert_eq!(send(&stack, &request).await, answer, "{case}: {what}");
            assert!(start.elapsed() < AT_ONCE, "{case}: {what} took {:?}", start.elapsed());
        }
        for request in [batch(&stack), forged(&stack, r#" { "app_id" : "app1" ,"events":[]}"#)] {
            assert_eq!(send(&stack, &request).await, unavailable(), "{case}: the body claims the app");
        }
        later(Duration::from_secs(61)).await;
    }
}

#[tokio::test]
async fn a_batch_that_does_not_begin_with_its_app_starts_the_fetch_that_its_retry_needs() {
    let stack = without_app1(JwksFault::Status(500)).await;
    fetched(&stack, "app1", 1).await;
    let request = unhinted(&stack, &stack.app("app1").keys[0], "app1");
    assert_eq!(send(&stack, &request).await, wrong());
    stack.jwks.set_fault("app1", None);
    later(Duration::from_secs(5)).await;
    assert_eq!(send(&stack, &request).await, wrong(), "the batch does not wait");
    let end = Instant::now() + Duration::from_secs(5);
    while send(&stack, &request).await != accepted() {
        assert!(Instant::now() < end, "the fetch was not started");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stack.jwks.requests("app1"), 2);
}
