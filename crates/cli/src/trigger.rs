//! Sends signed samples to a receiver, and tells what it answers and where the events lie then.

mod fresh;
mod json;
mod peek;
mod post;
mod tamper;
mod text;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use tokio::task::JoinSet;

use self::post::Post;
pub use self::{
    peek::{PeekError, Placed, Queues},
    post::{Assignment, Order},
    tamper::Tamper,
    text::{closing_line, json, rows_text},
};
use crate::{
    client::{Client, ClientError},
    local::prelude::KeyError,
    samples,
    sign::{SIGNATURE_HEADER, SignError},
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

/// Sends everything in order: one after the other, or so many in a second. `sent` is called after each.
///
/// # Errors
/// A request can not be made, or the first one reaches nobody. Later ones without an answer are rows.
pub async fn send(
    order: &Order,
    url: &str,
    rate: Option<f64>,
    mut sent: impl FnMut(),
) -> Result<Vec<Row>, TriggerError> {
    let client = Client::new()?;
    let mut clock = rate.map(|rate| tokio::time::interval(Duration::from_secs_f64(1.0 / rate)));
    let limit = if clock.is_some() { IN_FLIGHT } else { 1 };
    let mut under_way = JoinSet::new();
    let mut rows = BTreeMap::new();
    let mut keep = |(index, row): (usize, Result<Row, ClientError>)| -> Result<(), TriggerError> {
        sent();
        rows.insert(index, row?);
        Ok(())
    };
    for index in 0..order.requests() {
        if let Some(clock) = &mut clock {
            clock.tick().await;
        }
        // Twice the same bytes: the second of a pair is made with the first.
        let post = if order.duplicate { index / 2 } else { index };
        if index == 0 || !order.duplicate || index % 2 == 0 {
            let post = order.post(post)?;
            while under_way.len() >= limit {
                if let Some(Ok(done)) = under_way.join_next().await {
                    for one in done {
                        keep(one)?;
                    }
                }
            }
            let (client, url, times) = (client.clone(), url.to_owned(), if order.duplicate { 2 } else { 1 });
            let first = index == 0;
            let task = async move {
                let mut done = Vec::with_capacity(times);
                for copy in 0..times {
                    let row = deliver(&client, &url, post.clone(), first).await;
                    done.push((index + copy, row));
                }
                done
            };
            if first {
                for one in task.await {
                    keep(one)?;
                }
            } else {
                under_way.spawn(task);
            }
        }
    }
    while let Some(done) = under_way.join_next().await {
        for one in done.unwrap_or_default() {
            keep(one)?;
        }
    }
    Ok(rows.into_values().collect())
}

/// Only the first request's failure to get an answer ends the run: the address is wrong then.
async fn deliver(client: &Client, url: &str, post: Post, first: bool) -> Result<Row, ClientError> {
    let Post { label, body, signature, expected, events } = post;
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let name = HeaderName::from_bytes(SIGNATURE_HEADER.as_bytes());
    let value = signature.as_deref().map(HeaderValue::from_str);
    if let (Ok(name), Some(Ok(value))) = (name, value) {
        headers.insert(name, value);
    }
    let row = |status: Option<u16>, answer: String, took: Duration| Row {
        event: label.clone(),
        status,
        answer,
        ms: (took.as_secs_f64() * 1e5).round() / 100.0,
        expected,
        ok: status == Some(expected),
        messages: Vec::new(),
        events: events.clone(),
    };
    match client.send(Method::POST, url, headers, body).await {
        Ok(answer) => Ok(row(Some(answer.status), answer.text(), answer.took)),
        Err(error) if first => Err(error),
        Err(error) => Ok(row(None, error.to_string(), Duration::ZERO)),
    }
}

/// Looks where the accepted events lie: in the queue of their type, else in the parking queue.
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
    /// A test key can not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// A type without a sample.
    #[error("this event type has no sample")]
    NoSample,
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
