//! Files of `events/`: API Gateway invocations for `cargo lambda invoke --data-file` and `sam local invoke -e`.
//!
//! They are signed with keys of `tests/keys`, which anyone can read. The signatures have no salt, so that every run makes
//! the same files. The receiver finds the salt length.

use prelude_events::{EventType, Source, samples};
use prelude_webhooks::rejection::Rejection;
use serde_json::{Value, json};

use crate::{
    aws::{
        gateway::Request,
        sqs::{EmbeddedSqs, REGION},
    },
    env_file::env_file,
    prelude::{
        ADDRESSES, KeyError, PreludeKey, SIGNATURE_HEADER, SessionApp, SignatureForm, activation_query, batch,
    },
};

/// File below `events/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// Path below `events/`.
    pub path: String,
    /// Text of the file.
    pub text: String,
}

/// Variables that point a function on this machine to the queues of `cargo prelude sqs`.
pub const LOCAL: [(&str, &str); 4] = [
    ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9324"),
    ("AWS_REGION", REGION),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
];

/// Session app of the samples.
pub const APP_ID: &str = "demoapp1";
/// Verification token of the app.
pub const VERIFICATION_TOKEN: &str = "sample-verification-token";
/// Prefix of the names of the samples' queues.
pub const QUEUE_PREFIX: &str = "prelude-webhooks-";
/// Secret last segment of the samples' path.
pub const PATH_TOKEN: &str = "sample-path-token-0123456789abcdef";

/// Every file. The result is always the same.
///
/// # Errors
/// A key of `tests/keys` cannot be read.
pub fn files() -> Result<Vec<SampleFile>, KeyError> {
    let keys = Keys::read()?;
    let mut files = vec![invocation("challenge.json", &challenge(APP_ID, VERIFICATION_TOKEN, "1234567890"))];
    for event_type in EventType::ALL {
        if let Some(request) = keys.delivery(event_type)? {
            files.push(invocation(&format!("{event_type}.json"), &request));
        }
    }
    files.push(invocation("session-batch.json", &keys.session(session_samples())?));
    for (rejection, request) in keys.rejected()? {
        files.push(invocation(&format!("rejected/{}.json", rejection.code()), &request));
    }
    let environment = environment()?;
    let lines = env_file(LOCAL) + &env_file(environment.iter().map(|(name, value)| (name, value)));
    let parameters: serde_json::Map<_, _> =
        environment.into_iter().map(|(name, value)| (name, value.into())).collect();
    files.push(SampleFile { path: ".env".into(), text: lines });
    files.push(SampleFile { path: "env.json".into(), text: pretty(&json!({ "Parameters": parameters })) });
    Ok(files)
}

/// Variables of the receiver for the samples.
///
/// # Errors
/// A key of `tests/keys` cannot be read.
pub fn environment() -> Result<Vec<(String, String)>, KeyError> {
    let keys = Keys::read()?;
    // Without line ends, real or escaped: readers of `.env` files disagree about them.
    let one_line = |pem: String| pem.replace('\n', "");
    let pinned = |app: SessionApp| -> Result<Value, KeyError> {
        let keys = app.keys.iter().map(|key| Ok(one_line(key.public_key_pem()?)));
        Ok(json!({
            "app_id": app.app_id,
            "verification_token": app.verification_token,
            "public_keys": keys.collect::<Result<Vec<_>, KeyError>>()?,
        }))
    };
    let apps = keys.apps().into_iter().map(pinned).collect::<Result<Value, _>>()?;
    let variables = [
        ("PRELUDE_QUEUE_URL_PREFIX", EmbeddedSqs::queue_url_prefix(QUEUE_PREFIX)),
        ("PRELUDE_APPS", apps.to_string()),
        ("PRELUDE_PUBLIC_KEYS", one_line(keys.account.public_key_pem()?)),
        ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1".to_owned()),
        ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
    ];
    Ok(variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Keys of `tests/keys` that sign the tool's deliveries. Anyone can read them.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Key of the account.
    pub account: PreludeKey,
    /// Key of the Session app.
    pub app: PreludeKey,
    /// Key of the second Session app.
    pub second_app: PreludeKey,
    /// Key that is never configured.
    pub other: PreludeKey,
}

impl Keys {
    /// Reads the keys.
    ///
    /// # Errors
    /// A key cannot be read.
    pub fn read() -> Result<Self, KeyError> {
        Ok(Self {
            account: PreludeKey::from_pem(
                "account",
                include_str!("../../../../tests/keys/account-2048.pem"),
            )?,
            app: PreludeKey::from_pem("app", include_str!("../../../../tests/keys/app-2048.pem"))?,
            second_app: PreludeKey::from_pem("app2", include_str!("../../../../tests/keys/app2-2048.pem"))?,
            other: PreludeKey::from_pem("other", include_str!("../../../../tests/keys/other-2048.pem"))?,
        })
    }

    /// Session apps of the settings. The samples belong to the first. A receiver must refuse the second's key for them.
    pub fn apps(&self) -> [SessionApp; 2] {
        let second = ("demoapp2", "sample-verification-token-2", &self.second_app);
        [(APP_ID, VERIFICATION_TOKEN, &self.app), second].map(|(app_id, token, key)| SessionApp {
            app_id: app_id.to_owned(),
            verification_token: token.to_owned(),
            keys: vec![key.clone()],
        })
    }

    /// Delivery of a type's sample, authenticated as its source requires.
    fn delivery(&self, event_type: &EventType) -> Result<Option<Request>, KeyError> {
        let (Some(source), Some(sample)) = (event_type.source(), samples::sample(event_type)) else {
            return Ok(None);
        };
        Ok(Some(match source {
            Source::VerifyV1 => post(sample.trim()),
            Source::Verify | Source::Notify => self.account(sample.trim())?,
            Source::Session => self.session([sample.trim()])?,
        }))
    }

    fn account(&self, body: &str) -> Result<Request, KeyError> {
        signed(post(body), &self.account)
    }

    fn session<'a>(&self, events: impl IntoIterator<Item = &'a str>) -> Result<Request, KeyError> {
        signed(post(batch(APP_ID, events)), &self.app)
    }

    /// Request for each refusal that a caller can cause with the samples' settings.
    fn rejected(&self) -> Result<Vec<(Rejection, Request)>, KeyError> {
        let body = samples::sample(&EventType::VerifyAttempt).unwrap_or_default().trim();
        let from = |source_ip: &str| -> Result<Request, KeyError> {
            Ok(Request { source_ip: source_ip.into(), ..self.account(body)? })
        };
        let at = |path: &str| -> Result<Request, KeyError> {
            Ok(Request { path: path.into(), ..self.account(body)? })
        };
        let header = |value: String| post(body).header(SIGNATURE_HEADER, value);
        let genuine = self.account.sign_as(body.as_bytes(), WITHOUT_SALT)?;
        let not_base64 = Request { force_base64: true, ..self.account(body)? };
        Ok(vec![
            (Rejection::AddressNotAllowed, from("198.51.100.7")?),
            (Rejection::AddressUnreadable, from("unknown")?),
            (Rejection::PathUnknown, at("/hooks")?),
            (Rejection::PathTokenWrong, at("/webhooks/another-token")?),
            (Rejection::MethodNotAllowed, Request { method: "PUT".into(), ..self.account(body)? }),
            (Rejection::NotAChallenge, request("GET")),
            (Rejection::ChallengeAppUnknown, challenge("another", VERIFICATION_TOKEN, "1234567890")),
            (Rejection::ChallengeTokenWrong, challenge(APP_ID, "another", "1234567890")),
            (Rejection::BodyNotBase64, not_base64),
            (Rejection::SignatureMissing, post(body)),
            (Rejection::SignatureMalformed, header(genuine.replace("pss-sha256=", "pss-sha256=!"))),
            (Rejection::SignatureSchemeUnknown, header(genuine.replace("rsassa-pss-sha256=", "sha256="))),
            (Rejection::SignatureWrong, signed(post(body), &self.other)?),
            (Rejection::KeyWrongForSource, signed(post(body), &self.app)?),
            (Rejection::KeyWrongForApp, signed(post(batch("another", session_samples())), &self.app)?),
            (Rejection::NotADelivery, signed(post(SIGNED_PART_OF_A_TOKEN), &self.app)?),
        ])
    }
}

/// `{"alg":"PS256","kid":"app"}` and `{"sub":"usr_1"}` in the form in which an app signs a user's access token.
const SIGNED_PART_OF_A_TOKEN: &str = "eyJhbGciOiJQUzI1NiIsImtpZCI6ImFwcCJ9.eyJzdWIiOiJ1c3JfMSJ9";

const WITHOUT_SALT: SignatureForm =
    SignatureForm { salt_len: 0, padding: false, alphabet: crate::prelude::Alphabet::UrlSafe };

fn session_samples() -> impl Iterator<Item = &'static str> {
    let session = EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session));
    session.filter_map(samples::sample).map(str::trim)
}

fn request(method: &str) -> Request {
    let [address, ..] = ADDRESSES;
    Request::new(method, format!("/webhooks/{PATH_TOKEN}"), address)
}

fn post(body: impl Into<Vec<u8>>) -> Request {
    request("POST").json(body)
}

fn signed(request: Request, key: &PreludeKey) -> Result<Request, KeyError> {
    let signature = key.sign_as(&request.body, WITHOUT_SALT)?;
    Ok(request.header(SIGNATURE_HEADER, signature))
}

fn challenge(app_id: &str, token: &str, challenge: &str) -> Request {
    request("GET").query(activation_query(app_id, token, challenge))
}

/// Event of the HTTP API, with fixed values for the members that differ from request to request.
fn invocation(path: &str, request: &Request) -> SampleFile {
    let mut event = request.http_api_event();
    let mut fix = |pointer: &str, value: Value| {
        if let Some(member) = event.pointer_mut(pointer) {
            *member = value;
        }
    };
    fix("/headers/x-amzn-trace-id", json!("Root=1-5759e988-bd862e3fe1be46a994272793"));
    fix("/requestContext/requestId", json!("JKJaXmPLvHcESHA="));
    fix("/requestContext/time", json!("12/Mar/2026:19:03:58 +0000"));
    fix("/requestContext/timeEpoch", json!(1_773_342_238_000_u64));
    if path.ends_with("body_not_base64.json") {
        fix("/body", json!("not base64"));
    }
    SampleFile { path: path.into(), text: pretty(&event) }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
