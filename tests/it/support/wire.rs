//! The wire between the real SDK and the embedded SQS, on which calls are refused, cut, lost and changed.
//!
//! [`Fault`](prelude_cli::local::faults::Fault) asks SQS itself for faults; this asks for those of the way there and
//! back, and for refusals that depend on what a call holds.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_sqs::{Client, config::SharedHttpClient};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use lambda_runtime::{Context, LambdaEvent};
use prelude_cli::local::{
    gateway::Request,
    guard::wire::BatchRequest,
    prelude::{LocalPrelude, SessionApp},
    sqs::EmbeddedSqs,
};
use prelude_webhooks::{
    authenticate::keys::https::HttpsKeySets,
    config::Config,
    lambda::{Handler, Invocation},
    publish::sqs::{SqsSender, with_limits},
    receiver::Receiver,
};
use serde_json::{Value, json};
use tokio::time::Duration;

use super::stack::{PATH_TOKEN, QUEUE_PREFIX, Stack, context};

/// What becomes of one `SendMessageBatch` call.
pub(crate) enum Fate {
    /// SQS gets it, and its answer arrives.
    Pass,
    /// The answer is this status and error code, and SQS never hears of it.
    Refuse(u16, &'static str),
    /// The connection breaks before SQS hears of it.
    Cut,
    /// SQS stores it, and the connection breaks before the answer arrives.
    LoseAnswer,
    /// SQS stores it, and its answer arrives changed.
    Edit(fn(&mut Value)),
    /// SQS stores it, and what arrives is a 200 with this text.
    Replace(&'static str),
}

/// Decides about a call: how many came before it, and what it holds.
type Judge = dyn Fn(usize, &BatchRequest) -> Fate + Send + Sync;

/// A receiver that reaches the queues of a [`Stack`] over such a wire.
pub(crate) struct Wired {
    handler: Handler<HttpsKeySets, SqsSender>,
    load: Arc<Load>,
}

/// How many calls there were, and how many at the same time.
#[derive(Default)]
struct Load {
    calls: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Wired {
    /// A receiver with the stack's keys, all of them pinned, and standard queues.
    pub(crate) fn start(
        stack: &Stack,
        judge: impl Fn(usize, &BatchRequest) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let load = Arc::<Load>::default();
        let wire = Wire { sqs: stack.sqs.http_client(), judge: Arc::new(judge), load: Arc::clone(&load) };
        let settings = stack.sqs.client().config().to_builder().http_client(wire);
        Self { handler: handler(stack, settings), load }
    }

    /// A receiver whose SQS is whatever listens at this URL, over the SDK's own HTTP client.
    pub(crate) fn at(stack: &Stack, endpoint: &str) -> Self {
        let mut settings = stack.sqs.client().config().to_builder().endpoint_url(endpoint);
        settings.set_http_client(None);
        Self { handler: handler(stack, settings), load: Arc::default() }
    }

    /// Sends a request through an HTTP API; status and body of the answer.
    pub(crate) async fn send(&self, request: &Request) -> (u16, String) {
        self.send_in(request, context()).await
    }

    /// [`send`](Self::send) with another deadline.
    pub(crate) async fn send_in(&self, request: &Request, context: Context) -> (u16, String) {
        let payload: Invocation = serde_json::from_str(&request.http_api_event().to_string()).unwrap();
        let response = self.handler.handle(LambdaEvent { payload, context }).await.unwrap();
        let response = serde_json::to_value(response).unwrap();
        let status = response["statusCode"].as_u64().unwrap().try_into().unwrap();
        (status, response["body"].as_str().unwrap().to_owned())
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.load.calls.load(Ordering::Relaxed)
    }

    /// How many calls were under way at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.load.most.load(Ordering::Relaxed)
    }
}

fn handler(stack: &Stack, settings: aws_sdk_sqs::config::Builder) -> Handler<HttpsKeySets, SqsSender> {
    let sender = SqsSender::new(Client::from_conf(with_limits(settings).build()));
    let variables = variables(stack).into_iter().map(|(name, value)| (name.to_owned(), Some(value)));
    let config = Config::read(variables, |path| std::fs::read_to_string(path)).unwrap();
    Handler::new(Receiver::new(config, HttpsKeySets::default(), sender), Duration::ZERO)
}

fn variables(stack: &Stack) -> [(&'static str, String); 4] {
    [
        ("PRELUDE_QUEUE_URL_PREFIX", EmbeddedSqs::queue_url_prefix(QUEUE_PREFIX)),
        ("PRELUDE_APPS", pinned_apps(&stack.prelude)),
        ("PRELUDE_PUBLIC_KEYS", stack.prelude.account_key.public_key_pem().unwrap()),
        ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
    ]
}

/// `PRELUDE_APPS` with the apps' keys, so that nothing is fetched: a stopped clock and real sockets do not go together.
pub(crate) fn pinned_apps(prelude: &LocalPrelude) -> String {
    let app = |app: &SessionApp| {
        let keys: Vec<_> = app.keys.iter().map(|key| key.public_key_pem().unwrap()).collect();
        json!({"app_id": app.app_id, "verification_token": app.verification_token, "public_keys": keys})
    };
    Value::from_iter(prelude.apps.iter().map(app)).to_string()
}

#[derive(Clone)]
struct Wire {
    sqs: SharedHttpClient,
    judge: Arc<Judge>,
    load: Arc<Load>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let sqs = self.sqs.http_connector(settings, components);
        SharedHttpConnector::new(Connected { sqs, wire: self.clone() })
    }
}

#[derive(Debug)]
struct Connected {
    sqs: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Connected {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (sqs, load) = (self.sqs.clone(), Arc::clone(&self.wire.load));
        let batch: BatchRequest = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let fate = (self.wire.judge)(load.calls.fetch_add(1, Ordering::Relaxed), &batch);
        HttpConnectorFuture::new(async move {
            let now = load.now.fetch_add(1, Ordering::Relaxed) + 1;
            load.most.fetch_max(now, Ordering::Relaxed);
            let answer = conduct(fate, &sqs, request).await;
            load.now.fetch_sub(1, Ordering::Relaxed);
            answer
        })
    }
}

async fn conduct(
    fate: Fate,
    sqs: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let broken = || ConnectorError::io("connection reset by peer".into());
    match fate {
        Fate::Cut => return Err(broken()),
        Fate::Refuse(status, code) => return Ok(refusal(status, code)),
        _ => {}
    }
    let mut answer = sqs.call(request).await?;
    match fate {
        Fate::LoseAnswer => return Err(broken()),
        Fate::Edit(edit) => {
            let mut body = serde_json::from_slice(answer.body().bytes().unwrap()).unwrap();
            edit(&mut body);
            *answer.body_mut() = SdkBody::from(body.to_string());
        }
        Fate::Replace(text) => *answer.body_mut() = SdkBody::from(text),
        Fate::Pass | Fate::Cut | Fate::Refuse(..) => {}
    }
    Ok(answer)
}

/// An error as SQS answers it; the SDK reads the code from the header.
fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "refused on the way"});
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
    answer.headers_mut().insert("x-amzn-query-error", format!("{code};Sender"));
    answer
}
