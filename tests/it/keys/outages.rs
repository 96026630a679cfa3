//! Key servers that are down, slow, or answer without a key set.

use std::{
    io,
    sync::{Arc, Mutex},
};

use prelude_local::prelude::jwks_server::JwksFault;
use prelude_webhooks::telemetry;
use serde_json::Value;
use tokio::time::{Duration, Instant};
use tracing::subscriber::DefaultGuard;

use super::{accepted, batch, fetched, forged, later, send, side_by_side, unavailable, wrong};
use crate::support::stack::Setup;

/// Log of this thread. Fetches run in separate tasks, which the log of [`Stack::send`] does not cover.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let sink = log.clone();
        let subscriber = telemetry::subscriber(None, Some("json"), move || sink.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Reasons of failed fetches of app1's set.
    fn reasons(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let failed = lines.filter(|line| line["code"] == "keys_fetch_failed" && line["app_id"] == "app1");
        failed.map(|line| line["reason"].as_str().unwrap().to_owned()).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const FAULTS: usize = 9;

/// Every fault, and its name in the log. The slow ones come last.
fn faults(setup: &Setup) -> [(JwksFault, &'static str); FAULTS] {
    [
        (JwksFault::Status(500), "status_500"),
        (JwksFault::Status(404), "status_404"),
        (JwksFault::Status(204), "status_204"),
        (JwksFault::Redirect(setup.jwks.url("app2")), "status_302"),
        (JwksFault::Garbage, "no_usable_key"),
        (JwksFault::Huge(65_537), "too_large"),
        (JwksFault::Close, "unreachable"),
        (JwksFault::Delay(Duration::from_secs(10)), "timeout"),
        (JwksFault::Stall, "timeout"),
    ]
}

#[test]
fn an_app_without_a_key_makes_503_and_one_with_a_key_401() {
    side_by_side(0..FAULTS, async |index| {
        let (log, _guard) = Log::start();
        let setup = Setup::new().await;
        let (fault, reason) = faults(&setup)[index].clone();
        setup.jwks.set_fault("app1", fault.clone());
        let stack = setup.start().await;
        let start = Instant::now();
        for request in [batch(&stack), forged(&stack), stack.batch("app2", ["{}"]).header("X-Spare", "1")] {
            let answer = send(&stack, &request).await;
            let is_app2 = request.headers.iter().any(|(name, _)| name == "X-Spare");
            assert_eq!(answer, if is_app2 { accepted() } else { unavailable() }, "{fault:?}");
        }
        let (took, is_slow) = (start.elapsed().as_millis(), reason == "timeout");
        assert!(if is_slow { (1_900..3_000).contains(&took) } else { took < 1_000 }, "{fault:?}: {took} ms");
        assert_eq!(stack.jwks.requests("app1"), 1, "{fault:?}: 5 s of cool-down");
        assert_eq!(log.reasons(), [reason], "{fault:?}");
        assert!(stack.jwks.requests("app2") <= 2, "the redirect is not followed");
        // An unsigned or malformed request names no app, so it gets neither 200 nor 503.
        assert_eq!(stack.send(&stack.post("{}")).await.status, 401);
        assert_eq!(
            stack.send(&stack.post("{}").header("X-Webhook-Signature", "rsassa-pss-sha256=AA")).await.status,
            401
        );

        stack.jwks.set_fault("app1", None);
        later(Duration::from_secs(5)).await;
        assert_eq!(send(&stack, &forged(&stack)).await, wrong(), "{fault:?}");
        assert_eq!(send(&stack, &batch(&stack)).await, accepted(), "{fault:?}");
        assert_eq!(stack.jwks.requests("app1"), 2, "{fault:?}");
    });
}

#[tokio::test]
async fn a_stale_set_is_used_while_the_server_is_down() {
    let setup = Setup::new().await;
    let faults = faults(&setup);
    let stack = setup.set("PRELUDE_JWKS_TTL_SECONDS", "100").start().await;
    fetched(&stack, "app1", 1).await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
    for (number, (fault, reason)) in faults.into_iter().enumerate() {
        let (log, _guard) = Log::start();
        stack.jwks.set_fault("app1", fault.clone());
        later(Duration::from_secs(101)).await;
        assert_eq!(send(&stack, &batch(&stack)).await, accepted(), "{fault:?}");
        assert_eq!(send(&stack, &forged(&stack)).await, wrong(), "{fault:?}: a stale key prevents 503");
        assert_eq!(stack.jwks.requests("app1"), number + 2, "{fault:?}: 60 s of cool-down");
        assert_eq!(log.reasons(), [reason], "{fault:?}");
    }
    stack.jwks.set_fault("app1", None);
    later(Duration::from_secs(60)).await;
    assert_eq!(send(&stack, &batch(&stack)).await, accepted());
}

#[tokio::test]
async fn a_server_that_stays_down_is_asked_at_most_every_five_seconds() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", JwksFault::Close);
    let stack = setup.start().await;
    fetched(&stack, "app1", 1).await;
    for _ in 0..30 {
        assert_eq!(send(&stack, &forged(&stack)).await, unavailable());
        later(Duration::from_secs(1)).await;
    }
    let asked = stack.jwks.requests("app1");
    assert!((6..=7).contains(&asked), "{asked} times in 30 s");
}

#[tokio::test]
async fn a_fetch_continues_after_the_request_that_waited_for_it() {
    let setup = Setup::new().await;
    setup.jwks.set_fault("app1", JwksFault::Delay(Duration::from_millis(500)));
    let stack = setup.start().await;
    let request = batch(&stack);
    let gave_up = tokio::time::timeout(Duration::from_millis(50), stack.send(&request)).await;
    assert!(gave_up.is_err());
    assert_eq!(send(&stack, &request).await, accepted());
    assert_eq!(stack.jwks.requests("app1"), 1);
}
