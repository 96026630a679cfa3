//! The edge to API Gateway: its events in, its responses out. The only file that names `lambda_http`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use http::{HeaderMap, HeaderValue};
use lambda_http::{
    aws_lambda_events::{
        apigw::{
            ApiGatewayProxyRequest, ApiGatewayProxyResponse, ApiGatewayV2httpRequest,
            ApiGatewayV2httpResponse,
        },
        query_map::QueryMap,
    },
    request::LambdaRequest,
};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};

use crate::{
    authenticate::keys::cache::FetchKeySet,
    inbound::{Body, Inbound, Query},
    publish::{Arrival, SendBatch},
    receiver::Receiver,
    respond::Reply,
};

/// An API Gateway event, of an HTTP API (payload 2.0) or a REST API (payload 1.0).
///
/// Reading one never fails: the runtime would put what is wrong, values included, into the log.
pub struct Invocation(Option<LambdaRequest>);

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = <&RawValue>::deserialize(deserializer)?.get();
        // The kind that the template deploys first; its `requestContext.http` tells it from the other.
        let http_api =
            || serde_json::from_str::<ApiGatewayV2httpRequest>(event).ok().map(LambdaRequest::ApiGatewayV2);
        let rest_api =
            || serde_json::from_str::<ApiGatewayProxyRequest>(event).ok().map(LambdaRequest::ApiGatewayV1);
        Ok(Self(http_api().or_else(rest_api)))
    }
}

/// The response in the shape that the event's kind wants.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// HTTP API, payload 2.0.
    HttpApi(ApiGatewayV2httpResponse),
    /// REST API, payload 1.0.
    RestApi(ApiGatewayProxyResponse),
}

/// How long a request may take: Prelude gives up at 10 s.
pub const BUDGET: Duration = Duration::from_secs(8);
/// What is left of the function's own time for the answer to get out.
const MARGIN: Duration = Duration::from_millis(500);

/// Runs invocations through the receiver.
pub struct Handler<F, S> {
    receiver: Receiver<F, S>,
    /// The time the process needed until it first asked for an invocation: the first sender waited for that too.
    initialization: Mutex<Duration>,
}

impl<F: FetchKeySet, S: SendBatch> Handler<F, S> {
    /// `initialization` is what the process needed so far; it is taken off the first request's budget.
    pub const fn new(receiver: Receiver<F, S>, initialization: Duration) -> Self {
        Self { receiver, initialization: Mutex::new(initialization) }
    }

    /// Answers one invocation.
    ///
    /// # Errors
    /// Only for an event that no API Gateway sent: an answer would tell, say, a queue's poller that all is well.
    pub async fn handle(&self, event: LambdaEvent<Invocation>) -> Result<Response, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        let arrival = self.arrival(&context);
        match payload.0 {
            Some(LambdaRequest::ApiGatewayV2(request)) => {
                Ok(Response::http_api(self.receiver.receive(from_http_api(request), &arrival).await))
            }
            Some(LambdaRequest::ApiGatewayV1(request)) => {
                Ok(Response::rest_api(self.receiver.receive(from_rest_api(request), &arrival).await))
            }
            _ => {
                tracing::error!(code = "not_api_gateway", "the event is not an API Gateway request");
                Err(Diagnostic {
                    error_type: "not_api_gateway".into(),
                    error_message: "this function answers API Gateway requests only (HTTP API or REST API)"
                        .into(),
                })
            }
        }
    }

    fn arrival(&self, context: &Context) -> Arrival {
        let spent = std::mem::take(&mut *self.initialization.lock().unwrap_or_else(PoisonError::into_inner));
        let (now, received_at) = (Instant::now(), SystemTime::now());
        let budget = BUDGET.saturating_sub(spent);
        // Emulators send no deadline; Lambda always does.
        let remaining = (context.deadline > 0).then(|| {
            context.deadline().duration_since(received_at).unwrap_or_default().saturating_sub(MARGIN)
        });
        Arrival {
            request_id: context.request_id.as_str().into(),
            received_at,
            trace_header: context
                .xray_trace_id
                .as_deref()
                .filter(|header| is_trace_header(header))
                .map(Arc::from),
            deadline: now + remaining.map_or(budget, |remaining| remaining.min(budget)),
        }
    }
}

impl Response {
    fn http_api(reply: Reply) -> Self {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = reply.status.as_u16().into();
        response.headers = headers(&reply);
        response.body = Some(reply.body.into());
        Self::HttpApi(response)
    }

    fn rest_api(reply: Reply) -> Self {
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = reply.status.as_u16().into();
        response.headers = headers(&reply);
        response.body = Some(reply.body.into());
        Self::RestApi(response)
    }
}

fn headers(reply: &Reply) -> HeaderMap {
    let content_type = (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    std::iter::once(content_type).chain(reply.headers.iter().cloned()).collect()
}

fn from_http_api(request: ApiGatewayV2httpRequest) -> Inbound {
    let http = request.request_context.http;
    Inbound {
        method: http.method,
        path: request.raw_path.unwrap_or_default(),
        query: match request.raw_query_string {
            Some(text) => Query::Raw(text),
            // Emulators leave the text out.
            None => Query::Decoded(pairs(&request.query_string_parameters)),
        },
        headers: request.headers,
        source_ip: http.source_ip,
        body: body(request.body, request.is_base64_encoded),
    }
}

fn from_rest_api(request: ApiGatewayProxyRequest) -> Inbound {
    let mut headers = request.multi_value_headers;
    for (name, value) in &request.headers {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let mut query = pairs(&request.multi_value_query_string_parameters);
    if query.is_empty() {
        query = pairs(&request.query_string_parameters);
    }
    Inbound {
        method: request.http_method,
        path: request.path.unwrap_or_default(),
        query: Query::Decoded(query),
        headers,
        source_ip: request.request_context.identity.source_ip,
        body: body(request.body, request.is_base64_encoded),
    }
}

fn pairs(map: &QueryMap) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn body(body: Option<String>, is_base64_encoded: bool) -> Body {
    let text = body.unwrap_or_default();
    if is_base64_encoded { Body::Base64(text) } else { Body::Text(text) }
}

/// `Root=1-<8 hex>-<24 hex>[;Parent=<16 hex>][;Sampled=<0|1|?>]…`, as SQS takes it in `AWSTraceHeader`.
fn is_trace_header(header: &str) -> bool {
    let is_hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_root = |root: &str| {
        let mut parts = root.split('-');
        let (version, time, id) = (parts.next(), parts.next(), parts.next());
        version == Some("1")
            && time.is_some_and(|time| is_hex(time, 8))
            && id.is_some_and(|id| is_hex(id, 24))
            && parts.next().is_none()
    };
    let is_field = |field: &str| match field.split_once('=') {
        Some(("Root", root)) => is_root(root),
        Some(("Parent", parent)) => is_hex(parent, 16),
        Some(("Sampled", sampled)) => matches!(sampled, "0" | "1" | "?"),
        Some((name, value)) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_|.".contains(&byte);
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && value.bytes().all(is_plain)
        }
        None => false,
    };
    header.len() <= 256
        && header.split(';').any(|field| field.starts_with("Root="))
        && header.split(';').all(is_field)
}
