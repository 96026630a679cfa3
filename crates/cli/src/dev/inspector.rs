//! The inspector: a live page of the deliveries, queues and metrics of `prelude dev`, for this machine only.

mod admission;
mod live;
mod page;

use std::{collections::BTreeMap, io, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use prelude_events::EventType;
use prelude_webhooks::parking::Reason;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::Duration};

use super::{
    addresses::Addresses,
    delivery::Message,
    figures::{Figures, Snapshot},
    journal::Journal,
    sender::{NOTICE, SESSION_BATCH, Sender, UNKNOWN_TYPE},
};
use crate::{random::random_token, trigger::outgoing::Tamper};
use prelude_local::aws::{
    gateway::{Api, Request},
    sqs::{Depth, EmbeddedSqs},
};

/// Parts of the stack that the inspector shows and its buttons use.
pub struct Parts {
    /// API that accepts deliveries.
    pub api: Api<Journal>,
    /// Record of the deliveries.
    pub journal: Arc<Journal>,
    /// Queues of their messages.
    pub sqs: EmbeddedSqs,
    /// Local Prelude, which signs samples and rotates keys.
    pub sender: Arc<Sender>,
    /// Figures of the receiver's metrics.
    pub figures: Arc<Figures>,
    /// The receiver writes metrics.
    pub has_metrics: bool,
    /// Name of the parking queue.
    pub parking_queue: String,
    /// Name of the dead-letter queue of each event type.
    pub dead_letters: BTreeMap<EventType, String>,
}

/// A running inspector.
pub struct Inspector {
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// State of one run.
struct Run {
    parts: Parts,
    addresses: Addresses,
    port: u16,
    /// Token that every changing request must carry.
    token: String,
    stopping: watch::Receiver<bool>,
}

impl Inspector {
    /// Listens on 127.0.0.1; port 0 takes a free one. Writes the inspector's URL into `addresses`.
    ///
    /// # Errors
    /// The port is taken, or the system has no random bytes.
    pub async fn start(parts: Parts, addresses: &mut Addresses, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        addresses.inspector = format!("http://127.0.0.1:{port}/");
        let (stop, stopping) = watch::channel(false);
        let token = random_token().map_err(io::Error::other)?;
        let mut asked_to_stop = stopping.clone();
        let run = Run { parts, addresses: addresses.clone(), port, token, stopping };
        let serve = axum::serve(listener, router(Arc::new(run))).with_graceful_shutdown(async move {
            // Fails when the inspector was dropped, which is a stop, too.
            drop(asked_to_stop.wait_for(|stop| *stop).await);
        });
        // Serving ends only at a stop, and without an error.
        let serving = tokio::spawn(async move { drop(serve.await) });
        Ok(Self { stop, serving })
    }

    /// Ends the live streams, and accepts no more requests.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(Duration::from_secs(2), &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

fn router(run: Arc<Run>) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/api/setup", get(setup))
        .route("/api/live", get(live::live))
        .route("/api/deliveries", get(deliveries))
        .route("/api/deliveries/{number}", get(delivery))
        .route("/api/deliveries/{number}/replay", post(replay))
        .route("/api/metrics", get(metrics))
        .route("/api/queues", get(queues))
        .route("/api/queues/{queue}", get(peek))
        .route("/api/queues/{queue}/purge", post(purge))
        .route("/api/trigger", post(trigger))
        .route("/api/activate", post(activate))
        .route("/api/rotate", post(rotate))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(middleware::from_fn_with_state(Arc::clone(&run), admission::admit))
        .with_state(run)
}

/// Data that does not change while the stack runs.
async fn setup(State(run): State<Arc<Run>>) -> Json<Value> {
    let types = EventType::ALL.iter().map(|event_type| {
        json!({
            "type": event_type.as_str(),
            "source": event_type.source().map(prelude_events::Source::as_str),
            "meaning": event_type.meaning(),
            "dead_letters": run.parts.dead_letters.get(event_type),
        })
    });
    Json(json!({
        "addresses": run.addresses,
        "types": types.collect::<Vec<_>>(),
        "others": [SESSION_BATCH, UNKNOWN_TYPE],
        "tampers": Tamper::ALL,
        "metrics": run.parts.has_metrics,
        "parking_queue": run.parts.parking_queue,
        "reasons": BTreeMap::from(Reason::ALL.map(|reason| (reason.as_str(), reason.meaning()))),
    }))
}

async fn deliveries(State(run): State<Arc<Run>>) -> Json<Value> {
    Json(json!(run.parts.journal.summaries()))
}

async fn delivery(State(run): State<Arc<Run>>, Path(number): Path<u64>) -> Result<Json<Value>, Failure> {
    let delivery = run.parts.journal.delivery(number).ok_or(Failure::Forgotten)?;
    Ok(Json(delivery.to_json()))
}

async fn queues(State(run): State<Arc<Run>>) -> Result<Json<Value>, Failure> {
    Ok(Json(json!(run.parts.sqs.depths().await.map_err(|_failed| Failure::Sqs)?)))
}

async fn metrics(State(run): State<Arc<Run>>) -> Json<Snapshot> {
    Json(run.parts.figures.snapshot())
}

/// The depth of a queue, and its newest 100 messages, newest first. Both are of the same moment.
async fn peek(State(run): State<Arc<Run>>, Path(queue): Path<String>) -> Json<Value> {
    let held = run.parts.sqs.peek(&queue);
    let depth = Depth::of(&queue, &held);
    let newest = held.into_iter().rev().take(100);
    let messages = newest.map(|held| Message::new(&queue, held)).collect::<Vec<_>>();
    Json(json!({ "depth": depth, "messages": messages }))
}

async fn purge(State(run): State<Arc<Run>>, Path(queue): Path<String>) -> Result<Json<Value>, Failure> {
    let purge = run.parts.sqs.client().purge_queue().queue_url(EmbeddedSqs::queue_url_prefix(&queue));
    purge.send().await.map_err(|_failed| Failure::Sqs)?;
    Ok(Json(json!({})))
}

/// A sample to send, and its defect.
#[derive(Deserialize)]
struct Trigger {
    name: String,
    #[serde(default)]
    tamper: Tamper,
}

async fn trigger(State(run): State<Arc<Run>>, Json(trigger): Json<Trigger>) -> Result<Json<Value>, Failure> {
    let made = run.parts.sender.delivery(&trigger.name, trigger.tamper).map_err(|_failed| Failure::Key)?;
    run.deliver(made.ok_or(Failure::UnknownName)?).await
}

async fn replay(State(run): State<Arc<Run>>, Path(number): Path<u64>) -> Result<Json<Value>, Failure> {
    let delivery = run.parts.journal.delivery(number).ok_or(Failure::Forgotten)?;
    run.deliver(delivery.exchange.request.clone()).await
}

async fn activate(State(run): State<Arc<Run>>) -> Result<Json<Value>, Failure> {
    run.deliver(run.parts.sender.activation()).await
}

async fn rotate(State(run): State<Arc<Run>>) -> Result<Json<Value>, Failure> {
    let sender = Arc::clone(&run.parts.sender);
    let rotated = tokio::task::spawn_blocking(move || sender.rotate().map(|()| sender.key_ids())).await;
    match rotated {
        Ok(Ok(key_ids)) => Ok(Json(json!({ "key_ids": key_ids, "signs_in_seconds": NOTICE.as_secs() }))),
        _ => Err(Failure::Key),
    }
}

impl Run {
    /// Sends a request, and returns the answer's status and the delivery's number.
    async fn deliver(&self, request: Request) -> Result<Json<Value>, Failure> {
        let answer = self.parts.api.handle(request).await;
        let request_id = answer.headers.get("apigw-requestid").and_then(|id| id.to_str().ok());
        let delivery = request_id.and_then(|id| self.parts.journal.of_request(id));
        Ok(Json(json!({
            "status": answer.status.as_u16(),
            "number": delivery.map(|delivery| delivery.summary.number),
        })))
    }
}

/// Failure of a request from the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Failure {
    #[error("the delivery is no longer kept: the inspector keeps the newest ones")]
    Forgotten,
    #[error("the sample's name is unknown: expected an event type, session-batch or unknown-type")]
    UnknownName,
    #[error("the embedded SQS failed: check that the queue exists")]
    Sqs,
    #[error("the local Prelude's key cannot be used")]
    Key,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Forgotten | Self::UnknownName | Self::Sqs => StatusCode::NOT_FOUND,
            Self::Key => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
