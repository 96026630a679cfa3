//! Receiver that reaches the queues of a running stack over the wire.

use aws_sdk_sqs::Client;
use lambda_runtime::{Context, LambdaEvent};
use prelude_local::{
    aws::{gateway::Request, guard::wire::BatchRequest, sqs::EmbeddedSqs},
    prelude::{LocalPrelude, SessionApp},
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

use super::{Fate, Wire};
use crate::support::stack::{PATH_TOKEN, QUEUE_PREFIX, Stack, context};

/// Receiver that reaches the queues of a [`Stack`] over a [`Wire`].
pub(crate) struct Wired {
    handler: Handler<HttpsKeySets, SqsSender>,
    wire: Wire,
}

impl Wired {
    /// Receiver with the stack's keys, all of them pinned, and standard queues.
    pub(crate) fn start(
        stack: &Stack,
        judge: impl Fn(usize, &BatchRequest) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let wire = Wire::to_embedded(stack.sqs.http_client(), judge);
        let settings = stack.sqs.client().config().to_builder().http_client(wire.clone());
        Self { handler: handler(stack, settings), wire }
    }

    /// Receiver whose SQS listens at this URL, over the SDK's own HTTP client.
    pub(crate) fn at(stack: &Stack, endpoint: &str) -> Self {
        let mut settings = stack.sqs.client().config().to_builder().endpoint_url(endpoint);
        settings.set_http_client(None);
        let unused = Wire::to_embedded(stack.sqs.http_client(), |_, _| Fate::Pass);
        Self { handler: handler(stack, settings), wire: unused }
    }

    /// Sends a request through an HTTP API. Returns the status and the body of the answer.
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

    /// Number of calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.wire.ledger().calls()
    }

    /// Largest number of calls in flight at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.wire.most_at_once()
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

/// `PRELUDE_APPS` with the apps' keys, so that nothing is fetched. A stopped clock does not work with real sockets.
pub(crate) fn pinned_apps(prelude: &LocalPrelude) -> String {
    let app = |app: &SessionApp| {
        let keys: Vec<_> = app.keys.iter().map(|key| key.public_key_pem().unwrap()).collect();
        json!({"app_id": app.app_id, "verification_token": app.verification_token, "public_keys": keys})
    };
    Value::from_iter(prelude.apps.iter().map(app)).to_string()
}
