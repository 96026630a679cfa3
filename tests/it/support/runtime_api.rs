//! A stub of Lambda's Runtime API, so that the built binary runs as Lambda would run it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

use super::http::{Answer, serve};

/// A Runtime API for one function process, until dropped.
///
/// Every wait has an end, and then panics: a function that died must fail its test, not hang it.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<QueuedEvent>,
    server: JoinHandle<()>,
}

/// What the function answered to one event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Invocation {
    /// The handler's return value. Text that is no JSON comes as a string.
    Response(Value),
    /// The handler failed: `errorType` and `errorMessage`, as Lambda would log them.
    Error(Value),
}

/// What Lambda says about an invocation beside its event.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long from the queueing of the event until `Lambda-Runtime-Deadline-Ms`. The stub does not enforce it.
    pub(crate) deadline: Duration,
    /// `Lambda-Runtime-Trace-Id`; the header is left out without one.
    pub(crate) trace_id: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(9), trace_id: Some(TRACE_ID.to_owned()) }
    }
}

/// The trace id of every invocation that does not bring its own.
pub(crate) const TRACE_ID: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

impl RuntimeApi {
    /// Listens on a free port of the loopback address.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(queue),
            answers: Mutex::default(),
            next_id: AtomicU64::new(1),
            first_poll: watch::Sender::new(None),
            init_error: watch::Sender::new(None),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, events, server }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands the function an event and waits for what it makes of it.
    pub(crate) async fn invoke(&self, event: Value) -> Invocation {
        self.invoke_with(event, Options::default()).await
    }

    /// [`invoke`](Self::invoke) with another deadline or trace id. Events may be queued at once from many tasks.
    pub(crate) async fn invoke_with(&self, event: Value, options: Options) -> Invocation {
        let number = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("00000000-0000-4000-8000-{number:012}");
        let (answer, answered) = oneshot::channel();
        self.shared.answers.lock().unwrap().insert(request_id.clone(), answer);
        let deadline = SystemTime::now() + options.deadline;
        let body = serde_json::to_vec(&event).unwrap();
        self.events
            .send(QueuedEvent { request_id, deadline, trace_id: options.trace_id, body: body.into() })
            .unwrap();
        match timeout(options.deadline + PATIENCE, answered).await {
            Ok(answer) => answer.unwrap(),
            Err(_) => panic!("no answer {PATIENCE:?} after the deadline of event {number}"),
        }
    }

    /// Waits until the function has asked for its first event, and says when it did: the end of its cold start.
    pub(crate) async fn first_poll(&self) -> Instant {
        let mut polled = self.shared.first_poll.subscribe();
        let polled = timeout(PATIENCE, polled.wait_for(Option::is_some)).await;
        polled.unwrap_or_else(|_| panic!("no poll within {PATIENCE:?}")).unwrap().unwrap()
    }

    /// What the function reported to `/runtime/init/error`, if it did.
    pub(crate) fn init_error(&self) -> Option<Value> {
        self.shared.init_error.borrow().clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Added to every deadline: a stub on a busy machine should not be what fails a test.
const PATIENCE: Duration = Duration::from_secs(20);

struct Shared {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<QueuedEvent>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Invocation>>>,
    next_id: AtomicU64,
    first_poll: watch::Sender<Option<Instant>>,
    init_error: watch::Sender<Option<Value>>,
}

struct QueuedEvent {
    request_id: String,
    deadline: SystemTime,
    trace_id: Option<String>,
    body: Bytes,
}

impl Answer for Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return reply(StatusCode::BAD_REQUEST, &json!({"errorMessage": error.to_string()})),
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
                reply(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            }
            _ => reply(StatusCode::NOT_FOUND, &json!({"errorType": "NotFound"})),
        }
    }
}

impl Shared {
    /// Held open until there is an event. If the function hangs up first, the event stays in the queue.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.first_poll.send_if_modified(|at| {
            let first = at.is_none();
            at.get_or_insert_with(Instant::now);
            first
        });
        let Some(event) = self.queue.lock().await.recv().await else {
            return reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({"errorType": "ShuttingDown"}));
        };
        let deadline = event.deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let mut response = Response::builder()
            .header("Content-Type", "application/json")
            .header("Lambda-Runtime-Aws-Request-Id", event.request_id)
            .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
            .header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN);
        if let Some(trace_id) = event.trace_id {
            response = response.header("Lambda-Runtime-Trace-Id", trace_id);
        }
        response.body(Full::new(event.body)).unwrap()
    }

    fn settle(&self, request_id: &str, invocation: Invocation) -> Response<Full<Bytes>> {
        let Some(answer) = self.answers.lock().unwrap().remove(request_id) else {
            return reply(StatusCode::BAD_REQUEST, &json!({"errorType": "InvalidRequestID"}));
        };
        // Nobody waits any more where the test gave up on the invocation; the function may go on.
        drop(answer.send(invocation));
        reply(StatusCode::ACCEPTED, &json!({"status": "OK"}))
    }
}

const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:prelude-webhooks";

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn reply(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_string()));
    Response::builder().status(status).header("Content-Type", "application/json").body(body).unwrap()
}
