//! The edge to API Gateway and to the deployment's check: events in, responses out. The only file that names `lambda_http`.

mod event;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use http::{HeaderMap, HeaderValue};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::Serialize;
use tokio::time::{Duration, Instant};

use self::event::Origin;
pub use self::event::{Invocation, Kind};
use crate::{
    authenticate::FetchKeySet, inbound::Arrival, publish::SendBatch, receiver::Receiver, respond::Reply,
    watch::Watch,
};

/// Response in the shape of the event's kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// HTTP API, payload 2.0.
    HttpApi(ApiGatewayV2httpResponse),
    /// REST API, payload 1.0.
    RestApi(ApiGatewayProxyResponse),
    /// The deployment's check. It shows that the function started, so its configuration is good.
    Checked {
        /// The configuration's health.
        prelude_webhooks: Health,
    },
}

/// Health of the configuration. A function with a bad one does not start, so it has one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The configuration has no problem.
    Healthy,
}

/// Time budget of a request. Prelude gives up after 10 s.
pub const BUDGET: Duration = Duration::from_secs(8);
/// Part of the function's own time that is kept for the answer.
const MARGIN: Duration = Duration::from_millis(500);

/// Answers invocations with the receiver.
pub struct Handler<F, S> {
    receiver: Receiver<F, S>,
    /// Time from the process's start to its first poll. The first sender waited for it, too.
    initialization: Mutex<Duration>,
}

impl<F: FetchKeySet, S: SendBatch> Handler<F, S> {
    /// `initialization` is the time that the process has needed so far. The first request's budget is shorter by it.
    pub const fn new(receiver: Receiver<F, S>, initialization: Duration) -> Self {
        Self { receiver, initialization: Mutex::new(initialization) }
    }

    /// Answers one invocation.
    ///
    /// # Errors
    /// The event comes neither from an API Gateway nor from the deployment's check. An answer would acknowledge it, for example to a queue's poller.
    pub async fn handle(&self, event: LambdaEvent<Invocation>) -> Result<Response, Diagnostic> {
        self.handle_watched(event, &mut ()).await
    }

    /// Answers one invocation, and reports each step of its request.
    ///
    /// # Errors
    /// The errors of [`Handler::handle`].
    pub async fn handle_watched(
        &self,
        event: LambdaEvent<Invocation>,
        watch: &mut impl Watch,
    ) -> Result<Response, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        let arrival = self.arrival(&context);
        let request_id = &*arrival.request_id;
        match payload.origin {
            Origin::Gateway(Kind::HttpApi, inbound) => {
                Ok(Response::http_api(self.receiver.receive_watched(inbound, &arrival, watch).await))
            }
            Origin::Gateway(Kind::RestApi, inbound) => {
                Ok(Response::rest_api(self.receiver.receive_watched(inbound, &arrival, watch).await))
            }
            Origin::Deployment => {
                tracing::info!(code = "checked", request_id, "the configuration is good");
                Ok(Response::Checked { prelude_webhooks: Health::Healthy })
            }
            Origin::Unknown => {
                tracing::error!(
                    code = "not_api_gateway",
                    request_id,
                    "the event is not an API Gateway request"
                );
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
        let remaining = remaining(&context.deadline(), &received_at);
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

/// Rest of the function's own time, less the margin. `None` for emulators, which send no deadline or a very old one.
fn remaining(deadline: &SystemTime, now: &SystemTime) -> Option<Duration> {
    match deadline.duration_since(*now) {
        Ok(left) => Some(left.saturating_sub(MARGIN)),
        Err(past) if past.duration() < Duration::from_secs(60) => Some(Duration::ZERO),
        Err(_never_meant) => None,
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

/// Recognises `Root=1-<8 hex>-<24 hex>[;Parent=<16 hex>][;Sampled=<0|1|?>]…`, the form of `AWSTraceHeader`. SQS refuses
/// others, and emulators send them.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_of_long_ago_is_none() {
        let (now, second) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_000), Duration::from_secs(1));
        assert_eq!(remaining(&(now + second), &now), Some(second - MARGIN));
        assert_eq!(remaining(&(now - second), &now), Some(Duration::ZERO));
        assert_eq!(remaining(&SystemTime::UNIX_EPOCH, &now), None, "no header");
        assert_eq!(remaining(&(SystemTime::UNIX_EPOCH + 600 * second), &now), None, "cargo lambda watch");
    }

    #[test]
    fn only_well_formed_trace_headers_are_sent() {
        for good in [
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=3995c3f42cd8ad8;Sampled=1"
                .replace("ad8;", "ad8f;")
                .as_str(),
            "Parent=3995c3f42cd8ad8f;Root=1-5759E988-bd862e3fe1be46a994272793;Sampled=?;Lineage=1:3a7b|fe:0",
        ] {
            assert!(is_trace_header(good), "{good}");
        }
        for bad in [
            "",
            "Root=",
            "Sampled=1",
            "Root=1-5759e98-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=2",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Self=a b",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=x",
        ] {
            assert!(!is_trace_header(bad), "{bad}");
        }
    }
}
