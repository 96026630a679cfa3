//! The real receiver with one fault at a time, injected into its queues and its answers.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::MessageAttributeValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use prelude_local::{
    aws::sqs::{EmbeddedSqs, ReceivedMessage},
    prelude::jwks_server::JwksServer,
    receiver::{Answer, Deliver, LocalReceiver},
};
use serde_json::{Value, json};

use crate::demo::setup::Setup;

/// Fault of the receiver.
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

pub(super) struct Sabotaged {
    pub(super) setup: Setup,
    pub(super) sqs: EmbeddedSqs,
    pub(super) receiver: LocalReceiver,
    /// Serves the apps' key sets.
    pub(super) _key_server: JwksServer,
    pub(super) flaw: Flaw,
}

impl Deliver for Sabotaged {
    async fn deliver(&self, event: Value) -> Answer {
        let before = self.sqs.calls().len();
        let answer = self.receiver.deliver(event.clone()).await;
        let queues: BTreeSet<_> =
            self.sqs.calls().split_off(before).into_iter().map(|call| call.queue).collect();
        for queue in queues {
            self.tamper(&queue).await;
        }
        match self.flaw {
            Flaw::BelievesEverything if answer.status == 401 => {
                self.send(&self.setup.parking_queue(), &body(&event), &[("event_type", "believed")]).await;
                Answer { status: 200, body: json!({"accepted": 1}).to_string(), cause: None }
            }
            Flaw::FloatChallenge => Answer { body: through_float(&answer.body), ..answer },
            _ => answer,
        }
    }
}

impl Sabotaged {
    /// Takes the messages out of a queue, and puts them back with the flaw.
    async fn tamper(&self, queue: &str) {
        if matches!(self.flaw, Flaw::None | Flaw::BelievesEverything | Flaw::FloatChallenge) {
            return;
        }
        for message in self.sqs.drain(queue).await.unwrap() {
            self.put_back(queue, &message).await;
        }
    }

    async fn put_back(&self, queue: &str, message: &ReceivedMessage) {
        let is = |event_type: &str| message.attribute("event_type") == Some(event_type);
        let mut body = message.body.clone();
        let mut times = 1;
        match self.flaw {
            // Changes a message only once.
            Flaw::ChangesBody(of) if is(of) && !body.ends_with(' ') => body.push(' '),
            Flaw::Loses(of) if is(of) => times = 0,
            Flaw::Doubles(of) if is(of) && message.attribute("doubled").is_none() => times = 2,
            _ => {}
        }
        let mut attributes: Vec<_> = message
            .attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(self.flaw, Flaw::Attribute(of) if of == *name))
            .collect();
        if times == 2 {
            attributes.push(("doubled", "true"));
        }
        for _ in 0..times {
            self.send(queue, &body, &attributes).await;
        }
    }

    async fn send(&self, queue: &str, body: &str, attributes: &[(&str, &str)]) {
        let url = EmbeddedSqs::queue_url_prefix(queue);
        let mut send = self.sqs.client().send_message().queue_url(url).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build();
            send = send.message_attributes(*name, value.unwrap());
        }
        send.send().await.unwrap();
    }
}

/// Text of an event's body.
fn body(event: &Value) -> String {
    let text = event["body"].as_str().unwrap();
    match event["isBase64Encoded"].as_bool() {
        Some(true) => String::from_utf8(STANDARD.decode(text).unwrap()).unwrap(),
        _ => text.to_owned(),
    }
}

/// Passes the challenge through a float, as a language without 64-bit integers does.
fn through_float(body: &str) -> String {
    match serde_json::from_str::<Value>(body).unwrap()["challenge"].as_u64() {
        Some(challenge) => json!({"challenge": challenge as f64 as u64}).to_string(),
        None => body.to_owned(),
    }
}
