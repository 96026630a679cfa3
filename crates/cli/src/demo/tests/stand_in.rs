//! A receiver of a hundred lines: enough for the scenario, and wrong on demand.

use std::io::Write as _;

use aws_sdk_sqs::types::MessageAttributeValue;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use rsa::{
    pss::{Signature, VerifyingKey},
    sha2::Sha256,
    signature::Verifier as _,
};
use serde_json::{Value, json, value::RawValue};

use crate::demo::setup::{Proof, Setup};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::{LocalPrelude, PreludeKey},
    receiver::{Answer, Deliver},
};

/// What the stand-in does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    ChangesBody(&'static str),
    Loses(&'static str),
    Doubles(&'static str),
    Attribute(&'static str),
    BelievesEverything,
    FloatChallenge,
}

pub(super) struct StandIn {
    pub(super) setup: Setup,
    pub(super) sqs: EmbeddedSqs,
    pub(super) prelude: LocalPrelude,
    pub(super) flaw: Flaw,
}

#[derive(serde::Deserialize)]
struct Batch<'a> {
    app_id: String,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

impl Deliver for StandIn {
    async fn deliver(&self, event: Value) -> Answer {
        let (status, body) = self.handle(&event).await;
        Answer { status, body: body.to_string(), cause: None }
    }
}

impl StandIn {
    async fn handle(&self, event: &Value) -> (u16, Value) {
        let context = &event["requestContext"];
        let address = context["http"]["sourceIp"].as_str().or(context["identity"]["sourceIp"].as_str());
        if address != Some(&self.setup.allowed_address) {
            return (403, json!({"error": "forbidden"}));
        }
        let path = event["rawPath"].as_str().or(event["path"].as_str());
        assert_eq!(path, Some(self.setup.path().as_str()));
        if let Some(challenge) = event["queryStringParameters"]["challenge"].as_str() {
            let number: u64 = challenge.parse().unwrap();
            let float = self.flaw == Flaw::FloatChallenge;
            return (200, json!({"challenge": if float { number as f64 as u64 } else { number }}));
        }
        let text = event["body"].as_str().unwrap();
        let body = match event["isBase64Encoded"].as_bool().unwrap() {
            true => String::from_utf8(STANDARD.decode(text).unwrap()).unwrap(),
            false => text.to_owned(),
        };
        let headers = &event["headers"];
        let header = headers["x-webhook-signature"].as_str().or(headers["X-Webhook-Signature"].as_str());
        let is_signer = |key: &PreludeKey| header.is_some_and(|header| verifies(key, &body, header));
        let believes = self.flaw == Flaw::BelievesEverything;
        if let Ok(batch) = serde_json::from_str::<Batch<'_>>(&body) {
            if !believes && !is_signer(&self.prelude.app(&batch.app_id).unwrap().keys[0]) {
                return (401, json!({"error": "unauthorized"}));
            }
            for element in &batch.events {
                self.publish(element.get(), Proof::AppKey).await;
            }
            return (200, json!({"accepted": batch.events.len()}));
        }
        let proof = match header {
            Some(_) if believes || is_signer(&self.prelude.account_key) => Proof::AccountKey,
            None if believes || body.contains("\"authentication\"") => Proof::SecretPath,
            _ => return (401, json!({"error": "unauthorized"})),
        };
        self.publish(&body, proof).await;
        (200, json!({"accepted": 1}))
    }

    async fn publish(&self, body: &str, proof: Proof) {
        let event: Value = serde_json::from_str(body).unwrap();
        let event_type = event["type"].as_str().unwrap();
        if matches!(self.flaw, Flaw::Loses(of) if of == event_type) {
            return;
        }
        let known =
            self.setup.events.iter().find(|known| known.event_type == event_type && known.proof == proof);
        let authentication = if proof == Proof::SecretPath { "secret_path" } else { "signature" };
        let base = vec![("event_type", event_type), ("authentication", authentication)];
        let (queue, reason) = match known {
            _ if body.len() > 1_000_000 => ("unrouted", Some("oversize")),
            Some(known) => (known.queue_slug.as_str(), None),
            None => ("unrouted", Some("unknown_type")),
        };
        let mut attributes = base;
        attributes.extend(reason.map(|reason| ("reason", reason)));
        let changed = format!("{body} ");
        let body =
            if matches!(self.flaw, Flaw::ChangesBody(of) if of == event_type) { &changed } else { body };
        if reason == Some("oversize") {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body.as_bytes()).unwrap();
            let zipped = STANDARD.encode(encoder.finish().unwrap());
            let parts: Vec<_> =
                zipped.as_bytes().chunks(1_000_000).map(|part| str::from_utf8(part).unwrap()).collect();
            for (index, part) in parts.iter().enumerate().rev() {
                let encoding = format!("gzip+base64;part={}/{}", index + 1, parts.len());
                self.send(queue, part, &[attributes.as_slice(), &[("encoding", &encoding)]].concat()).await;
            }
            return;
        }
        self.send(queue, body, &attributes).await;
        if matches!(self.flaw, Flaw::Doubles(of) if of == event_type) {
            self.send(queue, body, &attributes).await;
        }
    }

    async fn send(&self, queue: &str, body: &str, attributes: &[(&str, &str)]) {
        let url = format!("{}{queue}", EmbeddedSqs::queue_url_prefix(&self.setup.queue_prefix));
        let mut send = self.sqs.client().send_message().queue_url(url).message_body(body);
        for (name, value) in attributes {
            if matches!(self.flaw, Flaw::Attribute(of) if of == *name) {
                continue;
            }
            let value =
                MessageAttributeValue::builder().data_type("String").string_value(*value).build().unwrap();
            send = send.message_attributes(*name, value);
        }
        send.send().await.unwrap();
    }
}

fn verifies(key: &PreludeKey, body: &str, header: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(header.strip_prefix("rsassa-pss-sha256=").unwrap()).unwrap();
    let verifier = VerifyingKey::<Sha256>::new_with_auto_salt_len(key.private.to_public_key());
    verifier.verify(body.as_bytes(), &Signature::try_from(bytes.as_slice()).unwrap()).is_ok()
}
