//! Delivers the largest requests that Lambda passes on to the release binary, in a separate process.
//!
//! They must be durable in time, within the function's memory, and within its share of a core.
//!
//! `cargo build --release --locked && PRELUDE_CLI_TEST_CASES=full cargo test --test it memory -- --nocapture` prints the
//! table of `docs/reliability.md`.

mod bodies;
mod key_sets;
mod stored;

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};

use prelude_local::{aws::gateway::Request, coverage::cases, http_server::HttpServer};
use serde_json::{Value, json};

use self::{
    bodies::{Body, Signer, bodies},
    stored::recover_all,
};
use crate::support::{
    faults::{
        memory_sqs::{MemorySqs, answer},
        rig::{ACCOUNT, APP, APP_ID, post, signed},
    },
    keys::pem,
    process::{FunctionProcess, release_binary},
    runtime_api::{Invocation, RuntimeApi},
    stack::{PATH_TOKEN, SIGNATURE},
};

/// Memory of the function in the template.
const MEMORY_KB: u64 = 256 * 1024;
/// Limit on an invocation's event, in bytes.
const MAX_EVENT: usize = 6_291_556;
/// Number of bytes that may be left, because some bodies grow by thousands of bytes at a time.
const SLACK: usize = 16 * 1024;
/// Share of a core of a function with 256 MB. 1,769 MB give a whole core.
const SHARE_OF_A_CORE: f64 = 256.0 / 1_769.0;

/// Made once, because filling them to the last bytes is slow.
static BODIES: LazyLock<Vec<Body>> = LazyLock::new(bodies);

/// An SQS and the function, each behind its socket.
struct Function {
    sqs: MemorySqs,
    _server: HttpServer,
    runtime_api: RuntimeApi,
    process: FunctionProcess,
}

impl Function {
    async fn start(binary: &Path, queue_type: &str) -> Self {
        let sqs = MemorySqs::default();
        let served = sqs.clone();
        let server = HttpServer::start(0, move |request| answer(served.clone(), request)).await.unwrap();
        let endpoint = format!("http://{}", server.address());
        let runtime_api = RuntimeApi::start().await;
        let apps = json!([{
            "app_id": APP_ID,
            "verification_token": "t",
            "public_keys": [pem("app-2048.pub.pem")],
        }]);
        let variables = [
            ("AWS_ENDPOINT_URL_SQS", endpoint),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
            ("PRELUDE_QUEUE_TYPE", queue_type.to_owned()),
            ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem")),
            ("PRELUDE_APPS", apps.to_string()),
            ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let process = FunctionProcess::spawn(binary, &variables, &runtime_api);
        runtime_api.first_poll().await;
        Self { sqs, _server: server, runtime_api, process }
    }

    /// Status and body of the answer, and its duration.
    async fn send(&self, event: Value) -> (u64, String, Duration) {
        let start = Instant::now();
        match self.runtime_api.invoke(event).await {
            Invocation::Response(answer) => {
                let body = answer["body"].as_str().unwrap_or_default().to_owned();
                (answer["statusCode"].as_u64().unwrap(), body, start.elapsed())
            }
            Invocation::Error(error) => panic!("{error}"),
        }
    }
}

/// Release binary. Without one, reports the skipped test, because figures of another profile are useless.
fn release() -> Option<PathBuf> {
    release_binary().inspect_err(|problem| prelude_local::coverage::skipped(problem)).ok()
}

fn request(body: &Body) -> Request {
    match body.signer {
        Signer::Account => signed(&ACCOUNT, body.bytes.clone()),
        Signer::App => signed(&APP, body.bytes.clone()),
        Signer::Forger => {
            post(body.bytes.clone()).header(SIGNATURE, ACCOUNT.sign(b"something else").unwrap())
        }
    }
}

#[tokio::test]
async fn the_largest_requests_are_durable_within_memory_and_time() {
    let Some(binary) = release() else { return };
    println!("| request of 6 MB | messages | peak memory | CPU | at 256 MB |\n|---|---:|---:|---:|---:|");
    for body in &*BODIES {
        let function = Function::start(&binary, body.queue_type).await;
        let event = request(body).http_api_event();
        let length = event.to_string().len();
        assert!((MAX_EVENT - SLACK..=MAX_EVENT).contains(&length), "{}: {length} bytes", body.name);
        let before = function.process.cpu_time();
        let (status, answer, took) = function.send(event).await;
        let expected = body.answer();
        assert_eq!((status, answer.as_str()), (expected.0, &*expected.1), "{}", body.name);
        assert!(took < Duration::from_secs(8), "{}: {took:?}", body.name);
        assert_eq!(function.sqs.violations(), Vec::<String>::new(), "{}", body.name);
        let stored = function.sqs.take();
        let messages = stored.len();
        if status == 200 {
            let mut events = body.events();
            events.sort();
            assert!(recover_all(stored) == events, "{}: every event is kept exactly, once", body.name);
        } else {
            assert_eq!(messages, 0, "{}", body.name);
        }
        let cpu = function.process.cpu_time().zip(before).map(|(after, before)| after - before);
        if let (Some(peak), Some(cpu)) = (function.process.peak_memory(), cpu) {
            let share = cpu.div_f64(SHARE_OF_A_CORE);
            let megabytes = peak.div_ceil(1024);
            println!("| {} | {messages} | {megabytes} MB | {cpu:.2?} | {share:.1?} |", body.name);
            assert!(peak < MEMORY_KB, "{}: {peak} kB", body.name);
        }
    }
}

#[tokio::test]
async fn one_process_takes_every_large_request_in_turn() {
    let Some(binary) = release() else { return };
    let function = Function::start(&binary, "standard").await;
    let turns = cases("turns of the largest requests in one process", 1..=2);
    for _ in 0..turns {
        for body in BODIES.iter().filter(|body| body.queue_type == "standard") {
            let (status, _, took) = function.send(request(body).http_api_event()).await;
            assert_eq!(status, body.answer().0, "{}", body.name);
            assert!(took < Duration::from_secs(8), "{}: {took:?}", body.name);
            function.sqs.take();
        }
    }
    if let Some(peak) = function.process.peak_memory() {
        println!("| one process, all of them, {turns} times | | {} MB | | |", peak.div_ceil(1024));
        assert!(peak < MEMORY_KB, "{peak} kB");
    }
}
