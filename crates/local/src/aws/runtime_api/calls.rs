//! Calls of the function's process to the Runtime API, and their answers.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use super::Invocation;
use crate::http_server::json_response;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<QueuedEvent>>,
    pub(super) answers: Mutex<HashMap<String, oneshot::Sender<Invocation>>>,
    pub(super) next_id: AtomicU64,
    pub(super) first_poll: watch::Sender<Option<Instant>>,
    pub(super) init_error: watch::Sender<Option<Value>>,
}

#[derive(Debug)]
pub(super) struct QueuedEvent {
    pub(super) request_id: String,
    pub(super) deadline: SystemTime,
    pub(super) trace_id: Option<String>,
    pub(super) body: Bytes,
}

impl Shared {
    pub(super) fn answers(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Invocation>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                return json_response(StatusCode::BAD_REQUEST, &json!({"errorMessage": error.to_string()}));
            }
        };
        let path = head.uri.path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default();
        match (&head.method, path.split('/').collect::<Vec<_>>().as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => {
                self.settle(id, Invocation::Response(parse(&body)))
            }
            (&Method::POST, ["invocation", id, "error"]) => self.settle(id, Invocation::Error(parse(&body))),
            (&Method::POST, ["init", "error"]) => {
                self.init_error.send_replace(Some(parse(&body)));
                json_response(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            }
            _ => json_response(StatusCode::NOT_FOUND, &json!({"errorType": "NotFound"})),
        }
    }

    /// Waits for an event. If the function disconnects first, the event stays in the queue.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.first_poll.send_if_modified(|at| {
            let first = at.is_none();
            at.get_or_insert_with(Instant::now);
            first
        });
        let Some(event) = self.queue.lock().await.recv().await else {
            return json_response(StatusCode::INTERNAL_SERVER_ERROR, &json!({"errorType": "ShuttingDown"}));
        };
        let deadline = event.deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let headers = [
            ("content-type", Some("application/json".to_owned())),
            ("lambda-runtime-aws-request-id", Some(event.request_id)),
            ("lambda-runtime-deadline-ms", Some(deadline.as_millis().to_string())),
            ("lambda-runtime-invoked-function-arn", Some(FUNCTION_ARN.to_owned())),
            ("lambda-runtime-trace-id", event.trace_id),
        ];
        let mut response = Response::new(Full::new(event.body));
        for (name, value) in headers {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    fn settle(&self, request_id: &str, invocation: Invocation) -> Response<Full<Bytes>> {
        let Some(answer) = self.answers().remove(request_id) else {
            return json_response(StatusCode::BAD_REQUEST, &json!({"errorType": "InvalidRequestID"}));
        };
        // The receiving end is gone if the caller of `invoke` gave up. The function may still finish.
        drop(answer.send(invocation));
        json_response(StatusCode::ACCEPTED, &json!({"status": "OK"}))
    }
}

const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:prelude-webhooks";

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
