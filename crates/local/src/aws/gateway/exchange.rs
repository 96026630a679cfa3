//! HTTP API in front of the local receiver: from the request to the response.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_runtime::Context;
use prelude_webhooks::watch::Watch;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Request;
use crate::receiver::LocalReceiver;

/// HTTP API (payload 2.0) whose only integration is the local receiver. Clones share the receiver.
pub struct Api<O = ()> {
    receiver: LocalReceiver,
    observer: Arc<O>,
}

/// Observer of every request. `()` ignores them.
pub trait Observe: Send + Sync + 'static {
    /// Observer of the function's steps in one request.
    type Watch: Watch + 'static;

    /// Makes the observer of one request's steps.
    fn watch(&self, request: &Request) -> Self::Watch;

    /// Records an exchange. The client waits until this returns. `watch` has seen the function's steps; it is
    /// `None` when API Gateway answered by itself.
    fn exchanged(&self, exchange: Exchange, watch: Option<Self::Watch>);
}

impl Observe for () {
    type Watch = ();

    fn watch(&self, _request: &Request) {}

    fn exchanged(&self, _exchange: Exchange, _watch: Option<()>) {}
}

/// Request and its answer. Contains bodies and signatures, so it must not be logged.
#[derive(Clone)]
pub struct Exchange {
    /// Request that API Gateway received.
    pub request: Request,
    /// Event that the function received, if API Gateway invoked it.
    pub event: Option<Value>,
    /// Response to the client.
    pub answer: ApiAnswer,
    /// Request id of the invocation, which its messages carry. Empty if API Gateway answered by itself.
    pub request_id: String,
    /// Log lines of the function, one object each.
    pub log: Vec<Value>,
    /// Time at which the request arrived.
    pub received_at: SystemTime,
    /// Duration of the invocation.
    pub took: Duration,
}

/// Response of API Gateway to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAnswer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers of the function's response, and API Gateway's own.
    pub headers: HeaderMap,
    /// Exact bytes of the body.
    pub body: Bytes,
}

/// Largest event that Lambda accepts.
const MAX_EVENT: usize = 6 * 1024 * 1024;
/// Timeout of the function in `template.yaml`.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(9);

impl Api {
    /// API in front of this receiver.
    pub fn new(receiver: LocalReceiver) -> Self {
        Self { receiver, observer: Arc::new(()) }
    }

    /// Reports every request to this observer.
    pub fn observed_by<O: Observe>(self, observer: Arc<O>) -> Api<O> {
        Api { receiver: self.receiver, observer }
    }
}

impl<O> Clone for Api<O> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), observer: Arc::clone(&self.observer) }
    }
}

impl<O: Observe> Api<O> {
    /// Answers one request as API Gateway does.
    pub async fn handle(&self, request: Request) -> ApiAnswer {
        let (received_at, started) = (SystemTime::now(), Instant::now());
        let event = request.http_api_event();
        if event.to_string().len() > MAX_EVENT {
            let took = started.elapsed();
            let answer = ApiAnswer::too_large();
            let (log, request_id) = (Vec::new(), String::new());
            let exchange = Exchange { request, event: None, answer, request_id, log, received_at, took };
            return self.report(exchange, None);
        }
        let api_request_id = text(&event, "/requestContext/requestId");
        let context = context(&event, received_at);
        let request_id = context.request_id.clone();
        let mut watch = self.observer.watch(&request);
        let (result, log) = self.receiver.invoke_watched(event.clone(), context, &mut watch).await;
        let took = started.elapsed();
        let answer = result.ok().and_then(|response| ApiAnswer::of_function(&response));
        let mut answer = answer.unwrap_or_else(ApiAnswer::function_failed);
        if let Ok(request_id) = HeaderValue::try_from(api_request_id) {
            answer.headers.insert(HeaderName::from_static("apigw-requestid"), request_id);
        }
        let event = Some(event);
        self.report(Exchange { request, event, answer, request_id, log, received_at, took }, Some(watch))
    }

    fn report(&self, exchange: Exchange, watch: Option<O::Watch>) -> ApiAnswer {
        let answer = exchange.answer.clone();
        self.observer.exchanged(exchange, watch);
        answer
    }
}

impl ApiAnswer {
    /// Response that API Gateway makes by itself.
    pub fn message(status: StatusCode, message: &str) -> Self {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = json!({"message": message}).to_string().into();
        Self { status, headers: HeaderMap::from_iter([content_type]), body }
    }

    /// Response to a request over 10 MB, or to a request whose event exceeds Lambda's 6 MB.
    pub fn too_large() -> Self {
        Self::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
    }

    fn function_failed() -> Self {
        Self::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    /// Response from the function's result, if the result is a valid proxy response.
    fn of_function(response: &Value) -> Option<Self> {
        let status = u16::try_from(response.get("statusCode")?.as_u64()?).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in response.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        for cookie in response.get("cookies").and_then(Value::as_array).into_iter().flatten() {
            headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie.as_str()?).ok()?);
        }
        let body = response.get("body").and_then(Value::as_str).unwrap_or_default();
        let body = match response.get("isBase64Encoded").and_then(Value::as_bool) {
            Some(true) => STANDARD.decode(body).ok()?.into(),
            _ => Bytes::from(body.to_owned()),
        };
        Some(Self { status: StatusCode::from_u16(status).ok()?, headers, body })
    }
}

/// Invocation context that Lambda passes beside the event.
fn context(event: &Value, now: SystemTime) -> Context {
    let deadline = now.duration_since(UNIX_EPOCH).unwrap_or_default() + FUNCTION_TIMEOUT;
    let mut context = Context::default();
    context.request_id = Uuid::new_v4().to_string();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    context.xray_trace_id = Some(text(event, "/headers/x-amzn-trace-id"));
    context
}

fn text(event: &Value, pointer: &str) -> String {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_becomes_an_answer() {
        let response = json!({"statusCode": 405, "headers": {"Allow": "GET, POST", "x-n": 1}, "multiValueHeaders": {},
            "cookies": ["a=1", "b=2"], "body": "aGk=", "isBase64Encoded": true});
        let answer = ApiAnswer::of_function(&response).unwrap();
        assert_eq!((answer.status.as_u16(), &*answer.body), (405, &b"hi"[..]));
        assert_eq!(answer.headers["allow"], "GET, POST");
        assert_eq!(answer.headers["x-n"], "1");
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
        for bad in [
            json!({}),
            json!({"statusCode": "200"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 200, "body": "?", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
        ] {
            assert_eq!(ApiAnswer::of_function(&bad), None, "{bad}");
        }
    }
}
