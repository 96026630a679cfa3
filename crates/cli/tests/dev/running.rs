//! A running binary.
#![cfg(test)]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use prelude_local::{
    aws::sqs::REGION,
    http_client::{Answer, Client},
    prelude::samples,
};
use serde_json::Value;

const ANY_PORTS: [&str; 8] =
    ["--port", "0", "--inspector-port", "0", "--prelude-port", "0", "--sqs-port", "0"];

/// Process of `prelude dev`, killed when it is dropped.
pub(crate) struct Running {
    process: Child,
    output: BufReader<ChildStdout>,
    /// First line of `--json`.
    pub(crate) ready_line: Value,
    /// Addresses in the first line.
    pub(crate) ready: Value,
}

impl Running {
    /// Starts the process on free ports, with `--json`.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut running = Self::spawn(&[&["--json"], arguments].concat());
        running.ready_line = running.lines(1).remove(0);
        running.ready = running.ready_line["ready"].clone();
        running
    }

    /// Starts the process on free ports, with output for people.
    pub(crate) fn start_plain() -> Self {
        Self::spawn(&[])
    }

    fn spawn(arguments: &[&str]) -> Self {
        let mut process =
            command(&[&["dev"][..], &ANY_PORTS, arguments].concat()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output, ready_line: Value::Null, ready: Value::Null }
    }

    /// Reads the next lines of `--json`.
    pub(crate) fn lines(&mut self, count: usize) -> Vec<Value> {
        let line = |_| {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            serde_json::from_str(&line).unwrap()
        };
        (0..count).map(line).collect()
    }

    /// Reads the output up to the line that contains this text.
    pub(crate) fn read_until(&mut self, wanted: &str) -> String {
        let mut text = String::new();
        while !text.contains(wanted) {
            assert_ne!(self.output.read_line(&mut text).unwrap(), 0, "it ended: {text}");
        }
        text
    }

    /// Sends the request that this API Gateway event describes.
    pub(crate) async fn send(&self, event: &Value) -> Answer {
        let member = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let receiver = self.ready["receiver"].as_str().unwrap();
        let origin = receiver.split("/webhooks").next().unwrap();
        let url = format!("{origin}{}?{}", member("/rawPath"), member("/rawQueryString"));
        let mut headers = HeaderMap::new();
        let source_ip = member("/requestContext/http/sourceIp");
        headers.insert("prelude-dev-source-ip", HeaderValue::from_str(source_ip).unwrap());
        for (name, value) in event["headers"].as_object().unwrap() {
            if name == "content-type" || name.starts_with("x-webhook-") {
                let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
                headers.insert(HeaderName::try_from(name).unwrap(), value);
            }
        }
        let body = if event["isBase64Encoded"] == true {
            base64::engine::general_purpose::STANDARD.decode(member("/body")).unwrap()
        } else {
            member("/body").as_bytes().to_vec()
        };
        let method = Method::from_bytes(member("/requestContext/http/method").as_bytes()).unwrap();
        Client::new().unwrap().send(method, &url, headers, body).await.unwrap()
    }

    /// Client of the queues, over the socket.
    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::from_conf(
            aws_sdk_sqs::Config::builder()
                .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
                .region(aws_sdk_sqs::config::Region::new(REGION))
                .endpoint_url(self.ready["sqs"].as_str().unwrap())
                .credentials_provider(aws_sdk_sqs::config::Credentials::new("a", "b", None, None, "test"))
                .build(),
        )
    }

    /// Sends a `GET` request to any URL.
    pub(crate) async fn get(&self, url: &str) -> Answer {
        Client::new().unwrap().send(Method::GET, url, HeaderMap::new(), "").await.unwrap()
    }

    /// Sends SIGTERM, and returns the exit code.
    pub(crate) fn stop(&mut self) -> i32 {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.process.wait().unwrap().code().unwrap()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended before.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Samples that must be answered with 200, with their file names.
pub(crate) fn accepted_samples() -> impl Iterator<Item = (String, Value)> {
    let files = samples::files().unwrap().into_iter();
    let invocations = files.filter(|file| file.path.ends_with(".json") && file.path != "env.json");
    let accepted = invocations.filter(|file| !file.path.starts_with("rejected/"));
    accepted.map(|file| (file.path, serde_json::from_str(&file.text).unwrap()))
}

/// Runs a command to its end.
pub(crate) fn prelude(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs a script of the documentation or the page in a folder. `cargo prelude` is the built binary.
pub(crate) fn shell(script: &str, folder: &Path) -> Output {
    let script = script.replace("cargo prelude", env!("CARGO_BIN_EXE_prelude"));
    clean("sh").args(["-ec", &script]).current_dir(folder).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_prelude"));
    command.args(arguments);
    command
}

/// Command without the variables of the project that the developer's shell may have set.
fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove("NO_COLOR");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PRELUDE_")) {
        command.env_remove(name);
    }
    command
}

/// Creates a temporary folder.
pub(crate) fn scratch() -> PathBuf {
    let name = format!("prelude-dev-{}-{:x}", std::process::id(), getrandom::u64().unwrap());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).unwrap();
    folder
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
