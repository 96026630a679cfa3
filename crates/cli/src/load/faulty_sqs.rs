//! Embedded SQS behind a socket, which fails by each delivery's fault.

use std::{io, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Frame, Incoming},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::{Duration, sleep};
use winterbaume_core::{MockRequest, MockResponse, MockService as _};

use super::{
    PREFIX,
    delivery::Hash,
    fault::{Fault, FaultKind},
    mailbag::Mailbag,
};
use prelude_local::{
    aws::{
        guard::{
            Guard,
            wire::{BatchRequest, Entry, error_response},
        },
        sqs::{EmbeddedSqs, sqs_request},
    },
    http_server::HttpServer,
};

/// A running server, until it is dropped.
#[derive(Debug)]
pub(super) struct FaultySqs(HttpServer);

/// Longer than any caller waits.
const NEVER: Duration = Duration::from_secs(60);

type Body = BoxBody<Bytes, io::Error>;

impl FaultySqs {
    /// Listens on a free port of 127.0.0.1.
    pub(super) async fn start(sqs: &EmbeddedSqs, mailbag: Arc<Mailbag>) -> io::Result<Self> {
        let sqs = sqs.service();
        let respond = move |request| {
            let (sqs, mailbag) = (Arc::clone(&sqs), Arc::clone(&mailbag));
            async move { respond(request, &sqs, &mailbag).await }
        };
        HttpServer::start(0, respond).await.map(Self)
    }

    /// Value of `AWS_ENDPOINT_URL_SQS`.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.0.address())
    }
}

async fn respond(request: Request<Incoming>, sqs: &Guard, mailbag: &Mailbag) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return cut_off() };
    let request = sqs_request(parts, body.to_bytes());
    let Ok(batch) = serde_json::from_slice::<BatchRequest>(&request.body) else {
        return whole(sqs.handle(request).await);
    };
    // All entries of a call belong to one delivery, because a function has one request at a time.
    let queue = batch.queue();
    let slug = queue.strip_prefix(PREFIX).unwrap_or(queue);
    let Some(fault) = batch.entries.first().and_then(|entry| mailbag.strike(&hash(entry), slug)) else {
        return whole(pass(request, &batch.entries, sqs, mailbag).await);
    };
    fail(fault, request, batch, sqs, mailbag).await
}

async fn fail(
    fault: Fault,
    request: MockRequest,
    batch: BatchRequest,
    sqs: &Guard,
    mailbag: &Mailbag,
) -> Response<Body> {
    let refusal = |status, code: &str| whole(error_response(status, code, code, "An injected fault."));
    match fault.kind {
        FaultKind::Throttled => refusal(400, "RequestThrottled"),
        FaultKind::Unavailable => refusal(503, "ServiceUnavailable"),
        FaultKind::Denied => refusal(403, "AccessDenied"),
        FaultKind::Unlisted => refusal(403, "OptInRequired"),
        FaultKind::Cut => cut_off(),
        FaultKind::Hang => {
            sleep(NEVER).await;
            cut_off()
        }
        FaultKind::LostAnswer => {
            pass(request, &batch.entries, sqs, mailbag).await;
            cut_off()
        }
        FaultKind::LateAnswer => {
            let answer = pass(request, &batch.entries, sqs, mailbag).await;
            sleep(fault.delay).await;
            whole(answer)
        }
        FaultKind::Slow => {
            sleep(fault.delay).await;
            whole(pass(request, &batch.entries, sqs, mailbag).await)
        }
        FaultKind::FailedEntries => whole(fail_entries(request, batch, sqs, mailbag).await),
    }
}

/// Answers that every second entry failed, and stores the others.
async fn fail_entries(
    request: MockRequest,
    batch: BatchRequest,
    sqs: &Guard,
    mailbag: &Mailbag,
) -> MockResponse {
    let (failed, stored): (Vec<_>, Vec<_>) =
        batch.entries.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
    let failed = failed.into_iter().map(|(_, entry)| {
        json!({"Id": entry.id, "SenderFault": false, "Code": "InternalError", "Message": "An injected fault."})
    });
    let failed: Vec<_> = failed.collect();
    let mut answer = json!({"Failed": failed});
    let stored: Vec<_> = stored.into_iter().map(|(_, entry)| entry).collect();
    if !stored.is_empty() {
        let rest = BatchRequest { queue_url: batch.queue_url, entries: stored };
        let body = serde_json::to_vec(&rest).unwrap_or_default();
        let response = pass(MockRequest { body: body.into(), ..request }, &rest.entries, sqs, mailbag).await;
        if response.status != 200 {
            return response;
        }
        let taken = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        if let (Some(answer), Some(successful)) = (answer.as_object_mut(), taken.get("Successful")) {
            answer.insert("Successful".to_owned(), successful.clone());
        }
    }
    MockResponse::json(200, answer.to_string())
}

/// Passes the call on, and records the stored entries.
async fn pass(request: MockRequest, entries: &[Entry], sqs: &Guard, mailbag: &Mailbag) -> MockResponse {
    let response = sqs.handle(request).await;
    let answer = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    for success in answer.get("Successful").and_then(Value::as_array).into_iter().flatten() {
        let id = success.get("Id").and_then(Value::as_str);
        for entry in entries.iter().filter(|entry| Some(entry.id.as_str()) == id) {
            mailbag.store(hash(entry));
        }
    }
    response
}

fn hash(entry: &Entry) -> Hash {
    Sha256::digest(&entry.message_body).into()
}

fn whole(answer: MockResponse) -> Response<Body> {
    let mut response = Response::new(Full::new(answer.body).map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    response
}

/// Sends the beginning of an answer, and then ends the connection.
fn cut_off() -> Response<Body> {
    let broken = Err::<Frame<Bytes>, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    let frames = futures_util::stream::iter([Ok(Frame::data(Bytes::from_static(b"{\"Succ"))), broken]);
    Response::new(StreamBody::new(frames).boxed())
}
