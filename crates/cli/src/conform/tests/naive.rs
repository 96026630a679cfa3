//! A simple receiver, written in an afternoon: correct, or with one typical flaw.

mod flaws;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use prelude_events::{EventType, Source};
use rsa::{
    RsaPublicKey,
    pss::{Signature, VerifyingKey},
    signature::Verifier as _,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(super) use flaws::{FLAWS, Flaw};

use super::{
    Identity,
    server::{Request, Response, Server},
};
use prelude_local::prelude::{ADDRESSES, PreludeKey};

/// A running receiver.
pub(super) struct Naive(Server);

impl Naive {
    pub(super) async fn start(identity: Identity, flaw: Option<Flaw>) -> Self {
        let apps = identity.apps.into_iter().map(|app| {
            (app.app_id, App { token: app.verification_token, keys: app.keys.iter().map(public).collect() })
        });
        let state = Arc::new(State {
            account: identity.account.iter().map(public).collect(),
            apps: apps.collect(),
            flaw,
            seen: Mutex::default(),
            at_work: Mutex::default(),
        });
        let respond = move |request| {
            let state = Arc::clone(&state);
            async move { state.respond(request).await }
        };
        Self(Server::start(respond).await)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks?tenant=1", self.0.address)
    }
}

struct State {
    account: Vec<RsaPublicKey>,
    apps: BTreeMap<String, App>,
    flaw: Option<Flaw>,
    seen: Mutex<BTreeSet<String>>,
    at_work: Mutex<BTreeSet<String>>,
}

struct App {
    token: String,
    keys: Vec<RsaPublicKey>,
}

type Refusal = (u16, String);

fn public(key: &PreludeKey) -> RsaPublicKey {
    key.private.to_public_key()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let header = request.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    header.map(|(_, value)| value.as_str())
}

impl State {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    async fn respond(&self, request: Request) -> Response {
        match self.flaw {
            Some(Flaw::Sleeps) => tokio::time::sleep(Duration::from_secs(11)).await,
            Some(Flaw::Redirects) => return Some((308, String::new())),
            Some(Flaw::RefusesAll) => return Some((403, String::new())),
            Some(Flaw::DiesOnOddBytes) if str::from_utf8(&request.body).is_err() => return None,
            _ => {}
        }
        let is_delivery = request.method == "POST" || (self.has(Flaw::PutTaken) && request.method == "PUT");
        let (status, body) = match request.method.as_str() {
            "GET" => self.activate(&request),
            _ if is_delivery => match self.deliver(&request).await {
                Ok(()) => (200, "{\"ok\":true}".to_owned()),
                Err(refusal) => refusal,
            },
            _ => (405, String::new()),
        };
        Some((if status == 200 && self.has(Flaw::Answers202) { 202 } else { status }, body))
    }

    fn activate(&self, request: &Request) -> (u16, String) {
        let query: BTreeMap<_, _> = form_urlencoded::parse(request.query.as_bytes()).collect();
        let parameter = |name: &str| query.get(name).map(AsRef::<str>::as_ref).unwrap_or_default();
        let refusal = (400, "{\"error\":\"bad_request\"}".to_owned());
        if parameter("event") != "activate" {
            return if self.has(Flaw::EveryGetTaken) { (200, "hello".to_owned()) } else { refusal };
        }
        let first = self.apps.values().next().filter(|_| self.has(Flaw::AppIdIgnoredInChallenge));
        let Some(app) = self.apps.get(parameter("app_id")).or(first) else { return refusal };
        let token = parameter("verification_token");
        let token_fits = token == app.token
            || self.has(Flaw::TokenIgnored)
            || (self.has(Flaw::MissingTokenTaken) && token.is_empty());
        let challenge = parameter("challenge");
        let is_number = challenge.parse::<i64>().is_ok() || self.has(Flaw::ChallengeUnchecked);
        if !token_fits || !is_number || self.has(Flaw::IgnoresGet) {
            return refusal;
        }
        match self.flaw {
            Some(Flaw::ChallengeAsFloat) => (200, challenge.parse::<f64>().unwrap().to_string()),
            _ => (200, format!("{{\"challenge\":{challenge}}}")),
        }
    }

    async fn deliver(&self, request: &Request) -> Result<(), Refusal> {
        let refuse = |status: u16| Err((status, "{\"error\":\"refused\"}".to_owned()));
        let event = serde_json::from_slice::<Value>(&request.body).ok();
        let address = header(request, "x-forwarded-for");
        match self.flaw {
            Some(Flaw::ContentTypeDemanded)
                if header(request, "content-type") != Some("application/json") =>
            {
                return refuse(415);
            }
            Some(Flaw::SizeLimited) if request.body.len() > 1_000_000 => return refuse(413),
            Some(Flaw::ForwardedForRefuses) if address.is_some_and(|ip| !ADDRESSES.contains(&ip)) => {
                return refuse(403);
            }
            Some(Flaw::ForwardedForTrusted) if address.is_some_and(|ip| ADDRESSES.contains(&ip)) => {}
            _ => self
                .verify(request, event.as_ref())
                .map_err(|cause| self.refusal(request, event.is_some(), cause))?,
        }
        if self.refuses_content(&request.body, event.as_ref()) {
            return refuse(400);
        }
        let Some(id) = event.as_ref().and_then(id) else { return Ok(()) };
        if self.has(Flaw::DuplicatesRefused) && !self.seen.lock().unwrap().insert(id.clone()) {
            return refuse(409);
        }
        if self.has(Flaw::LockedWhileAtWork) {
            if !self.at_work.lock().unwrap().insert(id.clone()) {
                return refuse(423);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.at_work.lock().unwrap().remove(&id);
        }
        Ok(())
    }

    fn refusal(&self, request: &Request, is_json: bool, cause: &str) -> Refusal {
        match self.flaw {
            Some(Flaw::CauseShown) => (401, cause.to_owned()),
            Some(Flaw::DigestShown) => {
                (401, format!("expected {}", BASE64_STANDARD.encode(Sha256::digest(&request.body))))
            }
            Some(Flaw::TraceShown) if !is_json => {
                (401, "SyntaxError\n    at parse (/app/index.js:1)".to_owned())
            }
            Some(Flaw::FailsOnOddSignature) if cause == "not base64" => (500, String::new()),
            _ => (401, "{\"error\":\"unauthorized\"}".to_owned()),
        }
    }

    fn signatures<'a>(&self, request: &'a Request) -> Vec<&'a str> {
        let is_signature = |name: &str| match self.flaw {
            Some(Flaw::TitleCaseOnly) => name == "X-Webhook-Signature",
            Some(Flaw::LowerCaseOnly) => name == "x-webhook-signature",
            _ => name.eq_ignore_ascii_case("x-webhook-signature"),
        };
        let signatures = request.headers.iter().filter(|(name, _)| is_signature(name));
        signatures.map(|(_, value)| value.as_str()).collect()
    }

    fn verify(&self, request: &Request, event: Option<&Value>) -> Result<(), &'static str> {
        let event_type = event.and_then(|event| event.get("type")?.as_str()).unwrap_or_default();
        let is_v1 = EventType::from(event_type).source() == Some(Source::VerifyV1);
        let signatures = self.signatures(request);
        match self.flaw {
            Some(Flaw::BrokenJsonIgnored) if event.is_none() => return Ok(()),
            Some(Flaw::LargeBodyUnverified) if request.body.len() > 1_000_000 => return Ok(()),
            Some(Flaw::HeaderListTaken) if signatures.len() > 1 => return Ok(()),
            Some(Flaw::MissingSignatureTaken) if signatures.is_empty() => return Ok(()),
            _ if signatures.is_empty() && is_v1 && !self.has(Flaw::V1Refused) => return Ok(()),
            _ => {}
        }
        let value = *signatures.first().ok_or("no signature")?;
        let base64 = match value.strip_prefix("rsassa-pss-sha256=") {
            Some(base64) => base64,
            None if self.has(Flaw::SchemeIgnored) => {
                value.split_once('=').map_or(value, |(_, base64)| base64)
            }
            None if self.has(Flaw::EmptySignatureTaken) && value.trim_matches('=').is_empty() => "",
            None => return Err("unknown scheme"),
        };
        if base64.trim_matches('=').is_empty() {
            return if self.has(Flaw::EmptySignatureTaken) { Ok(()) } else { Err("empty signature") };
        }
        let keys = self.keys(request, event)?;
        if self.has(Flaw::SignatureNotVerified) {
            return Ok(());
        }
        let signature = self.decode(base64).ok_or("not base64")?;
        let signature = Signature::try_from(signature.as_slice()).map_err(|_error| "no signature")?;
        let bodies = self.bodies(&request.body);
        let verifies = |key: &RsaPublicKey| {
            let verifier = match self.flaw {
                Some(Flaw::SaltOf32Only) => VerifyingKey::<Sha256>::new_with_salt_len(key.clone(), 32),
                _ => VerifyingKey::<Sha256>::new_with_auto_salt_len(key.clone()),
            };
            bodies.iter().any(|body| verifier.verify(body, &signature).is_ok())
        };
        if keys.iter().any(verifies) { Ok(()) } else { Err("wrong signature") }
    }

    /// Bodies that the signature may match.
    fn bodies(&self, body: &[u8]) -> Vec<Vec<u8>> {
        let rewritten = || Some(serde_json::from_slice::<Value>(body).ok()?.to_string().into_bytes());
        match self.flaw {
            Some(Flaw::BodyTrimmed) => vec![body.to_vec(), body.trim_ascii().to_vec()],
            Some(Flaw::JsonRewritten) => vec![rewritten().unwrap_or_else(|| body.to_vec())],
            Some(Flaw::BodyReadAsText) => vec![String::from_utf8_lossy(body).into_owned().into_bytes()],
            _ => vec![body.to_vec()],
        }
    }

    fn decode(&self, base64: &str) -> Option<Vec<u8>> {
        let padding = match self.flaw {
            Some(Flaw::PaddingDemanded) => DecodePaddingMode::RequireCanonical,
            Some(Flaw::PaddingRefused) => DecodePaddingMode::RequireNone,
            _ => DecodePaddingMode::Indifferent,
        };
        let decode = |alphabet: &alphabet::Alphabet| {
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding);
            GeneralPurpose::new(alphabet, config).decode(base64).ok()
        };
        let url_safe = decode(&alphabet::URL_SAFE).filter(|_| !self.has(Flaw::StandardAlphabetOnly));
        let standard = || decode(&alphabet::STANDARD).filter(|_| !self.has(Flaw::UrlSafeAlphabetOnly));
        url_safe.or_else(standard)
    }

    /// Keys that may have signed this body.
    fn keys(&self, request: &Request, event: Option<&Value>) -> Result<Vec<RsaPublicKey>, &'static str> {
        let of_apps = || self.apps.values().flat_map(|app| app.keys.clone()).collect::<Vec<_>>();
        let all = || [self.account.clone(), of_apps()].concat();
        let is_known = |kid| ["account", "app", "app2"].contains(&kid);
        let kid = header(request, "x-webhook-signature-key-id");
        if self.has(Flaw::KeyIdTrusted) && !kid.is_none_or(is_known) {
            return Err("unknown key");
        }
        let mut keys = match event {
            Some(event) if event.get("events").is_some() => {
                let app_id = event.get("app_id").and_then(Value::as_str).unwrap_or_default();
                let first = self.apps.values().next().filter(|_| self.has(Flaw::UnknownAppTakenForFirst));
                let own = &self.apps.get(app_id).or(first).ok_or("unknown app")?.keys;
                match self.flaw {
                    Some(Flaw::EveryAppsKeyTried) => of_apps(),
                    Some(Flaw::EveryKeyTried) => all(),
                    Some(Flaw::AccountKeyTriedOnSession) => [self.account.clone(), own.clone()].concat(),
                    _ => own.clone(),
                }
            }
            Some(_) if self.has(Flaw::AppKeysTriedOnVerify) || self.has(Flaw::EveryKeyTried) => all(),
            Some(_) => self.account.clone(),
            None if is_token(&request.body) && !self.has(Flaw::TokenTaken) => self.account.clone(),
            None => all(),
        };
        if self.has(Flaw::TestKeyTrusted) {
            let pem = include_str!("../../../../../tests/keys/other-2048.pem");
            keys.push(public(&PreludeKey::from_pem("other", pem).unwrap()));
        }
        Ok(keys)
    }

    fn refuses_content(&self, body: &[u8], event: Option<&Value>) -> bool {
        let events = event.and_then(|event| event.get("events")?.as_array());
        let first = events.and_then(|events| events.first()).or(event);
        let member = |name: &str| first.and_then(|event| event.get(name)?.as_str());
        let event_type = member("type").unwrap_or_default();
        match self.flaw {
            Some(Flaw::StatusReportsRefused) => event_type == "verify.delivery_status",
            Some(Flaw::KeywordsRefused) => event_type.starts_with("marketing."),
            Some(Flaw::LoneEventRefused) => {
                event_type == "user.deleted" && events.is_some_and(|events| events.len() == 1)
            }
            Some(Flaw::LongBatchRefused) => events.is_some_and(|events| events.len() > 50),
            Some(Flaw::EscapesRefused) => body.windows(2).any(|pair| pair == b"\\u"),
            Some(Flaw::UnknownTypeRefused) => {
                !event_type.is_empty() && EventType::known(event_type).is_none()
            }
            Some(Flaw::IdDemanded) => !event_type.is_empty() && member("id").is_none(),
            Some(Flaw::GarbageRefused) => body.starts_with(b"<") || body.ends_with(b":"),
            Some(Flaw::EmptyBodyRefused) => body.is_empty(),
            Some(Flaw::DepthLimited) => body.windows(200).any(|run| run == [b'['; 200]),
            _ => false,
        }
    }
}

/// Reports whether a body consists of two base64url parts with a dot between them.
fn is_token(body: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    body.iter().all(is_token) && body.iter().filter(|byte| **byte == b'.').count() == 1
}

fn id(event: &Value) -> Option<String> {
    let first = event.get("events").and_then(|events| events.get(0)).unwrap_or(event);
    Some(first.get("id")?.as_str()?.to_owned())
}
