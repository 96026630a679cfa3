//! Any key-set document: its keys are exactly those that an independent reader finds usable, each with its own name.
//!
//! They determine a delivery's answer: 200 if they include the signer's key, 401 for other keys, 503 for none.

use std::cell::LazyCell;

use base64::{Engine, alphabet, engine};
use bytes::Bytes;
use lambda_runtime::{Context, LambdaEvent};
use prelude_webhooks::{
    authenticate::{FetchError, FetchKeySet, keys::jwks},
    config::Config,
    lambda::{Handler, Invocation},
    publish::{Acknowledgement, SendBatch, failure::SqsFailure, message::Message},
    receiver::Receiver,
    route::QueueUrl,
};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use sha2::{Digest, Sha256};
use tokio::{runtime::Runtime, time::Duration};

use crate::{
    json::Members,
    keys::{APP, OTHER},
};

/// Checks a document.
pub fn check(document: &[u8]) {
    let keys = jwks::parse(document);
    let read: Vec<_> = keys.iter().map(|key| (key.key_id().to_string(), *key.thumbprint())).collect();
    let expected = usable(document);
    assert_eq!(read, expected);

    let has = |name: &str| keys.iter().any(|key| B64.encode(key.thumbprint()) == name);
    for (signer, event) in [(&*APP, 0), (&*OTHER, 1)] {
        let status = DELIVERIES.with(|deliveries| deliveries.status(document, event));
        let expected = match (keys.is_empty(), has(&signer.thumbprint())) {
            (true, _) => 503,
            (false, true) => 200,
            (false, false) => 401,
        };
        assert_eq!(status, expected, "signed by {}", signer.name);
    }
}

/// Name and thumbprint of each usable key (RFC 7517, RFC 7518 section 6.3.1, RFC 7638).
fn usable(document: &[u8]) -> Vec<(String, [u8; 32])> {
    #[derive(Deserialize)]
    struct Set<'a> {
        #[serde(borrow)]
        keys: Vec<&'a RawValue>,
    }
    let Ok(set) = serde_json::from_slice::<Set<'_>>(document) else { return Vec::new() };
    set.keys.iter().filter_map(|jwk| usable_key(Members::of(jwk.get())?)).collect()
}

fn usable_key(jwk: Members<'_>) -> Option<(String, [u8; 32])> {
    // A repeated member is ambiguous.
    let unclear = ["kty", "n", "e", "kid"].iter().any(|name| jwk.count(name) > 1);
    if unclear || jwk.text("kty")? != "RSA" {
        return None;
    }
    let number = |name| -> Option<Vec<u8>> {
        let bytes = B64.decode(jwk.text(name)?).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
    };
    let (n, e) = (number("n")?, number("e")?);
    let bits = (n.len() * 8).checked_sub(n.first()?.leading_zeros() as usize)?;
    let exponent = e.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))?;
    let is_rsa = n.last()? % 2 == 1 && exponent % 2 == 1 && (3..1 << 33).contains(&exponent);
    if !is_rsa || !(2048..=8192).contains(&bits) {
        return None;
    }
    let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, B64.encode(e), B64.encode(n));
    let thumbprint: [u8; 32] = Sha256::digest(canonical).into();
    let name = jwk.text("kid").filter(|kid| !kid.is_empty()).unwrap_or_else(|| B64.encode(thumbprint));
    Some((name, thumbprint))
}

/// Base64 in which unused bits may be set, because documents of some key servers set them.
const B64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::URL_SAFE,
    engine::GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

thread_local! {
    static DELIVERIES: LazyCell<Deliveries> = LazyCell::new(Deliveries::new);
}

/// One batch of the app signed by each of two keys, and the clock of their requests.
struct Deliveries {
    runtime: Runtime,
    events: [String; 2],
}

impl Deliveries {
    fn new() -> Self {
        let body = r#"{"app_id":"demoapp1","events":[{"type":"user.deleted"}]}"#;
        let event = |signature: String| {
            json!({
                "rawPath": "/webhooks", "body": body, "headers": {"x-webhook-signature": signature},
                "requestContext": {"http": {"method": "POST", "sourceIp": "34.252.67.209"}},
            })
            .to_string()
        };
        let events = [&*APP, &*OTHER].map(|key| event(key.header(body.as_bytes())));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Self { runtime, events }
    }

    /// Status from a function that has just started, whose key server has this document.
    fn status(&self, document: &[u8], event: usize) -> i64 {
        let variables = [
            ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/"),
            ("PRELUDE_APPS", r#"[{"app_id":"demoapp1","verification_token":"t"}]"#),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let config = Config::read(variables, |_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        let receiver = Receiver::new(config, Document(Bytes::copy_from_slice(document)), Takes);
        let handler = Handler::new(receiver, Duration::ZERO);
        let payload: Invocation = serde_json::from_str(&self.events[event]).unwrap();
        let event = LambdaEvent { payload, context: Context::default() };
        let response = self.runtime.block_on(handler.handle(event)).unwrap();
        serde_json::to_value(response).unwrap()["statusCode"].as_i64().unwrap()
    }
}

struct Document(Bytes);

impl FetchKeySet for Document {
    async fn fetch(&self, _url: &str) -> Result<Bytes, FetchError> {
        Ok(self.0.clone())
    }
}

struct Takes;

impl SendBatch for Takes {
    async fn send_batch(
        &self,
        _: &QueueUrl,
        messages: &[&Message],
    ) -> Result<Vec<Acknowledgement>, SqsFailure> {
        Ok(vec![Acknowledgement::Durable; messages.len()])
    }
}
