//! Start of the built process: its settings, its errors, and its fetches of key sets over HTTPS.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use prelude_local::prelude::jwks_server::{JwksFault, JwksServer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

use crate::support::{
    keys::{pem, private_key},
    openssl::{self, TlsServer},
    process::FunctionProcess,
    runtime_api::RuntimeApi,
};

const BINARY: &str = env!("CARGO_BIN_EXE_prelude-webhooks");

#[test]
fn a_start_outside_lambda_fails_with_one_sentence_that_names_the_demo() {
    for variables in [&[][..], &[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")], &[("PRELUDE_NONSENSE", "1")]] {
        let mut command = Command::new(BINARY);
        let output =
            command.env_clear().envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(output.stdout, b"");
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(sentence.matches('\n').count(), 1, "{sentence}");
        assert!(sentence.ends_with(".\n") && sentence.contains("cargo demo"), "{sentence}");
        assert!(sentence.contains("not Lambda") && !sentence.contains("panic"), "{sentence}");
    }
}

#[tokio::test]
async fn a_bad_configuration_fails_the_start_and_names_every_variable() {
    let runtime_api = RuntimeApi::start().await;
    let variables = [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("PRELUDE_QUEUE_TYPE", "lifo"),
        ("PRELUDE_ROUTES", "[]"),
        ("PRELUDE_APPS", r#"[{"app_id":"a b","verification_token":"secret-token"}]"#),
        ("PRELUDE_PUBLIC_KEYS", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"),
        ("PRELUDE_ACCEPT_UNSIGNED", "session"),
        ("PRELUDE_ALLOWED_IPS", "localhost"),
        ("PRELUDE_IP_CHECK", "sometimes"),
        ("PRELUDE_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("PRELUDE_PATH_TOKEN", "sec/ret"),
        ("PRELUDE_CONFIG_FILE", "/nowhere/prelude.json"),
        ("PRELUDE_CHALLENGE_RESPONSE", "text"),
        ("PRELUDE_JWKS_TTL_SECONDS", "0"),
        ("PRELUDE_METRICS", "on"),
        ("AWS_LAMBDA_MAX_CONCURRENCY", "2"),
        ("PRELUDE_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
    ];
    let env = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut process = FunctionProcess::spawn(Path::new(BINARY), &env, &runtime_api);
    let status = process.exit_status(Duration::from_secs(20)).await.expect("the process ends");
    assert!(!status.success());
    assert_eq!(runtime_api.init_error(), None, "only the log mentions settings");
    let output = process.output();
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut named: Vec<_> = lines
        .iter()
        .filter(|line| line["code"] == "bad_configuration" && line["level"] == "ERROR")
        .map(|line| line["variable"].as_str().unwrap())
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut expected: Vec<_> = variables.iter().map(|(name, _)| *name).skip(1).collect();
    expected.push("PRELUDE_QUEUE_URL_PREFIX");
    expected.sort_unstable();
    assert_eq!(named, expected, "{output}");
    for secret in ["secret-token", "c2VjcmV0", "sec/ret"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn a_start_with_more_than_one_invocation_at_a_time_is_refused() {
    let pinned =
        json!([{"app_id": "demoapp1", "verification_token": "t", "public_keys": [pem("app-2048.pub.pem")]}]);
    let pinned = pinned.to_string();
    for (limit, is_good) in
        [("1", true), ("", true), ("2", false), ("64", false), ("0", false), ("many", false)]
    {
        let runtime_api = RuntimeApi::start().await;
        let more = [("PRELUDE_APPS", pinned.as_str()), ("AWS_LAMBDA_MAX_CONCURRENCY", limit)];
        let mut process = spawn("https://localhost/", &more, &runtime_api);
        if is_good {
            runtime_api.first_poll().await;
            assert!(!process.output().contains("bad_configuration"), "{}", process.output());
            continue;
        }
        let status = process.exit_status(Duration::from_secs(20)).await.expect("the process ends");
        assert!(!status.success());
        let line: Value = serde_json::from_str(process.output().trim()).expect("one line");
        assert_eq!(line["code"], "bad_configuration", "{line}");
        assert_eq!(line["variable"], "AWS_LAMBDA_MAX_CONCURRENCY", "{line}");
        let text = line["message"].as_str().unwrap();
        assert!(text.starts_with("AWS_LAMBDA_MAX_CONCURRENCY is ") && text.contains("expected 1"), "{text}");
    }
}

#[tokio::test]
async fn a_panic_of_the_runtime_is_not_reported_as_an_unreachable_one() {
    let runtime_api = RuntimeApi::start().await;
    let memory = [("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "many")];
    let mut process = spawn("https://localhost/", &memory, &runtime_api);
    let status = process.exit_status(Duration::from_secs(20)).await.expect("the process ends");
    assert!(!status.success());
    let output = process.output();
    assert!(output.contains(r#""code":"panic""#) && !output.contains("runtime_failed"), "{output}");
}

/// Starts the function with one app whose key set is at this URL.
fn spawn(jwks_url: &str, more: &[(&str, &str)], runtime_api: &RuntimeApi) -> FunctionProcess {
    let apps = json!([{"app_id": "demoapp1", "verification_token": "t", "jwks_url": jwks_url}]).to_string();
    let usual = [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("PRELUDE_APPS", &apps),
        ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-"),
    ];
    let all = usual.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    FunctionProcess::spawn(Path::new(BINARY), &all.collect::<Vec<_>>(), runtime_api)
}

#[tokio::test]
async fn the_first_poll_does_not_wait_for_a_key_set() {
    let jwks = JwksServer::start().await.unwrap();
    jwks.publish("demoapp1", &json!({"keys": [private_key("app-2048", "app").jwk()]}));
    jwks.set_fault("demoapp1", JwksFault::Delay(Duration::from_millis(1_500)));
    let runtime_api = RuntimeApi::start().await;
    let start = Instant::now();
    let process = spawn(&jwks.url("demoapp1"), &[], &runtime_api);
    let polled = runtime_api.first_poll().await;
    assert!(polled - start < Duration::from_millis(1_400), "{:?}", polled - start);
    assert!(!process.output().contains("keys_fetched"));
    process.output_containing("keys_fetched").await;
    assert_eq!(jwks.requests("demoapp1"), 1);
}

#[tokio::test]
async fn a_key_set_request_names_its_client_and_its_media_type() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let runtime_api = RuntimeApi::start().await;
    let _process = spawn(&format!("http://{address}/jwks.json"), &[], &runtime_api);
    let asked = async {
        let (connection, _) = listener.accept().await.unwrap();
        let mut lines = BufReader::new(connection).lines();
        let mut head = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap().filter(|line| !line.is_empty()) {
            head.push(line.to_ascii_lowercase());
        }
        head
    };
    let mut head = tokio::time::timeout(Duration::from_secs(20), asked)
        .await
        .expect("the function requests the key set");
    assert_eq!(head.remove(0), "get /jwks.json http/1.1");
    head.sort();
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        "accept: application/json".to_owned(),
        format!("host: {address}"),
        format!("user-agent: prelude-webhooks/{version}"),
    ];
    assert_eq!(head, expected);
}

#[tokio::test]
async fn key_sets_come_over_https_only_from_trusted_servers() {
    if !openssl::is_installed() {
        return prelude_local::coverage::skipped(
            "key sets over HTTPS: openssl, which serves them, is not installed",
        );
    }
    let key_set = json!({"keys": [private_key("app-2048", "app").jwk()]}).to_string();
    let server = TlsServer::start("jwks.json", &key_set).await;
    let trusted = ("SSL_CERT_FILE", server.certificate().to_owned());
    for (url, is_trusted, log) in [
        (server.url("localhost"), true, "keys_fetched"),
        (server.url("localhost"), false, "keys_fetch_failed"),
        // The certificate has another name.
        (server.url("127.0.0.1"), true, "keys_fetch_failed"),
    ] {
        let runtime_api = RuntimeApi::start().await;
        let more = is_trusted.then_some((trusted.0, trusted.1.as_str()));
        let process = spawn(&url, more.as_slice(), &runtime_api);
        let output = process.output_containing("\"code\":\"keys_fetch").await;
        assert!(output.contains(&format!("\"{log}\"")), "{url}, {is_trusted}: {output}");
        assert!(is_trusted && log == "keys_fetched" || output.contains("\"unreachable\""), "{output}");
    }
}
