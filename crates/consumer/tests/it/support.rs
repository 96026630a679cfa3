//! Doubles, and records.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use prelude_consumer::{BatchResponse, Claim, Claimed, Claims, Completed, Record, TableError};

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<SystemTime>>);

impl Clock {
    /// Starts now: the table deletes what expired by its own clock.
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::now())))
    }

    pub(crate) fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    pub(crate) fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    pub(crate) fn reader(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

/// The table's rules, in memory.
#[derive(Default)]
pub(crate) struct MemoryTable(Mutex<BTreeMap<String, Item>>);

struct Item {
    completed: bool,
    held_until: SystemTime,
    expires_at: SystemTime,
}

impl Claims for MemoryTable {
    async fn claim(&self, claim: &Claim) -> Result<Claimed, TableError> {
        let mut items = self.0.lock().unwrap();
        match items.get(&claim.id) {
            Some(item) if item.completed && item.expires_at >= claim.now => return Ok(Claimed::Done),
            Some(item) if !item.completed && item.held_until >= claim.now => return Ok(Claimed::Held),
            _ => {}
        }
        let item = Item { completed: false, held_until: claim.held_until, expires_at: claim.expires_at };
        items.insert(claim.id.clone(), item);
        Ok(Claimed::New)
    }

    async fn complete(&self, claim: &Claim) -> Result<Completed, TableError> {
        let mut items = self.0.lock().unwrap();
        match items.get(&claim.id) {
            Some(item) if item.completed => return Ok(Completed::Done),
            Some(item) if item.held_until != claim.held_until => return Ok(Completed::TakenOver),
            _ => {}
        }
        let item = Item { completed: true, held_until: claim.held_until, expires_at: claim.expires_at };
        items.insert(claim.id.clone(), item);
        Ok(Completed::Done)
    }

    async fn release(&self, claim: &Claim) -> Result<(), TableError> {
        let mut items = self.0.lock().unwrap();
        if items.get(&claim.id).is_some_and(|item| !item.completed && item.held_until == claim.held_until) {
            items.remove(&claim.id);
        }
        Ok(())
    }
}

/// A record of an attempt, with the attributes that the receiver writes.
pub(crate) fn record(message_id: &str, event_id: &str) -> Record {
    let body = format!(r#"{{"id":"{event_id}","type":"verify.attempt","payload":{{"id":"att_1"}}}}"#);
    let mut record = Record::new(message_id, body);
    for (name, value) in [("source", "verify"), ("event_type", "verify.attempt"), ("event_id", event_id)] {
        record.attributes.insert(name.to_owned(), value.to_owned());
    }
    record
}

/// The same in a group of a FIFO queue.
pub(crate) fn grouped(message_id: &str, group: &str) -> Record {
    let mut record = record(message_id, message_id);
    record.group_id = Some(group.to_owned());
    record.queue_arn = "arn:aws:sqs:eu-west-1:123456789012:prelude-verify-attempt.fifo".to_owned();
    record
}

/// Another body in the same record.
pub(crate) fn with_body(body: &str, mut record: Record) -> Record {
    body.clone_into(&mut record.body);
    record
}

/// Message ids of the failed records.
pub(crate) fn failed(response: &BatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| &*failure.item_identifier).collect()
}
