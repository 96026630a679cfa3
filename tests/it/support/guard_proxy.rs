//! Proxy between the function's AWS SDK and another SQS. It enforces the limits of the real SQS.
//!
//! moto enforces the number of entries and the size of bodies. It counts no attributes, checks no characters and drops
//! system attributes. Therefore the proxy refuses what SQS would refuse, and records each refusal. Without this record,
//! a receiver that splits and retries would hide its fault.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client};
use hyper_util::rt::TokioIo;
use prelude_local::{
    aws::guard::{
        rules::{MAX_BYTES, QueueRules, check_batch, check_entry},
        wire::{BatchRequest, Code, Entry, Refusal},
    },
    http_server::HttpServer,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Running proxy. Dropping it stops the proxy.
pub(crate) struct GuardProxy {
    server: HttpServer,
    shared: Arc<Shared>,
}

/// Forwarded entry with the members that moto drops: system attributes, group id and deduplication id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Forwarded {
    pub(crate) queue_url: String,
    pub(crate) entry: Entry,
}

impl GuardProxy {
    /// Listens on a free loopback port, and forwards to `upstream`, such as `http://127.0.0.1:5000`.
    pub(crate) async fn start(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let shared = Arc::new(Shared { upstream, state: Mutex::default() });
        let answering = Arc::clone(&shared);
        let respond = move |request| {
            let answering = Arc::clone(&answering);
            async move { answering.answer(request).await }
        };
        let server = HttpServer::start(0, respond).await.unwrap();
        Self { server, shared }
    }

    /// Value of `AWS_ENDPOINT_URL_SQS`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Codes of all refusals that SQS would make. Empty for a correct receiver.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().violations.clone()
    }

    /// Forwarded entries so far, in order.
    pub(crate) fn entries(&self) -> Vec<Forwarded> {
        self.shared.state.lock().unwrap().entries.clone()
    }

    /// Number of `SendMessageBatch` calls, including refused and failed ones.
    pub(crate) fn calls(&self) -> usize {
        self.shared.state.lock().unwrap().calls
    }

    /// From now on, answers each `SendMessageBatch` for which `fault` returns a status and body, and does not forward
    /// it. A body with an AWS `__type` gets the header in which SQS names the error.
    pub(crate) fn inject(&self, fault: impl Fn(&Value) -> Option<(u16, Value)> + Send + 'static) {
        self.shared.state.lock().unwrap().fault = Some(Box::new(fault));
    }
}

struct Shared {
    upstream: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    violations: Vec<String>,
    entries: Vec<Forwarded>,
    calls: usize,
    fault: Option<Fault>,
}

type Fault = Box<dyn Fn(&Value) -> Option<(u16, Value)> + Send>;

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return self.refuse(StatusCode::BAD_REQUEST, "IncompleteBody", &error.to_string()),
        };
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        match target.and_then(|target| target.strip_prefix("AmazonSQS.")) {
            Some("SendMessageBatch") => {
                if let Some(answer) = self.objection(&body) {
                    return answer;
                }
            }
            // A single message would bypass the rules.
            Some("SendMessage") => {
                return self.refuse(
                    StatusCode::BAD_REQUEST,
                    "InvalidAction",
                    "only batches are checked here",
                );
            }
            _ => {}
        }
        match self.forward(Request::from_parts(head, Full::new(body))).await {
            Ok(response) => response,
            Err(error) => {
                let message = format!("{}: {error}", self.upstream);
                self.refuse(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", &message)
            }
        }
    }

    /// Answer to a batch that breaks a rule or has an injected fault; none if the proxy forwards it.
    fn objection(&self, body: &[u8]) -> Option<Response<Full<Bytes>>> {
        self.state.lock().unwrap().calls += 1;
        let batch = match serde_json::from_slice::<BatchRequest>(body) {
            Ok(batch) => batch,
            Err(error) => {
                let code = Code::Serialization.shape();
                return Some(self.refuse(StatusCode::BAD_REQUEST, code, &error.to_string()));
            }
        };
        if let Err(refusal) = check(&batch) {
            return Some(self.refuse(StatusCode::BAD_REQUEST, refusal.code.shape(), &refusal.message));
        }
        let mut state = self.state.lock().unwrap();
        let request = serde_json::to_value(&batch).unwrap();
        if let Some((status, answer)) = state.fault.as_ref().and_then(|fault| fault(&request)) {
            return Some(reply(StatusCode::from_u16(status).unwrap(), &answer));
        }
        let BatchRequest { queue_url, entries } = batch;
        let forwarded = entries.into_iter().map(|entry| Forwarded { queue_url: queue_url.clone(), entry });
        state.entries.extend(forwarded);
        None
    }

    /// Records the violation and answers as SQS would.
    fn refuse(&self, status: StatusCode, shape: &str, message: &str) -> Response<Full<Bytes>> {
        self.state.lock().unwrap().violations.push(format!("{shape}: {message}"));
        reply(status, &json!({"__type": format!("com.amazonaws.sqs#{shape}"), "message": message}))
    }

    /// Forwards with the original host header, because the other SQS builds its queue URLs from it.
    async fn forward(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error>> {
        let stream = TcpStream::connect(&self.upstream).await?;
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (mut head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        // The body is complete, so headers about its transfer no longer apply.
        for name in ["connection", "content-length", "transfer-encoding"] {
            head.headers.remove(name);
        }
        Ok(Response::from_parts(head, Full::new(body)))
    }
}

/// Applies the rules of the embedded SQS. An entry that breaks one refuses its whole batch, because every violation is
/// a fault.
fn check(batch: &BatchRequest) -> Result<(), Refusal> {
    check_batch(&batch.entries)?;
    let queue = QueueRules {
        fifo: batch.queue_url.ends_with(".fifo"),
        content_based_deduplication: false,
        max_message_bytes: MAX_BYTES,
    };
    batch.entries.iter().try_for_each(|entry| check_entry(entry, &queue))
}

fn reply(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response =
        Response::builder().status(status).header("Content-Type", "application/x-amz-json-1.0");
    if let Some(shape) = body.get("__type").and_then(Value::as_str) {
        let blame = if status.is_server_error() { "Receiver" } else { "Sender" };
        response = response.header("x-amzn-query-error", format!("{};{blame}", query_code(shape)));
    }
    response.body(Full::new(Bytes::from(body.to_string()))).unwrap()
}

/// Code in the header by which SDKs distinguish errors, from the older Query protocol.
fn query_code(shape: &str) -> &str {
    let name = shape.rsplit('#').next().unwrap_or(shape);
    let renamed = [
        Code::BatchTooLong,
        Code::EmptyBatchRequest,
        Code::IdsNotDistinct,
        Code::InvalidEntryId,
        Code::QueueDoesNotExist,
        Code::TooManyEntries,
    ];
    renamed.into_iter().find(|code| code.shape() == name).map_or(name, |code| code.query_code())
}
