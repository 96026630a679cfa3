//! The promise: 200 is answered only when every event is durable, and no event is ever lost.
//!
//! One generator makes the cases, and each case asserts six properties. For any deliveries and any schedule of faults
//! of SQS and of the key server:
//!
//! 1. 200 means that every event is in its queue, or parked for the right reason, byte for byte. SQS acknowledged it
//!    exactly once in this delivery. SQS never acknowledges an event twice, for any answer.
//! 2. Any other answer is 503, and none comes without a fault. If the key server hides the signing key, the answer is
//!    401 and nothing is sent.
//! 3. The answer comes within the budget, and within the function's own time.
//! 4. Once the faults are over, the same delivery is answered with 200, and property 1 holds.
//! 5. Every message of an event, at any time, carries the same `event_id`.
//! 6. Events without a fault on their queue are durable after the first attempt, for any fate of the other events.
//!
//! On FIFO queues also: no message overtakes another one of its group, and SQS keeps each message once.
//!
//! `PRELUDE_CLI_TEST_CASES` sets the number of cases for each kind of queue ([`coverage`]). A failure prints the seed
//! of its case. `PRELUDE_CLI_TEST_SEED` sets the first seed; `random` picks one.

mod account;
mod delivery;
mod table;
mod trouble;

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::SystemTime,
};

use lambda_runtime::Context;
use prelude_local::coverage;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use tokio::time::{Duration, advance};

use self::{
    account::{Account, settle},
    delivery::{Delivery, Expected, Place, make},
    trouble::{Case, any_case},
};
use crate::support::{
    faults::{
        KeyFault, Schedule, SqsFault,
        key_server::KeyServer,
        ledger::{Answered, Call},
        memory_sqs::MemorySqs,
        rig::{Answer, Rig},
    },
    stack::context,
    wire::Wire,
};

#[test]
fn standard_queues_keep_the_promise() {
    keeps_the_promise(false);
}

#[test]
fn fifo_queues_keep_the_promise() {
    keeps_the_promise(true);
}

/// Few cases and all cases, for standard and for FIFO queues. FIFO queues have more cases, because they also keep an
/// order.
const CASES: [(u64, u64); 2] = [(250, 2_500), (300, 5_000)];

fn keeps_the_promise(fifo: bool) {
    let (few, full) = CASES[usize::from(fifo)];
    let name = if fifo { "the promise on FIFO queues" } else { "the promise on standard queues" };
    let cases = coverage::cases_without_bounds(name, few, full);
    let first = first_seed();
    let started = std::time::Instant::now();
    let mut tally = Tally::default();
    let strategy = any_case(fifo);
    for seed in first..first + cases {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let config = ProptestConfig { cases: 1, failure_persistence: None, ..ProptestConfig::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let seen = Cell::new(None);
        let outcome = TestRunner::new_with_rng(config, random).run(&strategy, |case| {
            // The receiver's backoff is random, too.
            fastrand::seed(seed);
            seen.set(Some(runtime.block_on(run(&case))?));
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{error}\nagain: PRELUDE_CLI_TEST_SEED={seed} PRELUDE_CLI_TEST_CASES=1");
        }
        tally.add(seen.take().unwrap());
    }
    println!("{cases} cases in {:?} from PRELUDE_CLI_TEST_SEED={first}\n{tally}", started.elapsed());
    if cases >= full {
        tally.assert_that_everything_happened(Least {
            ok: 1_000,
            unavailable: 300,
            unauthorized: 30,
            fault: 10,
        });
    } else if cases >= few && first == FIRST_SEED {
        tally.assert_that_everything_happened(Least { ok: 100, unavailable: 30, unauthorized: 3, fault: 1 });
    }
}

/// Same seed in every run, so that a check fails only for the change it checks. `random` explores new cases.
fn first_seed() -> u64 {
    match std::env::var("PRELUDE_CLI_TEST_SEED").as_deref() {
        Ok("random") => fastrand::u64(..1 << 48),
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => FIRST_SEED,
    }
}

/// Seed of cases that include every fault, every reason and every answer.
const FIRST_SEED: u64 = 401;

/// Minimum number of each answer and each fault.
struct Least {
    ok: usize,
    unavailable: usize,
    unauthorized: usize,
    fault: usize,
}

/// Observations of one case.
#[derive(Default)]
struct Seen {
    statuses: Vec<u64>,
    parked: BTreeMap<String, usize>,
    met: Vec<SqsFault>,
    keys: Option<KeyFault>,
}

impl Seen {
    fn add_parked(&mut self, account: Account) {
        for (reason, count) in account.parked {
            *self.parked.entry(reason).or_default() += count;
        }
    }
}

async fn run(case: &Case) -> Result<Seen, TestCaseError> {
    let (sqs, schedule, keys) = (MemorySqs::default(), Schedule::default(), KeyServer::new(case.keys));
    schedule.set(case.rules.iter().cloned());
    let judge = schedule.clone();
    let wire = Wire::to_memory(&sqs, move |_, batch| judge.judge(batch));
    let queue_type = if case.fifo { "fifo" } else { "standard" };
    let start =
        |initialization| Rig::with(&keys, &wire, initialization, &[("PRELUDE_QUEUE_TYPE", queue_type)]);
    let mut rig = start(case.initialization);
    let deliveries: Vec<_> =
        case.deliveries.iter().enumerate().map(|(number, plan)| make(plan, number)).collect();
    let mut seen = Seen { keys: case.keys, ..Seen::default() };
    let mut slices = Vec::new();
    for (number, delivery) in deliveries.iter().enumerate() {
        let before = wire.ledger().calls();
        let answer = rig.answer(&delivery.request, in_time(case.left)).await;
        let spent = if number == 0 { case.initialization } else { Duration::ZERO };
        let budget = Duration::from_secs(8).saturating_sub(spent);
        let budget = case.left.map_or(budget, |left| left.saturating_sub(MARGIN).min(budget));
        prop_assert!(answer.took <= budget + TIMER, "{:?} of {:?}", answer.took, budget);
        let calls = wire.ledger().since(before);
        let accepted = check_answer(case, delivery, &answer, &calls)?;
        let account = settle(delivery, &calls, accepted)?;
        in_order(delivery, &calls)?;
        is_fair(case, delivery, &account)?;
        prop_assert!(accepted || !case.is_calm(), "{} although nothing failed", answer.status);
        seen.statuses.push(answer.status);
        slices.push(account.slices.clone());
        seen.add_parked(account);
    }
    seen.met = schedule.met();

    // The first redelivery comes after a minute, without faults.
    schedule.clear();
    keys.set(None);
    advance(Duration::from_secs(61)).await;
    if case.restarted {
        rig = start(Duration::ZERO);
    }
    for (delivery, slices) in deliveries.iter().zip(slices) {
        let before = wire.ledger().calls();
        let answer = rig.answer(&delivery.request, context()).await;
        let calls = wire.ledger().since(before);
        prop_assert_eq!(answer.status, 200, "the redelivery must be accepted");
        prop_assert!(check_answer(case, delivery, &answer, &calls)?);
        let again = settle(delivery, &calls, true)?;
        prop_assert!(
            slices.iter().all(|slice| again.slices.contains(slice)),
            "the redelivery cut other slices"
        );
        seen.add_parked(again);
    }
    prop_assert_eq!(sqs.violations(), Vec::<String>::new());
    keeps_each_once(case, &sqs)?;
    has_what_it_acknowledged(&sqs, &wire.ledger().since(0))?;
    Ok(seen)
}

/// Time that the function reserves for returning the answer.
const MARGIN: Duration = Duration::from_millis(500);
/// Resolution of tokio's timers.
const TIMER: Duration = Duration::from_millis(10);

/// Context with this time left.
fn in_time(left: Option<Duration>) -> Context {
    let mut context = context();
    if let Some(left) = left {
        let end = SystemTime::UNIX_EPOCH.elapsed().unwrap() + left;
        context.deadline = end.as_millis().try_into().unwrap();
    }
    context
}

/// Reports whether the answer is 200, and checks every other answer.
fn check_answer(
    case: &Case,
    delivery: &Delivery,
    answer: &Answer,
    calls: &[Call],
) -> Result<bool, TestCaseError> {
    let body = match answer.status {
        200 => format!(r#"{{"accepted":{}}}"#, delivery.events.len()),
        401 => {
            let is_hidden = case.keys.is_some_and(KeyFault::hides_the_key) && delivery.app_id.is_some();
            prop_assert!(is_hidden && calls.is_empty(), "401, and {} calls", calls.len());
            r#"{"error":"unauthorized"}"#.to_owned()
        }
        503 => r#"{"error":"unavailable"}"#.to_owned(),
        other => return Err(TestCaseError::fail(format!("{other}"))),
    };
    prop_assert_eq!(&answer.body, &body);
    Ok(answer.status == 200)
}

/// Checks that events without a fault on their queue are durable, for any fate of the other events.
fn is_fair(case: &Case, delivery: &Delivery, account: &Account) -> Result<(), TestCaseError> {
    if delivery.sliced || !case.has_time() {
        return Ok(());
    }
    for event in &delivery.events {
        let queue = match event.place {
            Place::Queue(slug) => slug,
            Place::Parked(_) => "unrouted",
        };
        let is_durable = account.durable.get(&event.raw).is_some_and(|count| *count > 0);
        prop_assert!(is_durable || case.meets(queue), "{queue} has no fault, but lacks an event");
    }
    Ok(())
}

/// Checks that routed events of one group keep the delivery's order. A repeated event has no place in this order.
fn in_order(delivery: &Delivery, calls: &[Call]) -> Result<(), TestCaseError> {
    let routed = |event: &&Expected| matches!(event.place, Place::Queue(_));
    let mut places = HashMap::new();
    for (place, event) in delivery.events.iter().enumerate().filter(|(_, event)| routed(event)) {
        places.entry(event.routed_body()).and_modify(|place| *place = None).or_insert(Some(place));
    }
    let mut last = HashMap::new();
    let mut known = HashSet::new();
    for call in calls.iter().filter(|call| call.queue.ends_with(".fifo") && call.queue != "unrouted.fifo") {
        for sent in call.sent.iter().filter(|sent| sent.stored) {
            let place = places.get(&sent.entry.message_body).copied().flatten();
            let (Some(place), true) = (place, known.insert(&sent.entry.message_deduplication_id)) else {
                continue;
            };
            let before = last.insert((&call.queue, &sent.entry.message_group_id), place);
            prop_assert!(before < Some(place), "event {place} came after {before:?} of its group");
        }
    }
    Ok(())
}

/// Checks that a FIFO queue has every message once, although it was sent in at least two deliveries.
fn keeps_each_once(case: &Case, sqs: &MemorySqs) -> Result<(), TestCaseError> {
    let mut known = HashSet::new();
    for stored in sqs.stored().iter().filter(|_| case.fifo) {
        let id = stored.entry.message_deduplication_id.clone();
        prop_assert!(known.insert((stored.queue.clone(), id)), "twice in {}", stored.queue);
    }
    Ok(())
}

/// Checks that SQS has every acknowledged message. A FIFO queue acknowledges a duplicate and drops it. Two events with
/// one deduplication id would become one message.
fn has_what_it_acknowledged(sqs: &MemorySqs, calls: &[Call]) -> Result<(), TestCaseError> {
    let stored = sqs.stored();
    let stored: HashSet<_> =
        stored.iter().map(|stored| (&stored.queue, &stored.entry.message_body)).collect();
    for call in calls {
        for sent in call.sent.iter().filter(|sent| sent.answered == Answered::Durable) {
            let is_there = stored.contains(&(&call.queue, &sent.entry.message_body));
            prop_assert!(is_there, "an acknowledged message is not in {}", call.queue);
        }
    }
    Ok(())
}

/// Observations of all cases.
#[derive(Default)]
struct Tally {
    statuses: BTreeMap<u64, usize>,
    parked: BTreeMap<String, usize>,
    faults: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, seen: Seen) {
        for status in seen.statuses {
            *self.statuses.entry(status).or_default() += 1;
        }
        for (reason, count) in seen.parked {
            *self.parked.entry(reason).or_default() += count;
        }
        let names = seen.met.into_iter().map(SqsFault::name).chain(seen.keys.map(KeyFault::name));
        for name in names {
            *self.faults.entry(name).or_default() += 1;
        }
    }

    /// Requires every answer, fault and reason, because a generator without faults would test nothing.
    fn assert_that_everything_happened(&self, least: Least) {
        for (status, at_least) in [(200, least.ok), (503, least.unavailable), (401, least.unauthorized)] {
            let count = self.statuses.get(&status).copied().unwrap_or_default();
            assert!(count >= at_least, "{count} answers of {status}");
        }
        let faults = SqsFault::ALL.map(SqsFault::name).into_iter().chain(KeyFault::ALL.map(KeyFault::name));
        for fault in faults {
            assert!(self.faults.get(fault).is_some_and(|count| *count >= least.fault), "{fault}: {self}");
        }
        for reason in prelude_webhooks::parking::Reason::ALL {
            assert!(self.parked.contains_key(reason.as_str()), "{reason:?}: {self}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "first answers {:?}\nparked {:?}\nfaults {:?}", self.statuses, self.parked, self.faults)
    }
}
