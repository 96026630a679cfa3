//! Three configurations of the receiver, and the facts about each that the checks need.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use prelude_events::Source;
use prelude_webhooks::{
    authenticate::{FetchError, FetchKeySet},
    config::Config,
    lambda::{Handler, Invocation, Response},
    receiver::Receiver,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{runtime::Runtime, time::Duration};

use super::{
    request::Case,
    sqs::{Sent, Sqs},
};
use crate::keys::{ACCOUNT, APP, Key, SECOND_APP};

/// Receiver, started once. Its clock jumps to the end of every wait.
pub struct Rig {
    handler: Handler<KeyServers, Sqs>,
    sqs: Sqs,
    runtime: Runtime,
    /// Sources whose events need no signature.
    pub unsigned: &'static [Source],
    /// Requires a path that ends in [`TOKEN`] or [`SHORT_TOKEN`].
    pub has_token: bool,
    /// Admits only listed addresses.
    pub enforces: bool,
    pub is_fifo: bool,
    /// Answers a challenge with its bare digits.
    pub bare_challenge: bool,
    /// Accepts signatures by [`ACCOUNT`].
    pub has_account: bool,
    /// Lacks the first app's key, because its key server is down.
    pub is_keyless: bool,
}

pub const TOKEN: &str = "sample-path-token-0123456789abcdef";
/// Token that the path accepts, but that cannot authenticate an unsigned request.
const SHORT_TOKEN: &str = "short";
pub const PREFIX: &str = "prelude-webhooks-";
/// Ids of the apps.
pub const APPS: [&str; 2] = ["demoapp1", "demoapp2"];

/// Three configurations: the settings of `events/.env` and one more app; FIFO queues behind a proxy; no account key,
/// and a key server that is down.
pub fn all() -> [Rig; 3] {
    let url = format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{PREFIX}");
    let pinned = json!({"app_id": APPS[0], "verification_token": "sample-verification-token", "public_keys": [APP.public_pem]});
    let fetched =
        json!({"app_id": APPS[1], "verification_token": "t", "jwks_url": "https://keys.example/up"});
    let digest = Sha256::digest(SHORT_TOKEN).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let tokens = format!("{TOKEN},sha256:{digest}");
    let down = json!({"app_id": APPS[0], "verification_token": "t", "jwks_url": "https://keys.example/down"});
    [
        Rig {
            unsigned: &[Source::VerifyV1, Source::Notify],
            has_token: true,
            enforces: true,
            has_account: true,
            ..Rig::start(&[
                ("PRELUDE_QUEUE_URL_PREFIX", url.clone()),
                ("PRELUDE_APPS", json!([pinned, fetched]).to_string()),
                ("PRELUDE_PUBLIC_KEYS", ACCOUNT.public_pem.clone()),
                ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1,notify".into()),
                ("PRELUDE_PATH_TOKEN", tokens.clone()),
            ])
        },
        Rig {
            is_fifo: true,
            bare_challenge: true,
            has_account: true,
            ..Rig::start(&[
                ("PRELUDE_QUEUE_URL_PREFIX", url.clone()),
                ("PRELUDE_QUEUE_TYPE", "fifo".into()),
                ("PRELUDE_ROUTES", r#"{"user.*":"users"}"#.into()),
                ("PRELUDE_APPS", json!([pinned, fetched]).to_string()),
                ("PRELUDE_PUBLIC_KEYS", ACCOUNT.public_pem.clone()),
                ("PRELUDE_IP_CHECK", "report".into()),
                ("PRELUDE_TRUSTED_PROXIES", "10.0.0.0/8".into()),
                ("PRELUDE_CHALLENGE_RESPONSE", "number".into()),
            ])
        },
        Rig {
            unsigned: &[Source::Verify],
            has_token: true,
            enforces: true,
            is_keyless: true,
            ..Rig::start(&[
                ("PRELUDE_QUEUE_URL_PREFIX", url),
                ("PRELUDE_APPS", json!([down, fetched]).to_string()),
                ("PRELUDE_ACCEPT_UNSIGNED", "verify".into()),
                ("PRELUDE_PATH_TOKEN", tokens),
            ])
        },
    ]
}

impl Rig {
    fn start(variables: &[(&str, String)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), Some(value.clone())));
        let config = Config::read(variables, |_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let sqs = Sqs::default();
        let receiver = Receiver::new(config, KeyServers, sqs.clone());
        runtime.block_on(async { receiver.warm_up().await });
        Self {
            handler: Handler::new(receiver, Duration::ZERO),
            sqs,
            runtime,
            unsigned: &[],
            has_token: false,
            enforces: false,
            is_fifo: false,
            bare_challenge: false,
            has_account: false,
            is_keyless: false,
        }
    }

    /// Answer and durable messages; `None` for text that is not JSON, which Lambda does not pass on.
    pub fn invoke(&self, case: &Case) -> Option<(Result<Response, Diagnostic>, Vec<Sent>)> {
        let payload: Invocation = serde_json::from_slice(&case.event).ok()?;
        let mut context = Context::default();
        context.request_id = "fuzz".into();
        self.sqs.start(&case.script);
        let started = self.runtime.block_on(async { tokio::time::Instant::now() });
        let answer = self.runtime.block_on(self.handler.handle(LambdaEvent { payload, context }));
        let took = self.runtime.block_on(async { started.elapsed() });
        assert!(took <= Duration::from_secs(8), "answered after {took:?}");
        Some((answer, self.sqs.take()))
    }

    /// Key that signs an app's batches, and its name.
    pub fn key_of(&self, app_id: &str) -> Option<(&'static Key, String)> {
        match app_id {
            "demoapp1" if !self.is_keyless => Some((&APP, APP.thumbprint())),
            "demoapp2" => Some((&SECOND_APP, SECOND_APP.name.to_owned())),
            _ => None,
        }
    }

    /// Every configured key.
    pub fn keys(&self) -> Vec<&'static Key> {
        let apps = APPS.iter().filter_map(|app_id| self.key_of(app_id)).map(|(key, _)| key);
        self.has_account.then_some(&*ACCOUNT).into_iter().chain(apps).collect()
    }

    pub fn path_is_right(&self, path: &str) -> bool {
        self.ends_in(path, &[TOKEN, SHORT_TOKEN])
    }

    /// Reports whether the path authenticates an unsigned request.
    pub fn path_is_secret(&self, path: &str) -> bool {
        self.has_token && self.ends_in(path, &[TOKEN])
    }

    fn ends_in(&self, path: &str, tokens: &[&str]) -> bool {
        let mut segments: Vec<_> = path.split('/').collect();
        if segments.len() > 1 && segments.last() == Some(&"") {
            segments.pop();
        }
        match segments[..] {
            [.., name, token] if self.has_token => name == "webhooks" && tokens.contains(&token),
            [.., name] => name == "webhooks" && !self.has_token,
            [] => false,
        }
    }
}

/// Reports whether an address in API Gateway's form is one of Prelude's. Proxies do not count.
pub fn is_listed(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = match (bare.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
        // IPv4 addresses have no brackets.
        (Ok(address), _) if bare == text || address.is_ipv6() => address,
        (_, Ok(socket)) => socket.ip(),
        _ => return false,
    };
    ["34.252.67.209", "52.30.192.161", "34.248.153.151"].contains(&&*address.to_canonical().to_string())
}

struct KeyServers;

impl FetchKeySet for KeyServers {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        match url {
            "https://keys.example/up" => Ok(json!({"keys": [SECOND_APP.jwk()]}).to_string().into()),
            _ => Err(FetchError::Unreachable),
        }
    }
}
