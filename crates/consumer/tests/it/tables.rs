//! Rules of the table, for any implementation, and the consumer's use of them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use prelude_consumer::{
    Claim, Claimed, Claims, Completed, Consumer, Idempotency, Record, RecordError, TableError,
};

use crate::support::{Clock, MemoryTable, failed, record};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs one delivery, and reports whether it was handled, and whether it succeeded.
async fn deliver<C: Claims>(
    name: &str,
    table: C,
    clock: &Clock,
    record: Record,
    result: Result<(), RecordError>,
) -> (bool, bool) {
    let handled = AtomicUsize::new(0);
    let consumer = Consumer::new(|_message| {
        handled.fetch_add(1, Ordering::SeqCst);
        async { result.clone() }
    })
    .once(Idempotency::new(name, table).unwrap())
    .with_clock(clock.reader());
    let response = consumer.consume(vec![record].into(), clock.now() + MINUTE).await;
    (handled.load(Ordering::SeqCst) == 1, failed(&response).is_empty())
}

/// Scenarios that every table must pass. `name` is unique in it.
pub(crate) async fn keeps_the_rules<C: Claims>(table: &C, name: &str, clock: &Clock) {
    let by_ref = || ByRef(table);
    let ok = || Ok(());
    let other = format!("{name}-2");
    // A duplicate succeeds without a second effect, also as another message. Another consumer does its own work.
    assert_eq!(deliver(name, by_ref(), clock, record("m1", "e1"), ok()).await, (true, true));
    assert_eq!(deliver(name, by_ref(), clock, record("m2", "e1"), ok()).await, (false, true));
    assert_eq!(deliver(&other, by_ref(), clock, record("m1", "e1"), ok()).await, (true, true));
    // Two types can share an event id.
    let mut another_type = record("m3", "e1");
    another_type.attributes.insert("event_type".into(), "verify.delivery_status".into());
    assert_eq!(deliver(name, by_ref(), clock, another_type, ok()).await, (true, true));
    // A failed handler releases its claim, so that the retry need not wait.
    let error = || Err(RecordError::new("broken"));
    assert_eq!(deliver(name, by_ref(), clock, record("m4", "e2"), error()).await, (true, false));
    assert_eq!(deliver(name, by_ref(), clock, record("m4", "e2"), ok()).await, (true, true));

    // While a claim is held, other deliveries fail. After its end, the next one takes over.
    let first = claim(name, "e3", clock);
    assert_eq!(table.claim(&first).await, Ok(Claimed::New));
    assert_eq!(deliver(name, by_ref(), clock, record("m5", "e3"), ok()).await, (false, false));
    clock.pass(MINUTE);
    assert_eq!(table.claim(&claim(name, "e3", clock)).await, Ok(Claimed::Held), "until its last moment");
    clock.pass(Duration::from_millis(1));
    let second = claim(name, "e3", clock);
    assert_eq!(table.claim(&second).await, Ok(Claimed::New));
    // The first one neither completes nor releases the claim of the second one.
    assert_eq!(table.complete(&first).await, Ok(Completed::TakenOver));
    assert_eq!(table.release(&first).await, Ok(()));
    assert_eq!(table.claim(&claim(name, "e3", clock)).await, Ok(Claimed::Held));
    assert_eq!(table.complete(&second).await, Ok(Completed::Done));
    // A lost answer is asked for again, and the first one is late: the work is done either way.
    assert_eq!(table.complete(&second).await, Ok(Completed::Done));
    assert_eq!(table.complete(&first).await, Ok(Completed::Done));
    assert_eq!(table.release(&second).await, Ok(()));
    assert_eq!(table.claim(&claim(name, "e3", clock)).await, Ok(Claimed::Done));

    // The second one failed and released: the first one has done the work, and completes it.
    let first = claim(name, "e4", clock);
    assert_eq!(table.claim(&first).await, Ok(Claimed::New));
    clock.pass(2 * MINUTE);
    let second = claim(name, "e4", clock);
    assert_eq!(table.claim(&second).await, Ok(Claimed::New));
    assert_eq!(table.release(&second).await, Ok(()));
    assert_eq!(table.complete(&first).await, Ok(Completed::Done));
    assert_eq!(table.claim(&claim(name, "e4", clock)).await, Ok(Claimed::Done));

    // Completed events are remembered for 30 days, although tables delete them late.
    clock.pass(30 * DAY - 10 * MINUTE);
    assert_eq!(table.claim(&claim(name, "e4", clock)).await, Ok(Claimed::Done));
    clock.pass(11 * MINUTE);
    assert_eq!(deliver(name, by_ref(), clock, record("m9", "e4"), ok()).await, (true, true));
}

/// The claim that the consumer makes.
fn claim(name: &str, event_id: &str, clock: &Clock) -> Claim {
    let id = format!("{name}#verify##verify.attempt#{event_id}");
    let now = clock.now();
    Claim::new(id, now, now + MINUTE, now + 30 * DAY)
}

/// A table that outlives its consumer.
pub(crate) struct ByRef<'a, C>(pub(crate) &'a C);

impl<C: Claims> Claims for ByRef<'_, C> {
    async fn claim(&self, claim: &Claim) -> Result<Claimed, TableError> {
        self.0.claim(claim).await
    }

    async fn complete(&self, claim: &Claim) -> Result<Completed, TableError> {
        self.0.complete(claim).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), TableError> {
        self.0.release(claim).await
    }
}

#[tokio::test]
async fn the_double_keeps_the_rules() {
    keeps_the_rules(&MemoryTable::default(), "double", &Clock::start()).await;
}

#[tokio::test]
async fn two_copies_in_one_batch_have_one_effect() {
    let handled = AtomicUsize::new(0);
    let consumer = Consumer::new(|_message| {
        handled.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    })
    .once(Idempotency::new("copies", MemoryTable::default()).unwrap());
    let clock = Clock::start();
    let records = vec![record("m1", "e1"), record("m2", "e1"), record("m3", "e2")];
    let response = consumer.consume(records.into(), clock.now() + MINUTE).await;
    assert_eq!((failed(&response), handled.load(Ordering::SeqCst)), (vec![], 2));
}

#[tokio::test]
async fn a_record_without_an_event_id_fails() {
    for event_id in [None, Some("")] {
        let mut record = record("m1", "e1");
        record.attributes.remove("event_id");
        record.attributes.extend(event_id.map(|id| ("event_id".to_owned(), id.to_owned())));
        let clock = Clock::start();
        assert_eq!(
            deliver("name", MemoryTable::default(), &clock, record, Ok(())).await,
            (false, false),
            "{event_id:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_releases_the_claim() {
    let (table, clock) = (MemoryTable::default(), Clock::start());
    let consumer = Consumer::new(|_message| async { panic!("on purpose") })
        .once(Idempotency::new("name", ByRef(&table)).unwrap())
        .with_clock(clock.reader());
    let response = consumer.consume(vec![record("m1", "e1")].into(), clock.now() + MINUTE).await;
    assert_eq!(failed(&response), ["m1"]);
    assert_eq!(deliver("name", ByRef(&table), &clock, record("m1", "e1"), Ok(())).await, (true, true));
}

#[tokio::test]
async fn the_expiry_can_be_changed() {
    let (table, clock) = (MemoryTable::default(), Clock::start());
    for (passed, effects) in [(Duration::ZERO, 1), (59 * MINUTE, 0), (2 * MINUTE, 1)] {
        clock.pass(passed);
        let handled = AtomicUsize::new(0);
        let consumer = Consumer::new(|_message| {
            handled.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        })
        .once(Idempotency::new("name", ByRef(&table)).unwrap().expires_after(60 * MINUTE))
        .with_clock(clock.reader());
        consumer.consume(vec![record("m1", "e1")].into(), clock.now() + MINUTE).await;
        assert_eq!(handled.load(Ordering::SeqCst), effects, "after {passed:?}");
    }
}

#[test]
fn a_consumer_has_a_name() {
    for name in ["", "  ", "a#b"] {
        let refused = Idempotency::new(name, MemoryTable::default()).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("expected a name")), "{name:?}");
    }
}
