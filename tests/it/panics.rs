//! Panics and crashes: they fail one invocation, and lose no event.
//!
//! No input makes the receiver panic, so no request can make the real binary panic. These tests run the real
//! [`Handler`] under the real Lambda runtime in a separate process. Its ports panic on a mark. The first test below
//! starts its own binary again as that function.
//!
//! Panics must also unwind in the real binary, so a test reads the profile. For a crash, a test kills the real binary.

mod crash;

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use lambda_runtime::{LambdaEvent, service_fn};
use prelude_webhooks::{
    authenticate::{FetchError, FetchKeySet},
    config::Config,
    lambda::{Handler, Invocation as Event},
    publish::{Acknowledgement, SendBatch, failure::SqsFailure, message::Message},
    receiver::Receiver,
    route::QueueUrl,
    telemetry,
};
use serde_json::{Value, json};
use tokio::time::Duration;

use crate::support::{
    faults::rig::{ACCOUNT, APP_ID, app_batch, signed},
    keys::pem,
    process::FunctionProcess,
    runtime_api::{Invocation, RuntimeApi},
    stack::PATH_TOKEN,
};

/// Text of a body that makes the SQS port panic. No answer and no log may contain it.
const MARK: &str = "panic-because-of-this";
/// Variable that makes the process run the function instead of the test.
const ROLE: &str = "PRELUDE_CLI_TEST_PANICKING_FUNCTION";

struct PanickingSqs;

impl SendBatch for PanickingSqs {
    async fn send_batch(
        &self,
        _: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        if let Some(message) = messages.iter().find(|message| message.body().contains(MARK)) {
            panic!("{}", message.body());
        }
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}

struct PanickingKeyServer;

impl FetchKeySet for PanickingKeyServer {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        panic!("{MARK}: {url}");
    }
}

/// Runs the function as `main.rs` does, with other ports.
async fn panicking_function() {
    telemetry::start(None, Some("json"), io::stdout);
    std::panic::set_hook(Box::new(|_| tracing::error!(target: "prelude_webhooks", code = "panic")));
    let variables = std::env::vars().map(|(name, value)| (name, Some(value)));
    let config = Config::read(variables, |path| std::fs::read_to_string(path)).unwrap();
    let metrics =
        config.metrics.writer("function", None, |line| io::stdout().write_all(line.as_bytes()).unwrap());
    let receiver = Receiver::new(config, PanickingKeyServer, PanickingSqs).with_metrics(metrics);
    let handler = Arc::new(Handler::new(receiver, Duration::ZERO));
    let answer = move |event: LambdaEvent<Event>| {
        // Panics outside of the receiver, which answers its own panics.
        assert_ne!(event.context.xray_trace_id.as_deref(), Some(MARK), "{MARK}");
        let handler = Arc::clone(&handler);
        async move { handler.handle(event).await }
    };
    tokio::spawn(lambda_runtime::run(service_fn(answer))).await.unwrap().unwrap();
}

/// Starts this test binary as the function, through the test that runs it.
async fn start() -> (RuntimeApi, FunctionProcess) {
    let runtime_api = RuntimeApi::start().await;
    let variables = [
        (ROLE, "1".to_owned()),
        ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
        ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem")),
        ("PRELUDE_APPS", json!([{"app_id": APP_ID, "verification_token": "t"}]).to_string()),
        ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
        ("PRELUDE_METRICS", "emf".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let binary = std::env::current_exe().unwrap();
    let test = "panics::a_panic_fails_only_its_own_invocation";
    let arguments = ["--exact", test, "--nocapture"];
    let process = FunctionProcess::spawn_with(&binary, &arguments, &variables, &runtime_api);
    runtime_api.first_poll().await;
    (runtime_api, process)
}

fn event(text: &str) -> Value {
    let body = json!({"id": "evt_1", "type": "verify.attempt", "payload": {"x": text}});
    signed(&ACCOUNT, body.to_string().into_bytes()).http_api_event()
}

/// Status and body of an answer.
async fn send(runtime_api: &RuntimeApi, event: Value) -> (u64, String) {
    match runtime_api.invoke(event).await {
        Invocation::Response(answer) => {
            (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
        }
        Invocation::Error(error) => panic!("{error}"),
    }
}

/// Figures of this metric in each line of metrics.
fn metrics(output: &str, name: &str) -> Vec<u64> {
    let lines = output.lines().filter(|line| line.starts_with(r#"{"_aws""#));
    lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap()[name].as_u64().unwrap_or_default())
        .collect()
}

fn unavailable() -> (u64, String) {
    (503, r#"{"error":"unavailable"}"#.to_owned())
}

fn accepted() -> (u64, String) {
    (200, r#"{"accepted":1}"#.to_owned())
}

#[tokio::test]
async fn a_panic_fails_only_its_own_invocation() {
    if std::env::var_os(ROLE).is_some() {
        return panicking_function().await;
    }
    let (runtime_api, mut process) = start().await;
    for _ in 0..3 {
        assert_eq!(send(&runtime_api, event(MARK)).await, unavailable());
        assert_eq!(send(&runtime_api, event("fine")).await, accepted());
    }
    assert_eq!(process.exit_status(Duration::ZERO).await, None, "the process must continue");
    let output = process.output_containing("\"panicked\"").await;
    assert_eq!(metrics(&output, "PublishFailures"), [1, 0, 1, 0, 1, 0], "{output}");
    assert!(output.contains("\"code\":\"panic\"") && !output.contains(MARK), "{output}");
}

#[tokio::test]
async fn a_panic_while_a_key_set_is_fetched_is_a_failed_fetch() {
    let (runtime_api, process) = start().await;
    assert_eq!(send(&runtime_api, app_batch(["{}"]).http_api_event()).await, unavailable());
    assert_eq!(send(&runtime_api, event("fine")).await, accepted());
    let output = process.output_containing("EventsAccepted").await;
    assert_eq!(metrics(&output, "KeyFetchFailures"), [1, 0], "{output}");
    assert!(!output.contains(MARK));
}

#[tokio::test]
async fn a_panic_outside_of_the_receiver_is_an_error_of_the_invocation() {
    let (runtime_api, process) = start().await;
    let options = crate::support::runtime_api::Options {
        trace_id: Some(MARK.to_owned()),
        ..crate::support::runtime_api::Options::default()
    };
    // API Gateway answers 5xx to an invocation that ended in an error.
    let answer = runtime_api.invoke_with(event("fine"), options).await;
    assert!(matches!(answer, Invocation::Error(_)), "{answer:?}");
    assert_eq!(send(&runtime_api, event("fine")).await, accepted());
    let output = process.output_containing("EventsAccepted").await;
    assert_eq!(metrics(&output, "Deliveries"), [1], "no line for an invocation that failed: {output}");
    assert!(!output.contains(MARK), "{output}");
}

#[test]
fn panics_unwind_in_the_release_binary() {
    let manifest: PathBuf = [env!("CARGO_MANIFEST_DIR"), "Cargo.toml"].iter().collect();
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let (_, profile) = manifest.split_once("[profile.release]\n").unwrap();
    let profile = profile.split("\n[").next().unwrap();
    let strategy = profile.lines().find_map(|line| line.strip_prefix("panic = "));
    assert_eq!(strategy, Some("\"unwind\""), "cargo-lambda sets `abort` without an explicit value");
}
