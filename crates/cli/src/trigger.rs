//! Sends signed samples to a receiver, and reports its answers and the queues of the events.

pub mod outgoing;
mod peek;
mod post;
mod search;
mod sight;
pub mod sign;
mod text;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use tokio::{task::JoinSet, time::Interval};

use self::post::Post;
use self::search::Found;
use self::sign::{SIGNATURE_HEADER, SignError};
pub use self::{
    peek::{PeekError, Placed, Queues},
    post::{Assignment, Order},
    search::Search,
    sight::{Sight, SightError},
    text::{closing_line, json, row_text},
};
use crate::operate::stop::Stop;
use prelude_local::{
    http_client::{Answer, Client, ClientError},
    prelude::samples,
};

/// Result of one request.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Event type, or `file`.
    pub event: String,
    /// Status of the answer; absent without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Body of the answer, or the error in place of one.
    pub answer: String,
    /// Time from sending to the end of the answer.
    pub ms: f64,
    /// Expected status.
    pub expected: u16,
    /// The status is the expected one.
    pub ok: bool,
    /// Messages of the request's events, as far as they were found.
    pub messages: Vec<Placed>,
    /// Search for the messages; absent if nothing was searched.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    #[serde(skip)]
    events: Vec<post::Sent>,
}

/// URL of the dev stack's receiver, with [`samples::PATH_TOKEN`].
pub fn dev_url() -> String {
    format!("http://127.0.0.1:9000/webhooks/{}", samples::PATH_TOKEN)
}

/// Address of the dev stack's SQS.
pub const DEV_SQS: &str = "http://127.0.0.1:9324";

/// Limit of requests in flight at a given rate.
const IN_FLIGHT: usize = 64;

/// Way of sending an order.
#[derive(Debug)]
pub struct Route<'a> {
    /// URL of the receiver.
    pub url: &'a str,
    /// Requests per second; one after the other without it.
    pub rate: Option<f64>,
    /// Sight of the queues in which the events arrive.
    pub sight: Option<Sight>,
    /// Ends the run after the requests in flight.
    pub stop: &'a Stop,
}

/// Sends all requests of an order. Calls `done` after each request.
///
/// # Errors
/// A request cannot be made, or the first one gets no answer, because the address is probably wrong. Later requests
/// without an answer are rows.
pub async fn send(
    order: &Order,
    route: &Route<'_>,
    mut done: impl FnMut(&Row),
) -> Result<Vec<Row>, TriggerError> {
    let courier = Courier { client: Client::new()?, url: route.url.to_owned(), sight: route.sight.clone() };
    let copies = if order.duplicate { 2 } else { 1 };
    let mut rows = BTreeMap::new();
    let first = order.post(0)?;
    let mut of_first = vec![courier.deliver_first(&first).await?];
    if order.duplicate {
        of_first.push(courier.deliver(&first).await);
    }
    of_first.iter().for_each(&mut done);
    rows.insert(0, of_first);

    let mut clock = route.rate.map(|rate| tokio::time::interval(Duration::from_secs_f64(1.0 / rate)));
    let limit = if clock.is_some() { IN_FLIGHT } else { 1 };
    let mut in_flight = JoinSet::new();
    let mut next = 1;
    loop {
        let is_more = next < order.posts() && !route.stop.is_asked();
        tokio::select! {
            Some(delivered) = in_flight.join_next() => {
                let (index, delivered): (usize, Vec<Row>) = delivered.map_err(|_panicked| TriggerError::Lost)?;
                delivered.iter().for_each(&mut done);
                rows.insert(index, delivered);
            }
            () = turn(&mut clock), if is_more && in_flight.len() < limit => {
                let (courier, post, index) = (courier.clone(), order.post(next)?, next);
                in_flight.spawn(async move {
                    let mut delivered = Vec::with_capacity(copies);
                    for _ in 0..copies {
                        delivered.push(courier.deliver(&post).await);
                    }
                    (index, delivered)
                });
                next += 1;
            }
            // Leaves the wait for the next turn.
            () = route.stop.asked(), if is_more => {}
            else => break,
        }
    }
    Ok(rows.into_values().flatten().collect())
}

/// Waits until the next request is due.
async fn turn(clock: &mut Option<Interval>) {
    if let Some(clock) = clock {
        clock.tick().await;
    }
}

#[derive(Clone)]
struct Courier {
    client: Client,
    url: String,
    sight: Option<Sight>,
}

impl Courier {
    async fn deliver(&self, post: &Post) -> Row {
        let since = SystemTime::now();
        let answer = self.post(post).await;
        self.row(post, answer, since).await
    }

    async fn deliver_first(&self, post: &Post) -> Result<Row, ClientError> {
        let since = SystemTime::now();
        let answer = self.post(post).await?;
        Ok(self.row(post, Ok(answer), since).await)
    }

    async fn row(&self, post: &Post, answer: Result<Answer, ClientError>, since: SystemTime) -> Row {
        let mut row = Row::of(post, answer);
        if let Some(sight) = &self.sight
            && row.is_accepted()
            && let Some(found) = sight.find(&row.events, since).await
        {
            row.add(found, sight.endpoint());
        }
        row
    }

    async fn post(&self, post: &Post) -> Result<Answer, ClientError> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let name = HeaderName::from_bytes(SIGNATURE_HEADER.as_bytes());
        let value = post.signature.as_deref().map(HeaderValue::from_str);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
            headers.insert(name, value);
        }
        self.client.send(Method::POST, &self.url, headers, post.body.clone()).await
    }
}

impl Row {
    fn of(post: &Post, answer: Result<Answer, ClientError>) -> Self {
        let (status, text, took) = match answer {
            Ok(answer) => (Some(answer.status), answer.text(), answer.took),
            Err(error) => (None, error.to_string(), Duration::ZERO),
        };
        Self {
            event: post.label.clone(),
            status,
            answer: text,
            ms: (took.as_secs_f64() * 1e5).round() / 100.0,
            expected: post.expected,
            ok: status == Some(post.expected),
            messages: Vec::new(),
            search: None,
            events: post.events.clone(),
        }
    }

    /// Reports whether the receiver accepted the events, so that their messages are in queues.
    pub fn is_accepted(&self) -> bool {
        self.status == Some(200) && !self.events.is_empty()
    }

    fn add(&mut self, found: Found, endpoint: &str) {
        self.search = Some(found.search(endpoint));
        self.messages = found.placed;
    }
}

/// Finds the messages of the accepted events by receiving them: in the queue of the type, the parking queue, or the queue
/// of a route.
///
/// # Errors
/// The queues cannot be searched.
pub async fn receive(rows: &mut [Row], queues: &Queues, since: SystemTime) -> Result<(), PeekError> {
    let mut seen = peek::Seen::default();
    for row in rows.iter_mut().filter(|row| row.is_accepted()) {
        let (mut placed, mut not_seen) = (Vec::new(), Vec::new());
        for event in &row.events {
            match seen.find(event, queues, since).await? {
                Some(message) => placed.push(message),
                None => not_seen.push(event.clone()),
            }
        }
        let has_others_parked = seen.has_parked(since);
        row.add(Found { placed, not_seen, has_others_parked }, queues.endpoint());
    }
    Ok(())
}

/// Error of making or sending a request.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// There is no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The body cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The event type has no sample.
    #[error("this event type has no sample")]
    NoSample,
    /// A request ended without a row, which is a defect of this tool.
    #[error("a request was lost in this process")]
    Lost,
    /// The sample has no place for the path of `--set`.
    #[error("--set {path} does not fit the sample of {event_type}: `{at}` has no such member")]
    NoSuchPlace {
        /// Path of `--set`.
        path: String,
        /// Existing part of the path.
        at: String,
        /// Event type of the sample.
        event_type: String,
    },
}
