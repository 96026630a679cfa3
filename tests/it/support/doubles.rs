//! Hand-written doubles behind the receiver's two ports, and a receiver on them: for time, which real sockets spoil.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use lambda_runtime::{Context, LambdaEvent};
use prelude_cli::local::{
    gateway::Request,
    prelude::{ADDRESSES, PreludeKey, batch},
};
use prelude_webhooks::{
    authenticate::keys::cache::{FetchError, FetchKeySet},
    config::Config,
    lambda::{Handler, Invocation},
    publish::{Acknowledgement, SendBatch, failure::CallFailure, message::Message},
    receiver::Receiver,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::{
    keys::{pem, private_key},
    stack::{SIGNATURE, context},
};

/// The app whose key [`Rig`] knows.
pub(crate) const APP_ID: &str = "demoapp1";

/// How long something takes; `None` is for ever.
pub(crate) type Takes = Option<Duration>;

type TakesForCall = dyn Fn(usize, &str) -> Takes + Send + Sync;

/// An SQS that takes everything, each call in its time.
#[derive(Clone)]
pub(crate) struct SlowSqs(Arc<SlowSqsState>);

struct SlowSqsState {
    calls: AtomicUsize,
    taken: AtomicUsize,
    takes: Box<TakesForCall>,
}

impl SlowSqs {
    /// `takes` says how long the call takes that comes after this many others, to the queue of this name.
    pub(crate) fn new(takes: impl Fn(usize, &str) -> Takes + Send + Sync + 'static) -> Self {
        let (calls, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self(Arc::new(SlowSqsState { calls, taken, takes: Box::new(takes) }))
    }

    /// How many messages are durable.
    pub(crate) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }
}

impl SendBatch for SlowSqs {
    async fn send_batch(
        &self,
        queue_url: &str,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, CallFailure> {
        let call = self.0.calls.fetch_add(1, Ordering::Relaxed);
        wait((self.0.takes)(call, queue_url.rsplit('/').next().unwrap())).await;
        self.0.taken.fetch_add(messages.len(), Ordering::Relaxed);
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}

/// A key server whose every answer takes its time.
#[derive(Clone)]
pub(crate) struct SlowKeyServer {
    document: Bytes,
    takes: Takes,
    asked: Arc<Mutex<Vec<String>>>,
}

impl SlowKeyServer {
    pub(crate) fn new(takes: Takes) -> Self {
        let document = json!({"keys": [private_key("app-2048", "app").jwk()]}).to_string().into();
        Self { document, takes, asked: Arc::default() }
    }

    /// Every URL that was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl FetchKeySet for SlowKeyServer {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        self.asked.lock().unwrap().push(url.to_owned());
        wait(self.takes).await;
        Ok(self.document.clone())
    }
}

async fn wait(takes: Takes) {
    match takes {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The function on the doubles, with the account's key and [`APP_ID`], whose keys the key server has.
pub(crate) struct Rig {
    handler: Handler<SlowKeyServer, SlowSqs>,
    account: PreludeKey,
    app: PreludeKey,
}

impl Rig {
    /// Starts cold: the first request fetches the key set.
    pub(crate) fn start(keys: &SlowKeyServer, sqs: &SlowSqs, initialization: Duration) -> Self {
        Self::with(keys, sqs, initialization, &[])
    }

    /// [`start`](Self::start) with further variables.
    pub(crate) fn with(
        keys: &SlowKeyServer,
        sqs: &SlowSqs,
        initialization: Duration,
        variables: &[(&str, &str)],
    ) -> Self {
        let usual = [
            ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
            ("PRELUDE_APPS", json!([{"app_id": APP_ID, "verification_token": "t"}]).to_string()),
            ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem")),
        ];
        let more = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let variables: std::collections::BTreeMap<_, _> = usual.into_iter().chain(more).collect();
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Some(value)));
        let config = Config::read(variables, |path| std::fs::read_to_string(path)).unwrap();
        let receiver = Receiver::new(config, keys.clone(), sqs.clone());
        Self {
            handler: Handler::new(receiver, initialization),
            account: private_key("account-2048", "account"),
            app: private_key("app-2048", "app"),
        }
    }

    /// A batch of the app.
    pub(crate) fn batch(&self, events: impl IntoIterator<Item = impl AsRef<str>>) -> Request {
        signed(&self.app, batch(APP_ID, events))
    }

    /// An event that the account signed.
    pub(crate) fn attempt(&self) -> Request {
        signed(&self.account, br#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#.to_vec())
    }

    /// Status of the answer, and how long it took.
    pub(crate) async fn send(&self, request: &Request) -> (u64, Duration) {
        self.send_in(request, context()).await
    }

    /// [`send`](Self::send) with another deadline.
    pub(crate) async fn send_in(&self, request: &Request, context: Context) -> (u64, Duration) {
        let payload: Invocation = serde_json::from_str(&request.http_api_event().to_string()).unwrap();
        let start = Instant::now();
        let response = self.handler.handle(LambdaEvent { payload, context }).await.unwrap();
        let took = start.elapsed();
        let response: Value = serde_json::to_value(response).unwrap();
        (response["statusCode"].as_u64().unwrap(), took)
    }
}

fn signed(key: &PreludeKey, body: Vec<u8>) -> Request {
    let signature = key.sign(&body).unwrap();
    Request::new("POST", "/webhooks", ADDRESSES[0]).json(body).header(SIGNATURE, signature)
}
