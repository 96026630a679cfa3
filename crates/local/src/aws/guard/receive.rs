//! `ReceiveMessage`: restores attributes that the embedded SQS drops, and omits attributes that were not requested.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use winterbaume_core::{MockRequest, MockResponse};

use super::record::Records;

/// Adds recorded system attributes to each message, then keeps only requested attributes.
pub(super) fn complete(request: &MockRequest, response: MockResponse, records: &Records) -> MockResponse {
    let asked = serde_json::from_slice::<Asked>(&request.body).unwrap_or_default();
    let Ok(mut answer) = serde_json::from_slice::<Value>(&response.body) else { return response };
    let Some(messages) = answer.get_mut("Messages").and_then(Value::as_array_mut) else { return response };
    for message in messages {
        let Some(message) = message.as_object_mut() else { continue };
        let id = message.get("MessageId").and_then(Value::as_str).unwrap_or_default();
        let recorded = records.system_attributes(id);
        if let Some(attributes) = message.get_mut("Attributes").and_then(Value::as_object_mut) {
            attributes.extend(recorded.into_iter().map(|(name, value)| (name, Value::String(value))));
            attributes.retain(|name, _| asked.wants_system(name));
        }
        if let Some(attributes) = message.get_mut("MessageAttributes").and_then(Value::as_object_mut) {
            attributes.retain(|name, _| asked.wants(name));
        }
        message.retain(|_, value| !value.as_object().is_some_and(|members| members.is_empty()));
    }
    MockResponse::json(response.status, answer.to_string())
}

/// The same request without its long poll.
pub(super) fn without_wait(body: &[u8]) -> Bytes {
    let mut request = serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
    request.insert("WaitTimeSeconds".to_owned(), Value::from(0));
    Value::Object(request).to_string().into()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    attribute_names: Vec<String>,
    message_system_attribute_names: Vec<String>,
    message_attribute_names: Vec<String>,
}

impl Asked {
    fn wants_system(&self, name: &str) -> bool {
        let mut asked = self.attribute_names.iter().chain(&self.message_system_attribute_names);
        asked.any(|wanted| wanted == "All" || wanted == name)
    }

    fn wants(&self, name: &str) -> bool {
        self.message_attribute_names.iter().any(|wanted| match wanted.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => wanted == "All" || wanted == name,
        })
    }
}
