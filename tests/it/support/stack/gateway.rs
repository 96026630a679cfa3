//! Both sides of API Gateway: the event of a request, and the answer of a response.

use std::collections::BTreeMap;

use prelude_local::aws::gateway::Request;
use serde_json::Value;

/// Kinds of API Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// Payload format 2.0.
    Http,
    /// Payload format 1.0.
    Rest,
}

impl Api {
    pub(crate) const BOTH: [Self; 2] = [Self::Http, Self::Rest];

    /// Event that this API makes of a request.
    pub(crate) fn event(self, request: &Request) -> Value {
        match self {
            Self::Http => request.http_api_event(),
            Self::Rest => request.rest_api_event(),
        }
    }
}

/// Answer of the function, and its log at `INFO`.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Headers by name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) log: Vec<Value>,
    /// Lines of metrics since the last answer of the stack.
    pub(crate) metrics: Vec<Value>,
}

impl Answer {
    pub(super) fn new(response: &Value, log: Vec<Value>, metrics: Vec<Value>) -> Self {
        let mut headers = BTreeMap::new();
        for map in ["headers", "multiValueHeaders"] {
            for (name, value) in response[map].as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                headers.insert(name.to_ascii_lowercase(), value);
            }
        }
        Self {
            status: response["statusCode"].as_u64().unwrap().try_into().unwrap(),
            headers,
            body: response["body"].as_str().unwrap_or_default().to_owned(),
            log,
            metrics,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Codes of all log lines, in order.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.log.iter().filter_map(|line| line["code"].as_str()).collect()
    }

    /// Code of the line that reports the result.
    pub(crate) fn code(&self) -> Option<&str> {
        self.log.iter().rev().find(|line| line.get("status").is_some())?["code"].as_str()
    }

    /// Status and body.
    pub(crate) fn both(&self) -> (u16, &str) {
        (self.status, &self.body)
    }
}
