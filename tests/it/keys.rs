//! Fetches of key sets through the real HTTP client. Tests put the clock forward.

mod documents;
mod outages;
mod retired;

use std::thread;

use futures_util::future::join_all;
use prelude_local::{
    aws::gateway::Request,
    prelude::{self, PreludeKey, SessionApp, jwks_server::JwksFault},
};
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::support::{
    faults::{
        KeyFault,
        key_server::KeyServer,
        memory_sqs::MemorySqs,
        rig::{APP, Rig, signed},
    },
    keys::private_key,
    stack::{FOREIGN_ADDRESS, SIGNATURE, Setup, Stack},
    wire::{Fate, Wire},
};

/// Puts the clock forward, and stops it only meanwhile. With a real socket, a jumping clock would time out.
async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Runs each case in a thread and on a clock of its own, because the cases mostly wait for fetches to time out.
fn side_by_side<Case: Send>(cases: impl IntoIterator<Item = Case>, run: impl AsyncFn(Case) + Sync) {
    let run = &run;
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(run(case));
            });
        }
    });
}

/// Waits until the app's key set was requested this many times.
async fn fetched(stack: &Stack, app_id: &str, times: usize) {
    let end = Instant::now() + Duration::from_secs(5);
    while stack.jwks.requests(app_id) < times {
        assert!(Instant::now() < end, "{} fetches", stack.jwks.requests(app_id));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const USER_CREATED: &str = r#"{"id":"evt_1","type":"user.created","payload":{"user_id":"usr_1"}}"#;

fn batch(stack: &Stack) -> Request {
    stack.batch("app1", [USER_CREATED])
}

/// Batch of an app, signed with another key.
fn signed_by(stack: &Stack, key: &PreludeKey) -> Request {
    stack.signed_by(key, stack.app("app1").batch([USER_CREATED]))
}

/// Batch of the app with a genuine signature of another body.
fn forged(stack: &Stack) -> Request {
    let signature = stack.app("app1").sign(b"something else").unwrap();
    stack.post(stack.app("app1").batch([USER_CREATED])).header(SIGNATURE, signature)
}

/// Status and log code.
async fn send(stack: &Stack, request: &Request) -> (u16, String) {
    let answer = stack.send(request).await;
    (answer.status, answer.code().unwrap_or_default().to_owned())
}

fn accepted() -> (u16, String) {
    (200, "accepted".to_owned())
}

fn wrong() -> (u16, String) {
    (401, "signature_wrong".to_owned())
}

fn unavailable() -> (u16, String) {
    (503, "keys_unavailable".to_owned())
}

#[tokio::test]
async fn the_start_fetches_every_set_without_a_request_and_without_waiting() {
    let setup = Setup::new().await;
    let slow = JwksFault::Delay(Duration::from_secs(1));
    setup.jwks.set_fault("app2", slow);
    let start = Instant::now();
    let stack = setup.start().await;
    assert!(start.elapsed() < Duration::from_secs(1));
    fetched(&stack, "app1", 1).await;
    fetched(&stack, "app2", 1).await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
    assert!(start.elapsed() < Duration::from_secs(1), "another app's slow server delays no request");
    assert_eq!((stack.jwks.requests("app1"), stack.jwks.requests("app2")), (1, 1));
}

#[tokio::test]
async fn the_first_requests_wait_for_one_shared_fetch() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", JwksFault::Delay(Duration::from_millis(300)));
    let stack = setup.start().await;
    let (genuine, forged) = (batch(&stack), forged(&stack));
    let answers = join_all((0..20).map(|n| send(&stack, if n % 2 == 0 { &genuine } else { &forged }))).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, if n % 2 == 0 { accepted() } else { wrong() });
    }
    assert_eq!(stack.jwks.requests("app1"), 1, "one fetch at a time, then a cool-down");
}

#[tokio::test]
async fn events_that_the_account_signs_do_not_wait_for_an_app() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", JwksFault::Stall);
    setup.jwks.set_fault("app2", JwksFault::Close);
    let stack = setup.start().await;
    let start = Instant::now();
    let request = stack.signed(r#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#);
    assert_eq!(send(&stack, &request).await, accepted());
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_set_is_fetched_again_after_its_ttl_and_not_before() {
    let stack = Stack::with(&[("PRELUDE_JWKS_TTL_SECONDS", "120")]).await;
    for (seconds, fetches) in [(0, 1), (119, 1), (2, 2), (100, 2), (60, 3)] {
        later(Duration::from_secs(seconds)).await;
        assert_eq!(send(&stack, &batch(&stack)).await, accepted());
        assert_eq!(stack.jwks.requests("app1"), fetches, "after {seconds} s more");
    }
}

#[tokio::test]
async fn a_ttl_below_the_cool_down_waits_for_it() {
    let stack = Stack::with(&[("PRELUDE_JWKS_TTL_SECONDS", "5")]).await;
    for (seconds, fetches) in [(0, 1), (10, 1), (49, 1), (2, 2)] {
        later(Duration::from_secs(seconds)).await;
        assert_eq!(send(&stack, &batch(&stack)).await, accepted());
        assert_eq!(stack.jwks.requests("app1"), fetches, "after {seconds} s more");
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_by_fetching_again_after_the_cool_down() {
    let stack = Stack::start().await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
    let (old, new) = (stack.app("app1").keys[0].clone(), private_key("app-2048", "rotated"));
    stack.jwks.publish("app1", &json!({"keys": [new.jwk(), old.jwk()]}));
    assert_eq!(send(&stack, &signed_by(&stack, &new)).await, wrong(), "the cool-down holds");
    later(Duration::from_secs(60)).await;
    assert_eq!(send(&stack, &signed_by(&stack, &new)).await, accepted());
    assert_eq!(send(&stack, &batch(&stack)).await, accepted(), "the old key is still in the set");
    assert_eq!(stack.jwks.requests("app1"), 2);
    let keys: Vec<_> = stack.drain("user-created").await;
    let keys: Vec<_> = keys.iter().map(|message| message.attribute("key_id").unwrap()).collect();
    assert_eq!(keys, ["key-app1", "rotated", "key-app1"]);

    stack.jwks.publish("app1", &json!({"keys": [new.jwk()]}));
    later(Duration::from_secs(600)).await;
    assert_eq!(send(&stack, &signed_by(&stack, &new)).await, accepted());
    assert_eq!(send(&stack, &batch(&stack)).await, wrong(), "withdrawn");
}

#[tokio::test]
async fn a_batch_that_does_not_begin_with_its_app_is_verified_by_the_same_rules() {
    let stack = Stack::start().await;
    let unhinted =
        |key: &PreludeKey| stack.signed_by(key, format!(r#"{{"events":[{USER_CREATED}],"app_id":"app1"}}"#));
    let (old, new) = (stack.app("app1").keys[0].clone(), private_key("app-2048", "rotated"));
    assert_eq!(send(&stack, &unhinted(&old)).await, accepted());
    later(Duration::from_secs(60)).await;
    assert_eq!(send(&stack, &unhinted(&old)).await, accepted());
    assert_eq!(stack.jwks.requests("app1"), 1, "a key of a fresh set needs no fetch");
    stack.jwks.publish("app1", &json!({"keys": [new.jwk()]}));
    later(Duration::from_secs(600)).await;
    assert_eq!(
        send(&stack, &unhinted(&old)).await,
        wrong(),
        "a due set is replaced before its keys are tried"
    );
    assert_eq!(send(&stack, &unhinted(&new)).await, accepted());
    assert_eq!(stack.jwks.requests("app1"), 2);
}

#[tokio::test]
async fn forged_requests_do_not_flood_the_key_server() {
    let stack = Stack::start().await;
    fetched(&stack, "app1", 1).await;
    for minute in 1..4 {
        let forged = forged(&stack);
        for answer in join_all((0..30).map(|_| send(&stack, &forged))).await {
            assert_eq!(answer, wrong());
        }
        for app_id in ["app1", "app2"] {
            assert_eq!(stack.jwks.requests(app_id), minute, "{app_id} in minute {minute}");
        }
        later(Duration::from_secs(60)).await;
    }
}

#[tokio::test]
async fn a_miss_from_an_unlisted_address_fetches_nothing() {
    for mode in ["report", "off"] {
        // Unsigned sources are off, because `off` does not allow them.
        let stack = Stack::with(&[("PRELUDE_IP_CHECK", mode), ("PRELUDE_ACCEPT_UNSIGNED", "")]).await;
        fetched(&stack, "app1", 1).await;
        let mut forged = forged(&stack);
        let listed = std::mem::replace(&mut forged.source_ip, FOREIGN_ADDRESS.to_owned());
        later(Duration::from_secs(61)).await;
        assert_eq!(send(&stack, &forged).await, wrong());
        assert_eq!(stack.jwks.requests("app1"), 1, "{mode}");
        forged.source_ip = listed;
        assert_eq!(send(&stack, &forged).await, wrong());
        assert_eq!(stack.jwks.requests("app1"), 2, "{mode}: a listed address starts a fetch");
    }
}

#[tokio::test]
async fn pinned_keys_are_never_fetched() {
    let setup = Setup::new().await;
    let app = |app: &SessionApp| {
        let (app_id, url) = (&app.app_id, setup.jwks.url(&app.app_id));
        let keys = [app.keys[0].public_key_pem().unwrap()];
        json!({"app_id": app_id, "verification_token": "t", "public_keys": keys, "jwks_url": url})
    };
    let apps: Vec<_> = setup.prelude.apps.iter().map(app).collect();
    let stack = setup.set("PRELUDE_APPS", json!(apps).to_string()).start().await;
    for _ in 0..2 {
        assert_eq!(send(&stack, &batch(&stack)).await, accepted());
        assert_eq!(send(&stack, &forged(&stack)).await, wrong());
        later(Duration::from_secs(100_000)).await;
    }
    assert_eq!(stack.jwks.requests("app1"), 0);
}

#[tokio::test]
async fn the_key_id_of_the_request_decides_nothing() {
    let stack = Stack::start().await;
    let other = private_key("other-2048", "key-app1");
    for hint in ["key-app1", "key-app2", "account", "", "nobody", "é", &"x".repeat(4_096)] {
        let hinted = |request: Request| request.header("X-Webhook-Signature-Key-Id", hint);
        assert_eq!(send(&stack, &hinted(batch(&stack))).await, accepted(), "{hint}");
        assert_eq!(send(&stack, &hinted(signed_by(&stack, &other))).await, wrong(), "{hint}");
        let message = stack.drain("user-created").await.remove(0);
        assert_eq!(message.attribute("key_id"), Some("key-app1"), "key_id names the verifying key");
    }
    // API Gateway joins repeated header lines.
    let twice =
        batch(&stack).header("X-Webhook-Signature-Key-Id", "a").header("X-Webhook-Signature-Key-Id", "b");
    assert_eq!(send(&stack, &twice).await, accepted());
}

#[tokio::test(start_paused = true)]
async fn the_set_of_an_app_is_at_the_url_of_its_app_id_unless_configured_otherwise() {
    let app = |more: serde_json::Value| {
        let mut app = json!({"app_id": "54e9ujn", "verification_token": "t"});
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([app]).to_string()
    };
    for (more, url) in [
        (json!({}), "https://54e9ujn.session.prelude.dev/.well-known/jwks.json"),
        (
            json!({"jwks_url": null, "public_keys": []}),
            "https://54e9ujn.session.prelude.dev/.well-known/jwks.json",
        ),
        (json!({"jwks_url": "https://keys.example.com/54e9ujn?v=1"}), "https://keys.example.com/54e9ujn?v=1"),
    ] {
        let keys = KeyServer::new(KeyFault::Hanging);
        let sqs = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::Pass);
        let rig = Rig::with(&keys, &sqs, Duration::ZERO, &[("PRELUDE_APPS", &app(more))]);
        assert_eq!(rig.send(&signed(&APP, prelude::batch("54e9ujn", [USER_CREATED]))).await.0, 503);
        assert_eq!(keys.asked(), [url]);
    }
}
