//! The built function in a separate process, with a stub Runtime API and moto, an independent SQS.
//!
//! `PRELUDE_CLI_TEST_MOTO` names moto's server, such as `http://127.0.0.1:5000`. Without it, these tests report that
//! they are skipped. `.ci/run` starts a server, builds the release binary first, and fails if a test was skipped.

mod deliveries;
mod fifo;
mod sqs;
mod trouble;

use std::collections::BTreeSet;

use prelude_events::{EventType, Source, samples};
use prelude_local::{aws::gateway::Request, prelude::ADDRESSES};
use serde_json::{Value, json};

use crate::support::{
    guard_proxy::GuardProxy,
    keys::pem,
    openssl::{self, sign},
    process::{FunctionProcess, OWN_BINARY, release_binary},
    runtime_api::{Invocation, RuntimeApi},
    stack::{Api, SIGNATURE},
};
use sqs::Moto;

const APP_ID: &str = "demoapp1";
const VERIFICATION_TOKEN: &str = "verification-token-that-is-secret";
const PATH_TOKEN: &str = "path-token-that-is-secret_0123456789";

/// Function's process, between moto's proxy and the Runtime API.
struct Function {
    runtime_api: RuntimeApi,
    process: FunctionProcess,
    proxy: GuardProxy,
    moto: Moto,
}

impl Function {
    /// Starts the function with standard queues. Without moto, reports the skipped test.
    async fn start() -> Option<Self> {
        Self::with_queues("standard").await
    }

    async fn with_queues(queue_type: &str) -> Option<Self> {
        let Ok(url) = std::env::var("PRELUDE_CLI_TEST_MOTO") else {
            prelude_local::coverage::skipped("a test against moto: PRELUDE_CLI_TEST_MOTO is not set");
            return None;
        };
        let binary = release_binary().unwrap_or_else(|_| OWN_BINARY.into());
        println!(
            "{}, signed by {}",
            binary.display(),
            if openssl::is_installed() { "OpenSSL" } else { "rsa" }
        );
        let moto = Moto::start(&url, queue_type).await;
        let proxy = GuardProxy::start(&url).await;
        let runtime_api = RuntimeApi::start().await;
        let apps = json!([{
            "app_id": APP_ID,
            "verification_token": VERIFICATION_TOKEN,
            "public_keys": [pem("app-4096.pub.pem"), pem("app-2048.pub.pem")],
        }]);
        let variables = [
            ("AWS_ENDPOINT_URL_SQS", proxy.endpoint()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("PRELUDE_QUEUE_URL_PREFIX", moto.queue_url_prefix()),
            ("PRELUDE_QUEUE_TYPE", queue_type.to_owned()),
            ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem").replace('\n', "\\n")),
            ("PRELUDE_APPS", apps.to_string()),
            ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1".to_owned()),
            ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let process = FunctionProcess::spawn(&binary, &variables, &runtime_api);
        runtime_api.first_poll().await;
        Some(Self { runtime_api, process, proxy, moto })
    }

    /// Sends a request. Returns the status and the body of the answer.
    async fn send(&self, api: Api, request: &Request) -> (u64, String) {
        match self.runtime_api.invoke(api.event(request)).await {
            Invocation::Response(answer) => {
                let body = answer["body"].as_str().unwrap_or_default().to_owned();
                (answer["statusCode"].as_u64().unwrap(), body)
            }
            Invocation::Error(error) => panic!("{error}"),
        }
    }
}

fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", format!("/webhooks/{PATH_TOKEN}"), ADDRESSES[1]).json(body)
}

fn signed(key: &str, salt_length: &str, body: impl Into<Vec<u8>>) -> Request {
    let body = body.into();
    let signature = sign(key, salt_length, &body);
    post(body).header(SIGNATURE, signature)
}

/// Sample of every type, as its source sends it. Session events come in a batch.
fn samples_of(source: Source) -> Vec<(&'static EventType, &'static str)> {
    let of_source = samples::ALL.iter().filter(|sample| sample.event_type.source() == Some(source));
    of_source.map(|sample| (&sample.event_type, sample.json.trim())).collect()
}

/// Text of a member.
fn text<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_default()
}

fn accepted(count: usize) -> (u64, String) {
    (200, format!(r#"{{"accepted":{count}}}"#))
}

/// Log lines so far as JSON. Checks that none repeats content of a request.
async fn clean_log(function: &Function, last_code: &str) -> Vec<Value> {
    let output = function.process.output_containing(last_code).await;
    for secret in [
        "+33",
        "ada@example.com",
        "Lovelace",
        "203.0.113.42",
        PATH_TOKEN,
        VERIFICATION_TOKEN,
        "rsassa-pss",
        "panic",
    ] {
        assert!(!output.contains(secret), "{secret} is in the log:\n{output}");
    }
    output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn codes(log: &[Value]) -> BTreeSet<&str> {
    log.iter().map(|line| text(line, "code")).collect()
}
