//! Server-sent events for the page: each delivery, and the depths of the queues and the metrics when they change.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use tokio::{
    sync::{broadcast, broadcast::error::RecvError, watch},
    time::{Duration, Instant, sleep_until},
};

use super::Run;
use crate::dev::{delivery::Delivery, figures::Snapshot};
use prelude_local::aws::sqs::Depth;

/// Shortest time between two reads of the depths and the metrics.
const PAUSE: Duration = Duration::from_millis(200);

/// Longest time between two reads, because a message becomes visible again, and a figure becomes old, without a call.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

struct Subscription {
    run: Arc<Run>,
    news: broadcast::Receiver<Arc<Delivery>>,
    changes: watch::Receiver<u64>,
    lines: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    /// Depths that the page has.
    depths: Vec<Depth>,
    /// Metrics that the page has.
    metrics: Option<Snapshot>,
    /// Time of the next read.
    look_at: Instant,
}

/// Streams events until the page closes or the stack stops.
pub(super) async fn live(State(run): State<Arc<Run>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (news, changes) = (run.parts.journal.news(), run.parts.sqs.changes());
    let (lines, stopping) = (run.parts.figures.changes(), run.stopping.clone());
    let (depths, look_at) = (Vec::new(), Instant::now() + LOOK_AGAIN);
    let subscription = Subscription { run, news, changes, lines, stopping, depths, metrics: None, look_at };
    let events = stream::unfold(subscription, |mut subscription| async move {
        let event = subscription.next().await?;
        Some((Ok(event), subscription))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

impl Subscription {
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                _ = self.stopping.changed() => return None,
                delivery = self.news.recv() => return match delivery {
                    Ok(delivery) => event("delivery", &delivery.summary),
                    // The page was too slow, so it fetches everything again.
                    Err(RecvError::Lagged(_)) => event("missed", &()),
                    Err(RecvError::Closed) => None,
                },
                changed = self.changes.changed() => {
                    changed.ok()?;
                    // The pause joins the messages of a batch into one change.
                    self.look_at = self.look_at.min(Instant::now() + PAUSE);
                    continue;
                }
                changed = self.lines.changed() => {
                    changed.ok()?;
                    self.look_at = self.look_at.min(Instant::now() + PAUSE);
                    continue;
                }
                () = sleep_until(self.look_at) => self.look_at = Instant::now() + LOOK_AGAIN,
            }
            let depths = self.run.parts.sqs.depths().await.unwrap_or_default();
            if depths != self.depths {
                self.depths = depths;
                // The metrics may have changed, too.
                self.look_at = Instant::now();
                return event("queues", &self.depths);
            }
            let metrics = self.run.parts.figures.snapshot();
            if self.metrics.as_ref() != Some(&metrics) {
                return event("metrics", self.metrics.insert(metrics));
            }
        }
    }
}

fn event(name: &str, data: &impl serde::Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
