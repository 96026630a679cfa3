//! Sends signed samples to a receiver, and tells what it answers and where the events lie then.

pub mod outgoing;
mod peek;
mod post;
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
use self::sign::{SIGNATURE_HEADER, SignError};
pub use self::{
    peek::{PeekError, Placed, Queues},
    post::{Assignment, Order},
    text::{closing_line, json, rows_text},
};
use prelude_local::{
    http_client::{Answer, Client, ClientError},
    prelude::samples,
};

/// What came of one request.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The event type, or `file`.
    pub event: String,
    /// The answer's status; absent where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's body, or why there was none.
    pub answer: String,
    /// From sending to the end of the answer.
    pub ms: f64,
    /// The status that is right.
    pub expected: u16,
    /// Whether it came.
    pub ok: bool,
    /// Where its events lie, as far as that was looked at.
    pub messages: Vec<Placed>,
    #[serde(skip)]
    events: Vec<post::Sent>,
}

/// The dev stack's address for [`samples::PATH_TOKEN`].
pub fn dev_url() -> String {
    format!("http://127.0.0.1:9000/webhooks/{}", samples::PATH_TOKEN)
}

/// The dev stack's SQS.
pub const DEV_SQS: &str = "http://127.0.0.1:9324";

/// How many requests are under way at once when a rate is wanted.
const IN_FLIGHT: usize = 64;

/// Sends everything in order: one after the other, or so many in a second. `sent` is called after each request.
///
/// # Errors
/// A request can not be made, or the first one reaches nobody: the address is wrong then. Later ones without an answer
/// are rows.
pub async fn send(
    order: &Order,
    url: &str,
    rate: Option<f64>,
    mut sent: impl FnMut(),
) -> Result<Vec<Row>, TriggerError> {
    let courier = Courier { client: Client::new()?, url: url.to_owned() };
    let copies = if order.duplicate { 2 } else { 1 };
    let mut rows = BTreeMap::new();
    let first = order.post(0)?;
    let answer = courier.post(&first).await?;
    sent();
    let mut of_first = vec![Row::of(&first, Ok(answer))];
    if order.duplicate {
        of_first.push(Row::of(&first, courier.post(&first).await));
        sent();
    }
    rows.insert(0, of_first);

    let mut clock = rate.map(|rate| tokio::time::interval(Duration::from_secs_f64(1.0 / rate)));
    let limit = if clock.is_some() { IN_FLIGHT } else { 1 };
    let mut under_way = JoinSet::new();
    let mut next = 1;
    loop {
        tokio::select! {
            Some(done) = under_way.join_next() => {
                let (index, done): (usize, Vec<Row>) = done.map_err(|_panicked| TriggerError::Lost)?;
                done.iter().for_each(|_| sent());
                rows.insert(index, done);
            }
            () = turn(&mut clock), if under_way.len() < limit && next < order.posts() => {
                let (courier, post, index) = (courier.clone(), order.post(next)?, next);
                under_way.spawn(async move {
                    let mut done = Vec::with_capacity(copies);
                    for _ in 0..copies {
                        done.push(Row::of(&post, courier.post(&post).await));
                    }
                    (index, done)
                });
                next += 1;
            }
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
}

impl Courier {
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
            events: post.events.clone(),
        }
    }
}

/// Looks where the accepted events lie: in the queue of their type, the parking queue, or where routes sent them.
///
/// # Errors
/// The queues can not be looked into.
pub async fn locate(rows: &mut [Row], queues: &Queues, since: SystemTime) -> Result<(), PeekError> {
    let mut seen = peek::Seen::default();
    for row in rows.iter_mut().filter(|row| row.status == Some(200)) {
        for event in &row.events {
            row.messages.extend(seen.find(event, queues, since).await?);
        }
    }
    Ok(())
}

/// A request could not be made or sent.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// Nobody answers.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It can not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A type without a sample.
    #[error("this event type has no sample")]
    NoSample,
    /// A defect of this tool: a request ended without a row.
    #[error("a request was lost in this process")]
    Lost,
    /// `--set` leads nowhere.
    #[error("--set {path} leads nowhere in the sample of {event_type}: `{at}` has no such part")]
    NoSuchPlace {
        /// The path that was given.
        path: String,
        /// How far it leads.
        at: String,
        /// The sample.
        event_type: String,
    },
}
