//! The receiver between a stand-in for Prelude and an embedded SQS. Most tests use this stack.

mod gateway;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

use lambda_runtime::Context;
use prelude_events::EventType;
use prelude_local::{
    aws::{
        gateway::Request,
        sqs::{EmbeddedSqs, ReceivedMessage},
    },
    prelude::{ADDRESSES, LocalPrelude, PreludeKey, SessionApp, jwks_server::JwksServer},
    receiver::LocalReceiver,
};
use prelude_webhooks::config::Config;
use serde_json::{Value, json};

pub(crate) use self::gateway::{Answer, Api};

/// Prefix of every queue's name.
pub(crate) const QUEUE_PREFIX: &str = "prelude-webhooks-";
/// Secret last segment of the path.
pub(crate) const PATH_TOKEN: &str = "test-path-token_0123456789abcdef";
/// Address on the receiver's list.
pub(crate) const LISTED_ADDRESS: &str = ADDRESSES[0];
/// Address that is not on the receiver's list.
pub(crate) const FOREIGN_ADDRESS: &str = "198.51.100.7";
/// Request id of every invocation with the usual context.
pub(crate) const REQUEST_ID: &str = "8f507cfc-0000-4000-8000-000000000001";
/// Header with the signature.
pub(crate) const SIGNATURE: &str = "X-Webhook-Signature";

/// Stack before its start: change the settings under test, then [`start`](Self::start) it.
pub(crate) struct Setup {
    /// Account with the apps `app1` and `app2`. `jwks` serves each app's key set.
    pub(crate) prelude: LocalPrelude,
    pub(crate) jwks: JwksServer,
    /// Slugs of the queues to create; at first every slug.
    pub(crate) slugs: BTreeSet<String>,
    variables: BTreeMap<String, String>,
}

impl Setup {
    /// Usual configuration: two apps, the account's key, `verify_v1` unsigned, addresses enforced, a path token, metrics.
    pub(crate) async fn new() -> Self {
        let prelude = prelude().clone();
        let jwks = JwksServer::start().await.unwrap();
        for app in &prelude.apps {
            jwks.publish(&app.app_id, &app.jwks());
        }
        let slugs = EventType::ALL.iter().map(|event_type| event_type.queue_slug().unwrap().to_owned());
        let slugs = slugs.chain(["unrouted".to_owned()]).collect();
        let apps: Vec<_> = prelude.apps.iter().map(|app| app_entry(app, &jwks)).collect();
        let account_key = prelude.account_key.public_key_pem().unwrap();
        let setup = Self { prelude, jwks, slugs, variables: BTreeMap::new() };
        setup
            .set("PRELUDE_QUEUE_URL_PREFIX", EmbeddedSqs::queue_url_prefix(QUEUE_PREFIX))
            .set("PRELUDE_APPS", json!(apps).to_string())
            .set("PRELUDE_PUBLIC_KEYS", account_key)
            .set("PRELUDE_ACCEPT_UNSIGNED", "verify_v1")
            .set("PRELUDE_PATH_TOKEN", PATH_TOKEN)
            .set("PRELUDE_METRICS", "emf")
    }

    /// Sets or replaces a variable of the receiver. `PRELUDE_QUEUE_TYPE=fifo` also makes the queues FIFO.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a variable.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Omits a queue.
    pub(crate) fn without_queue(mut self, slug: &str) -> Self {
        assert!(self.slugs.remove(slug), "{slug} is not a queue");
        self
    }

    /// Variables of the receiver.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    /// Creates the queues and starts the receiver.
    pub(crate) async fn start(self) -> Stack {
        let Self { prelude, jwks, slugs, variables } = self;
        let fifo = variables.get("PRELUDE_QUEUE_TYPE").is_some_and(|kind| kind == "fifo");
        let queue_suffix = if fifo { ".fifo" } else { "" };
        let has_token = variables.contains_key("PRELUDE_PATH_TOKEN");
        let names = slugs.iter().map(|slug| format!("{QUEUE_PREFIX}{slug}{queue_suffix}"));
        let sqs = EmbeddedSqs::start(names).await.unwrap();
        let metrics = MetricLines::default();
        let variables = variables.into_iter().map(|(name, value)| (name, Some(value)));
        let config = Config::read(variables, |path| std::fs::read_to_string(path)).unwrap();
        let receiver = LocalReceiver::with_metrics(config, sqs.client().config(), metrics.sink());
        let path = if has_token { format!("/webhooks/{PATH_TOKEN}") } else { "/webhooks".to_owned() };
        Stack { prelude, jwks, sqs, receiver, metrics, path, slugs, queue_suffix }
    }
}

/// Account that all tests share. Generating its keys is slow, so parallel tests wait for one generation.
pub(crate) fn prelude() -> &'static LocalPrelude {
    static PRELUDE: OnceLock<LocalPrelude> = OnceLock::new();
    PRELUDE.get_or_init(|| LocalPrelude::shared().unwrap())
}

/// Entry of `PRELUDE_APPS` for an app whose key set `jwks` serves.
pub(crate) fn app_entry(app: &SessionApp, jwks: &JwksServer) -> Value {
    let (app_id, token) = (&app.app_id, &app.verification_token);
    json!({"app_id": app_id, "verification_token": token, "jwks_url": jwks.url(app_id)})
}

/// Running stack.
pub(crate) struct Stack {
    pub(crate) prelude: LocalPrelude,
    pub(crate) jwks: JwksServer,
    pub(crate) sqs: EmbeddedSqs,
    pub(crate) receiver: LocalReceiver,
    metrics: MetricLines,
    /// Path of the endpoint.
    pub(crate) path: String,
    slugs: BTreeSet<String>,
    queue_suffix: &'static str,
}

impl Stack {
    /// Usual stack, with its key sets.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Usual stack, with its key sets and other values for these variables. An empty value unsets a variable.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let mut setup = Setup::new().await;
        for (name, value) in variables {
            setup = if value.is_empty() { setup.unset(name) } else { setup.set(name, *value) };
        }
        let stack = setup.start().await;
        stack.await_key_sets().await;
        stack
    }

    /// Waits for the fetches of the start, through a forged body that claims each app.
    pub(crate) async fn await_key_sets(&self) {
        for app in &self.prelude.apps {
            let forged = app.keys[0].sign(b"another body").unwrap();
            let answer = self.send(&self.post(app.batch(["{}"])).header(SIGNATURE, forged)).await;
            assert!((401..=404).contains(&answer.status), "{answer:?}");
        }
    }

    /// App of the account with this id.
    pub(crate) fn app(&self, app_id: &str) -> &SessionApp {
        self.prelude.app(app_id).unwrap()
    }

    /// Unsigned POST to the right path from a listed address.
    pub(crate) fn post(&self, body: impl Into<Vec<u8>>) -> Request {
        Request::new("POST", &self.path, LISTED_ADDRESS).json(body)
    }

    /// POST signed with the account's key.
    pub(crate) fn signed(&self, body: impl Into<Vec<u8>>) -> Request {
        self.signed_by(&self.prelude.account_key, body)
    }

    /// POST signed with this key.
    pub(crate) fn signed_by(&self, key: &PreludeKey, body: impl Into<Vec<u8>>) -> Request {
        let body = body.into();
        let signature = key.sign(&body).unwrap();
        self.post(body).header(SIGNATURE, signature)
    }

    /// Batch of an app, signed with its key.
    pub(crate) fn batch(&self, app_id: &str, events: impl IntoIterator<Item = impl AsRef<str>>) -> Request {
        let app = self.app(app_id);
        self.signed_by(&app.keys[0], app.batch(events))
    }

    /// Activation of an app, by a GET from a listed address.
    pub(crate) fn activation(&self, app_id: &str, challenge: &str) -> Request {
        let query = self.app(app_id).activation_query(challenge);
        Request::new("GET", &self.path, LISTED_ADDRESS).query(query)
    }

    /// Sends a request through an HTTP API.
    pub(crate) async fn send(&self, request: &Request) -> Answer {
        self.send_through(Api::Http, request).await
    }

    /// Sends a request through an API of the given kind.
    pub(crate) async fn send_through(&self, api: Api, request: &Request) -> Answer {
        self.invoke(api.event(request)).await
    }

    /// Invokes the function with any event that it accepts.
    pub(crate) async fn invoke(&self, event: Value) -> Answer {
        self.invoke_in(event, context()).await
    }

    /// [`invoke`](Self::invoke) with another deadline, request id or trace id.
    pub(crate) async fn invoke_in(&self, event: Value, context: Context) -> Answer {
        let (response, log) = self.receiver.invoke(event, context).await;
        Answer::new(&response.unwrap(), log, self.metrics.take())
    }

    /// Name of the queue with this slug.
    pub(crate) fn queue(&self, slug: &str) -> String {
        format!("{QUEUE_PREFIX}{slug}{}", self.queue_suffix)
    }

    /// Receives and deletes every message of a queue.
    pub(crate) async fn drain(&self, slug: &str) -> Vec<ReceivedMessage> {
        self.sqs.drain(&self.queue(slug)).await.unwrap()
    }

    /// Receives and deletes every message of the parking queue.
    pub(crate) async fn parked(&self) -> Vec<ReceivedMessage> {
        self.drain("unrouted").await
    }

    /// Receives and deletes every message of all queues, by slug. Omits queues without a message.
    pub(crate) async fn drain_all(&self) -> BTreeMap<String, Vec<ReceivedMessage>> {
        let mut all = BTreeMap::new();
        for slug in &self.slugs {
            let messages = self.drain(slug).await;
            if !messages.is_empty() {
                all.insert(slug.clone(), messages);
            }
        }
        all
    }

    /// Number of messages that SQS accepted so far, drained or not.
    pub(crate) fn taken(&self) -> usize {
        self.sqs.recorded().len()
    }
}

/// Lines of metrics that were not taken yet. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct MetricLines(Arc<Mutex<Vec<Value>>>);

impl MetricLines {
    /// Sink for a receiver. Requires one JSON object in each line.
    pub(crate) fn sink(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let lines = self.clone();
        move |line| {
            let object = line.strip_suffix('\n').filter(|line| line.starts_with('{') && line.ends_with('}'));
            assert!(!object.unwrap().contains('\n'), "{line:?}");
            lines.0.lock().unwrap().push(serde_json::from_str(line).unwrap());
        }
    }

    /// Removes and returns the lines.
    pub(crate) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Usual context: [`REQUEST_ID`], without a deadline or a trace.
pub(crate) fn context() -> Context {
    let mut context = Context::default();
    REQUEST_ID.clone_into(&mut context.request_id);
    context
}
