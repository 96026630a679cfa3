//! No event is durable without the authentication of its source.

use prelude_events::{EventType, Source};
use serde_json::Value;

use super::{
    request::{self, Case, SIGNATURE},
    rig::{self, PREFIX, Rig},
    sqs::Sent,
};
use crate::{json::Members, keys::ACCOUNT, keys::Key, signature_header};

/// Request, read from its parts or from its event.
struct Seen {
    is_post: bool,
    path: String,
    ip: String,
    signatures: Vec<String>,
    body: Vec<u8>,
}

pub fn check(case: &Case, rig: &Rig, sent: &[Sent]) {
    if sent.is_empty() {
        return;
    }
    let Some(seen) = Seen::of(case) else { return };
    assert!(seen.is_post && rig.path_is_right(&seen.path));
    assert!(!rig.enforces || rig::is_listed(&seen.ip));
    let signer = signer(case, &seen, rig);
    for message in sent {
        let source: Option<Source> = message.attribute("source").map(|source| source.parse().unwrap());
        match message.attribute("authentication") {
            Some("signature") => check_signed(rig, signer.expect("a configured key signed"), source, message),
            Some("secret_path") => {
                assert!(
                    seen.signatures.is_empty() && rig.path_is_secret(&seen.path) && rig::is_listed(&seen.ip)
                );
                assert!(rig.unsigned.contains(&source.unwrap()));
                // `destination` skips an event whose member names the independent reader does not take.
                let members = Members::of(std::str::from_utf8(&seen.body).unwrap());
                let kind = members.map(|members| EventType::known(&members.text("type").unwrap()).unwrap());
                assert!(kind.is_none_or(|kind| kind.source() == source));
                assert_eq!((message.attribute("key_id"), message.attribute("app_id")), (None, None));
            }
            other => panic!("authentication {other:?}"),
        }
        check_queue(rig, source, message);
    }
}

fn check_signed(rig: &Rig, signer: &Key, source: Option<Source>, message: &Sent) {
    let app_id = message.attribute("app_id");
    let key_id = message.attribute("key_id");
    match source {
        Some(Source::Session) => {
            // SQS refused the message with both attributes, so both are omitted.
            let Some(app_id) = app_id else {
                return assert!(key_id.is_none() && message.event_type.is_none());
            };
            let (key, name) = rig.key_of(app_id).expect("the app is configured");
            assert_eq!(key.name, signer.name, "another app's key signed");
            assert!(key_id.is_none_or(|key_id| key_id == name));
        }
        Some(_) => {
            assert!(rig.has_account && signer.name == ACCOUNT.name, "the account's key did not sign");
            assert!(key_id.is_none_or(|key_id| key_id == ACCOUNT.thumbprint()));
            assert_eq!(app_id, None);
        }
        None => {
            assert!(message.event_type.is_none(), "an event without a source was routed");
            assert_eq!(app_id, None);
        }
    }
}

/// Checks that a type is routed within its authenticated source, to its own queue.
fn check_queue(rig: &Rig, source: Option<Source>, message: &Sent) {
    let suffix = if rig.is_fifo { ".fifo" } else { "" };
    let slug = match &message.event_type {
        Some(event_type) => {
            assert_eq!(event_type.source(), source);
            assert_eq!(message.attribute("event_type"), Some(event_type.as_str()));
            assert_eq!((message.attribute("reason"), message.attribute("encoding")), (None, None));
            match event_type.queue_slug().unwrap() {
                slug if rig.is_fifo && slug.starts_with("user-") => "users",
                slug => slug,
            }
        }
        None => {
            assert!(message.attribute("reason").is_some(), "parked without a reason");
            "unrouted"
        }
    };
    assert_eq!(message.queue, format!("{PREFIX}{slug}{suffix}"));
}

/// Configured key that signed.
fn signer(case: &Case, seen: &Seen, rig: &Rig) -> Option<&'static Key> {
    if let Some(key) = case.request.as_ref().and_then(|request| request.signer) {
        return rig.keys().into_iter().find(|configured| configured.name == key.name);
    }
    let [header] = &seen.signatures[..] else { return None };
    let signature = signature_header::read(header.as_bytes()).ok()?;
    rig.keys().into_iter().find(|key| key.verifies(&seen.body, &signature))
}

impl Seen {
    /// Reads the request; `None` for an event that the independent JSON reader refuses.
    fn of(case: &Case) -> Option<Self> {
        if let Some(request) = &case.request {
            let signatures = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(SIGNATURE));
            return Some(Self {
                is_post: request.method == "POST",
                path: request.path.clone(),
                ip: request.ip.clone(),
                signatures: signatures.map(|(_, value)| value.clone()).collect(),
                body: request.body.clone(),
            });
        }
        let event: Value = serde_json::from_slice(&case.event).ok()?;
        let text = |place: &str| event.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let is_http_api = text("/requestContext/http/method").is_some();
        let (method, path, ip) = if is_http_api {
            ("/requestContext/http/method", "/rawPath", "/requestContext/http/sourceIp")
        } else if text("/httpMethod").is_some() {
            ("/httpMethod", "/path", "/requestContext/identity/sourceIp")
        } else {
            ("/requestContext/httpMethod", "/path", "/requestContext/identity/sourceIp")
        };
        let mut signatures = Vec::new();
        let places: &[&str] = if is_http_api { &["headers"] } else { &["multiValueHeaders", "headers"] };
        for (name, value) in places.iter().flat_map(|place| event[*place].as_object()).flatten() {
            if name.eq_ignore_ascii_case(SIGNATURE) {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                signatures.extend(values.iter().map(|value| value.as_str().unwrap_or_default().to_owned()));
            }
        }
        // A line in both members is one line.
        signatures.dedup();
        Some(Self {
            is_post: text(method)? == "POST",
            path: text(path)?,
            ip: text(ip).unwrap_or_default(),
            signatures,
            body: request::body_of(&event)?,
        })
    }
}
