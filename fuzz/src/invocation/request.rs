//! Input: an API Gateway event, such as the files of `events/`, or a request that is put into one.
//!
//! The text of a request resembles HTTP. Its first line holds options. All are optional, and unknown words are ignored:
//!
//! ```text
//! v1 base64 by=account ip=34.252.67.209 rig=0 sqs=dmT fill=1000
//! POST /webhooks/sample-path-token-0123456789abcdef?a=b
//! X-Webhook-Signature-Key-Id: x
//!
//! {"type":"verify.attempt"}
//! ```
//!
//! * `v1`: from a REST API (payload 1.0) instead of an HTTP API (2.0)
//! * `base64`: with the body in base64, which a body that is not UTF-8 always is
//! * `by=`: signed by the `account`, an `app`, a `second` app or an `other` key; replaces any other signature
//! * `ip=`: address of the caller; a listed address by default
//! * `rig=`: number of the configuration
//! * `sqs=`: behaviour of SQS, one letter for each call (see `sqs`); no fault after the last letter
//! * `fill=`: number of incompressible characters that replace the body's first `~`
//!
//! In an event, too, the signature replaces a signature header `by=account`.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::keys::{ACCOUNT, APP, Key, OTHER, SECOND_APP};

/// One invocation.
pub struct Case {
    /// Number of the configuration.
    pub rig: usize,
    /// Faults of SQS; empty without a fault.
    pub script: Vec<u8>,
    /// Text of the event.
    pub event: Vec<u8>,
    /// Parts of the event, if it was made of parts.
    pub request: Option<Request>,
}

/// Parts of a request.
pub struct Request {
    pub rest_api: bool,
    pub method: String,
    pub path: String,
    pub query: String,
    pub ip: String,
    pub headers: Vec<(String, String)>,
    pub signer: Option<&'static Key>,
    pub body: Vec<u8>,
    base64: bool,
}

impl Case {
    pub fn read(input: &[u8]) -> Self {
        if input.first() == Some(&b'{') {
            let event = signed(input).unwrap_or_else(|| input.into());
            return Self { rig: 0, script: Vec::new(), event, request: None };
        }
        let mut lines = Lines(input);
        let options = lines.next();
        let option = |name: &str| options.split_whitespace().find_map(|word| word.strip_prefix(name));
        let has = |name: &str| options.split_whitespace().any(|word| word == name);
        let number = |name| option(name).and_then(|number| number.parse::<usize>().ok()).unwrap_or_default();
        let mut script: Vec<u8> = option("sqs=").unwrap_or_default().bytes().take(40).collect();
        script.retain(u8::is_ascii_alphabetic);
        let first = lines.next();
        let (method, target) = first.split_once(' ').unwrap_or(("POST", &first));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        let signer = option("by=").and_then(signer);
        let mut headers = Vec::new();
        loop {
            let line = lines.next();
            let Some((name, value)) = line.split_once(':') else { break };
            if signer.is_none() || !name.eq_ignore_ascii_case(SIGNATURE) {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        let body = fill(lines.0, number("fill=").min(1_500_000));
        let request = Request {
            rest_api: has("v1"),
            method: if is_method { method } else { "POST" }.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ip: option("ip=").unwrap_or("34.252.67.209").to_owned(),
            base64: has("base64") || std::str::from_utf8(&body).is_err(),
            headers,
            signer,
            body,
        };
        let event = request.event().to_string().into_bytes();
        Self { rig: number("rig="), script, event, request: Some(request) }
    }
}

impl Request {
    /// Reports whether a header is a signature.
    pub fn is_signed(&self) -> bool {
        self.signer.is_some() || self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(SIGNATURE))
    }

    fn event(&self) -> Value {
        let mut lines = self.headers.clone();
        lines.extend(self.signer.map(|key| (SIGNATURE.to_owned(), key.header(&self.body))));
        let body = if self.base64 {
            STANDARD.encode(&self.body)
        } else {
            String::from_utf8(self.body.clone()).unwrap()
        };
        // Last value, and all values, of each name.
        let (mut last, mut all) = (Map::new(), Map::new());
        for (name, value) in &lines {
            last.insert(name.clone(), json!(value));
            let values = all.entry(name.clone()).or_insert(json!([]));
            values.as_array_mut().unwrap().push(json!(value));
        }
        if self.rest_api {
            let pairs: Vec<_> =
                self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
            let parameters: Map<_, _> =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            return json!({
                "path": self.path, "httpMethod": self.method, "headers": last, "multiValueHeaders": all,
                "queryStringParameters": parameters, "multiValueQueryStringParameters": null,
                "requestContext": {"httpMethod": self.method, "identity": {"sourceIp": self.ip}},
                "body": body, "isBase64Encoded": self.base64,
            });
        }
        let joined = all.into_iter().map(|(name, values)| {
            let values: Vec<_> = values.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
            (name, json!(values.join(",")))
        });
        json!({
            "version": "2.0", "rawPath": self.path, "rawQueryString": self.query,
            "headers": joined.collect::<Map<_, _>>(),
            "requestContext": {"http": {"method": self.method, "path": self.path, "sourceIp": self.ip}},
            "body": body, "isBase64Encoded": self.base64,
        })
    }
}

pub const SIGNATURE: &str = "X-Webhook-Signature";

fn signer(name: &str) -> Option<&'static Key> {
    match name {
        "account" => Some(&ACCOUNT),
        "app" => Some(&APP),
        "second" => Some(&SECOND_APP),
        "other" => Some(&OTHER),
        _ => None,
    }
}

/// Event with its `by=…` replaced; `None` without a `by=…`.
fn signed(event: &[u8]) -> Option<Vec<u8>> {
    let mut event: Value = serde_json::from_slice(event).ok()?;
    let header = event.get("headers")?.get(SIGNATURE.to_ascii_lowercase())?.as_str()?;
    let key = header.strip_prefix("by=").and_then(signer)?;
    let body = body_of(&event)?;
    event["headers"][SIGNATURE.to_ascii_lowercase()] = json!(key.header(&body));
    Some(event.to_string().into_bytes())
}

/// Bytes that were sent to the API.
pub fn body_of(event: &Value) -> Option<Vec<u8>> {
    let text = match event.get("body") {
        None | Some(Value::Null) => "",
        Some(body) => body.as_str()?,
    };
    if event.get("isBase64Encoded") == Some(&Value::Bool(true)) {
        STANDARD.decode(text).or_else(|_| UNPADDED.decode(text)).ok()
    } else {
        Some(text.as_bytes().to_vec())
    }
}

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn fill(body: &[u8], length: usize) -> Vec<u8> {
    static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut state = 1_u64;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 58) as usize]
        })
        .take(1_500_000)
        .collect()
    });
    match body.iter().position(|byte| *byte == b'~').filter(|_| length > 0) {
        Some(at) => [&body[..at], &NOISE[..length], &body[at + 1..]].concat(),
        None => body.into(),
    }
}

struct Lines<'a>(&'a [u8]);

impl Lines<'_> {
    fn next(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let line = String::from_utf8_lossy(&self.0[..end.unwrap_or(self.0.len())]).trim_end().to_owned();
        self.0 = end.map_or(&[], |end| &self.0[end + 1..]);
        line
    }
}
