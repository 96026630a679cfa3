//! Record of the deliveries, which announces each new one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prelude_webhooks::{config::Config, lambda::Kind, publish::Receipt};
use tokio::sync::broadcast;

use super::{
    checks,
    delivery::{Delivery, Message, Summary},
};
use crate::diagnose::{Labels, Rules, Sight};
use prelude_local::aws::{
    gateway::{Exchange, Observe, Request},
    sqs::EmbeddedSqs,
};

/// Largest number of kept deliveries.
const KEPT: usize = 1_000;
/// Largest size of all kept deliveries, in bytes.
const KEPT_BYTES: usize = 128 * 1024 * 1024;

/// Observer of an API that keeps the newest deliveries.
pub struct Journal {
    sqs: EmbeddedSqs,
    parking_queue: String,
    rules: Arc<Rules>,
    labels: Labels,
    kept: Mutex<Kept>,
    news: broadcast::Sender<Arc<Delivery>>,
}

#[derive(Default)]
struct Kept {
    deliveries: VecDeque<Arc<Delivery>>,
    bytes: usize,
    last_number: u64,
}

impl Journal {
    /// Creates a journal for a receiver with this configuration.
    pub fn new(sqs: EmbeddedSqs, config: &Config) -> Self {
        Self {
            sqs,
            parking_queue: config.routes.parking().name().to_owned(),
            rules: Arc::new(Rules::of(config)),
            labels: Labels::of_config(config),
            kept: Mutex::default(),
            news: broadcast::channel(1_024).0,
        }
    }

    /// Subscribes to new deliveries. A subscriber that is too slow misses some.
    pub fn news(&self) -> broadcast::Receiver<Arc<Delivery>> {
        self.news.subscribe()
    }

    /// Summaries of the kept deliveries, newest first.
    pub fn summaries(&self) -> Vec<Summary> {
        self.kept().deliveries.iter().rev().map(|delivery| delivery.summary.clone()).collect()
    }

    /// Delivery with this number, if it is still kept.
    pub fn delivery(&self, number: u64) -> Option<Arc<Delivery>> {
        self.kept().deliveries.iter().find(|delivery| delivery.summary.number == number).cloned()
    }

    /// Delivery with this request id from API Gateway.
    pub fn of_request(&self, request_id: &str) -> Option<Arc<Delivery>> {
        let is_it = |delivery: &&Arc<Delivery>| {
            let event = delivery.exchange.event.as_ref();
            event.and_then(|event| event.pointer("/requestContext/requestId")?.as_str()) == Some(request_id)
        };
        self.kept().deliveries.iter().rev().find(is_it).cloned()
    }

    /// Messages of a delivery: those with its request id, in the queues of its receipt.
    fn messages(&self, exchange: &Exchange, receipt: &Receipt) -> Vec<Message> {
        let parked = (!receipt.parked.is_empty()).then_some(self.parking_queue.as_str());
        let mut messages = Vec::new();
        for queue in checks::queues(receipt).into_iter().chain(parked) {
            let found = self.sqs.find(queue, "request_id", &exchange.request_id);
            messages.extend(found.into_iter().map(|held| Message::new(queue, held)));
        }
        messages
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observe for Journal {
    type Watch = Sight;

    fn watch(&self, request: &Request) -> Sight {
        let method = request.method.parse().unwrap_or_default();
        Sight::new(Arc::clone(&self.rules), Kind::HttpApi, method, Some(request.source_ip.clone()))
    }

    fn exchanged(&self, exchange: Exchange, sight: Option<Sight>) {
        // Without a result, the request did not reach the function.
        let sight = sight.filter(|sight| sight.result().is_some());
        let receipt = sight.as_ref().and_then(checks::receipt);
        let messages = receipt.map(|receipt| self.messages(&exchange, receipt)).unwrap_or_default();
        let mut kept = self.kept();
        kept.last_number += 1;
        let delivery =
            Arc::new(Delivery::new(kept.last_number, exchange, messages, sight.as_ref(), &self.labels));
        kept.bytes += delivery.bytes();
        kept.deliveries.push_back(Arc::clone(&delivery));
        while kept.deliveries.len() > KEPT || (kept.bytes > KEPT_BYTES && kept.deliveries.len() > 1) {
            let Some(oldest) = kept.deliveries.pop_front() else { break };
            kept.bytes -= oldest.bytes();
        }
        // Sent under the lock, so that deliveries arrive in the order of their numbers. It fails without subscribers.
        drop(self.news.send(delivery));
    }
}
