//! Receiver with its queues, and runs of the binary.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use lambda_runtime::Context;
use prelude_cli::demo::setup::{Setup, sample_events};
use prelude_local::env_file::env_file;
use prelude_local::{
    aws::{
        gateway::Request,
        sqs::{EmbeddedSqs, ReceivedMessage, SqsServer},
    },
    prelude::{LocalPrelude, jwks_server::JwksServer},
    receiver::LocalReceiver,
};
use serde_json::Value;

/// Whole stack on loopback, and a file with the receiver's settings.
pub(crate) struct Stack {
    pub(crate) prelude: LocalPrelude,
    pub(crate) setup: Setup,
    pub(crate) sqs: EmbeddedSqs,
    _front: SqsServer,
    pub(crate) key_server: JwksServer,
    pub(crate) receiver: LocalReceiver,
    pub(crate) env_file: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    fifo: bool,
}

impl Stack {
    /// Starts a stack with all queues except those with these slugs.
    pub(crate) async fn without(slugs: &[&str]) -> Self {
        Self::start(slugs, false).await
    }

    pub(crate) async fn start(missing: &[&str], fifo: bool) -> Self {
        let prelude = LocalPrelude::shared().unwrap();
        let setup = Setup::new(sample_events()).unwrap();
        let key_server = JwksServer::start().await.unwrap();
        for app in &prelude.apps {
            key_server.publish(&app.app_id, &app.jwks());
        }
        let suffix = if fifo { ".fifo" } else { "" };
        let is_there = |name: &String| !missing.iter().any(|slug| name.ends_with(slug));
        let names: Vec<_> =
            setup.queue_names().into_iter().filter(is_there).map(|name| name + suffix).collect();
        let sqs = EmbeddedSqs::start(names).await.unwrap();
        // A command reads its queue until it is empty, and no other message is sent meanwhile.
        sqs.service().answer_at_once();
        let front = SqsServer::start(&sqs, 0).await.unwrap();
        let mut environment = setup.environment(&prelude, |app_id| key_server.url(app_id)).unwrap();
        if fifo {
            environment.push(("PRELUDE_QUEUE_TYPE".into(), "fifo".into()));
        }
        let receiver = LocalReceiver::start(environment.clone(), &sqs).unwrap();
        environment.push(("AWS_ENDPOINT_URL_SQS".into(), front.endpoint()));
        let env_file = write_env(&environment);
        Self { prelude, setup, sqs, _front: front, key_server, receiver, env_file, environment, fifo }
    }

    /// Name of a queue.
    pub(crate) fn queue(&self, slug: &str) -> String {
        format!("{}{slug}{}", self.setup.queue_prefix, if self.fifo { ".fifo" } else { "" })
    }

    /// Delivers a body that the account's key signs, and asserts that it is accepted.
    pub(crate) async fn deliver(&self, body: &[u8]) {
        let signature = self.prelude.account_key.sign(body).unwrap();
        self.post(body, signature).await;
    }

    /// Delivers a batch of the first app.
    pub(crate) async fn deliver_batch(&self, events: &[String]) {
        let app = self.prelude.app("app1").unwrap();
        let body = app.batch(events);
        self.post(&body, app.sign(&body).unwrap()).await;
    }

    async fn post(&self, body: &[u8], signature: String) {
        let request = Request::new("POST", self.setup.path(), &self.setup.allowed_address).json(body);
        let event = request.header("X-Webhook-Signature", signature).base64().http_api_event();
        let mut context = Context::default();
        context.request_id = "request-1".into();
        let (answer, log) = self.receiver.invoke(event, context).await;
        assert_eq!(answer.unwrap()["statusCode"], 200, "{log:?}");
    }

    /// Reads a queue and empties it.
    pub(crate) async fn drain(&self, slug: &str) -> Vec<ReceivedMessage> {
        self.sqs.drain(&self.queue(slug)).await.unwrap()
    }

    /// Creates the dead-letter queue of a queue.
    pub(crate) async fn create_with_dead_letters(&self, slug: &str) {
        self.sqs.create_dead_letter_queue(&self.queue(slug)).await.unwrap();
    }

    pub(crate) async fn set_attribute(&self, slug: &str, name: QueueAttributeName, value: &str) {
        let url = EmbeddedSqs::queue_url_prefix(&self.queue(slug));
        self.sqs.client().set_queue_attributes().queue_url(url).attributes(name, value).send().await.unwrap();
    }

    /// Puts a message into a queue, for example in the form of an older receiver.
    pub(crate) async fn put(&self, slug: &str, body: &str, attributes: &[(&str, &str)]) {
        let url = EmbeddedSqs::queue_url_prefix(&self.queue(slug));
        let mut send = self.sqs.client().send_message().queue_url(url).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build();
            send = send.message_attributes(*name, value.unwrap());
        }
        if self.fifo {
            let id = COUNTER.fetch_add(1, Ordering::Relaxed).to_string();
            send = send.message_group_id("group").message_deduplication_id(id);
        }
        send.send().await.unwrap();
    }

    /// Runs the binary with this receiver's settings.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let env_file = self.env_file.to_str().unwrap();
        run(&[arguments, &["--env-file", env_file]].concat(), &[]).await
    }

    /// Runs the binary with `--json`, and parses its output.
    pub(crate) async fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let ran = self.run(&[arguments, &["--json"]].concat()).await;
        let value = serde_json::from_str(&ran.stdout);
        (ran.code, value.unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr)))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        std::fs::remove_file(&self.env_file).ok();
    }
}

static COUNTER: AtomicUsize = AtomicUsize::new(0);

/// Writes a file of variables.
pub(crate) fn write_env(environment: &[(String, String)]) -> PathBuf {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("prelude-operate-{}-{number}.env", std::process::id()));
    std::fs::write(&path, env_file(environment.iter().map(|(name, value)| (name, value)))).unwrap();
    path
}

/// Empty folder, which is removed with all its files.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("prelude-operate-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Result of a run of the binary.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output and standard error.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn assert(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.all());
        for part in parts {
            assert!(self.all().contains(part), "no `{part}` in:\n{}", self.all());
        }
        assert!(!self.all().contains("panicked") && !self.stdout.contains('\u{1b}'), "{}", self.all());
    }
}

/// Command without this machine's settings and credentials.
pub(crate) fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prelude"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    command.envs(variables.iter().copied());
    command
}

pub(crate) async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = command(arguments, variables);
    // The servers of the test must run meanwhile.
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
