//! A process that ends, and a table that does not answer, at every step of the idempotent path.
//!
//! SQS is played by a loop: it delivers a message until a run reports it as done.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use prelude_consumer::{Claim, Claimed, Claims, Completed, Consumer, Idempotency, RecordError, TableError};
use tokio::sync::Notify;

use crate::{
    support::{Clock, MemoryTable, failed, record},
    tables::ByRef,
};

const TIMEOUT: Duration = Duration::from_secs(30);
/// The visibility timeout is six times the function's.
const VISIBILITY: Duration = Duration::from_secs(180);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    BeforeClaim,
    AfterClaim,
    BeforeEffect,
    AfterEffect,
    BeforeComplete,
    AfterComplete,
    BeforeRelease,
    AfterRelease,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::BeforeClaim,
        Self::AfterClaim,
        Self::BeforeEffect,
        Self::AfterEffect,
        Self::BeforeComplete,
        Self::AfterComplete,
        Self::BeforeRelease,
        Self::AfterRelease,
    ];

    /// Reports whether the effect exists at this step, and the table cannot know.
    const fn is_blind(self) -> bool {
        matches!(self, Self::AfterEffect | Self::BeforeComplete)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// The process ends: nothing after the step runs.
    Crash,
    /// The call returns an error. Before a step it did not reach the table, after it its answer was lost.
    Error,
}

/// Fault that happens once.
#[derive(Clone)]
struct Fault(Arc<FaultState>);

struct FaultState {
    step: Step,
    trouble: Trouble,
    is_pending: Mutex<bool>,
    crashed: Notify,
}

impl Fault {
    fn new(step: Step, trouble: Trouble) -> Self {
        let state = FaultState { step, trouble, is_pending: Mutex::new(true), crashed: Notify::new() };
        Self(Arc::new(state))
    }

    async fn at(&self, step: Step) -> Result<(), TableError> {
        if step != self.0.step || !std::mem::take(&mut *self.0.is_pending.lock().unwrap()) {
            return Ok(());
        }
        match self.0.trouble {
            Trouble::Error => Err(TableError::new("no answer")),
            Trouble::Crash => {
                self.0.crashed.notify_one();
                pending().await
            }
        }
    }

    fn has_happened(&self) -> bool {
        !*self.0.is_pending.lock().unwrap()
    }
}

struct Faulty<'a, C> {
    table: ByRef<'a, C>,
    fault: Fault,
}

impl<C: Claims> Claims for Faulty<'_, C> {
    async fn claim(&self, claim: &Claim) -> Result<Claimed, TableError> {
        self.fault.at(Step::BeforeClaim).await?;
        let claimed = self.table.claim(claim).await;
        self.fault.at(Step::AfterClaim).await?;
        claimed
    }

    async fn complete(&self, claim: &Claim) -> Result<Completed, TableError> {
        self.fault.at(Step::BeforeComplete).await?;
        let completed = self.table.complete(claim).await;
        self.fault.at(Step::AfterComplete).await?;
        completed
    }

    async fn release(&self, claim: &Claim) -> Result<(), TableError> {
        self.fault.at(Step::BeforeRelease).await?;
        let released = self.table.release(claim).await;
        self.fault.at(Step::AfterRelease).await?;
        released
    }
}

/// One run of the story: a message and later its duplicate, until both are done. Returns the number of effects after each.
async fn story<C: Claims>(table: &C, name: &str, fault: &Fault, first_attempt_fails: bool) -> [usize; 2] {
    let clock = Clock::start();
    let (effects, attempts) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut after = [0; 2];
    for (message_id, seen) in ["m1", "m2"].into_iter().zip(&mut after) {
        let mut deliveries = 0;
        loop {
            deliveries += 1;
            assert!(deliveries < 5, "{message_id} is never done");
            let handle = |_message| {
                let (effects, attempts, fault) = (&effects, &attempts, fault);
                async move {
                    fault.at(Step::BeforeEffect).await?;
                    if attempts.fetch_add(1, Ordering::SeqCst) == 0 && first_attempt_fails {
                        return Err(RecordError::new("the first attempt fails"));
                    }
                    effects.fetch_add(1, Ordering::SeqCst);
                    fault.at(Step::AfterEffect).await?;
                    Ok(())
                }
            };
            let faulty = Faulty { table: ByRef(table), fault: fault.clone() };
            let consumer = Consumer::new(handle)
                .once(Idempotency::new(name, faulty).unwrap())
                .with_clock(clock.reader());
            let deadline = clock.now() + TIMEOUT;
            // A process that ended does nothing more: its future is dropped.
            let response = tokio::select! {
                response = consumer.consume(vec![record(message_id, "e1")].into(), deadline) => Some(response),
                () = fault.0.crashed.notified() => None,
            };
            clock.pass(VISIBILITY);
            if response.is_some_and(|response| failed(&response).is_empty()) {
                break;
            }
        }
        *seen = effects.load(Ordering::SeqCst);
    }
    after
}

/// Every step and every trouble, on a table. Names are unique in it.
pub(crate) async fn survives_everything<C: Claims>(table: &C, name: &str) {
    for step in Step::ALL {
        for trouble in [Trouble::Crash, Trouble::Error] {
            for first_attempt_fails in [false, true] {
                let case = format!("{name}-{step:?}-{trouble:?}-{first_attempt_fails}");
                let fault = Fault::new(step, trouble);
                let [effects, with_duplicate] = story(table, &case, &fault, first_attempt_fails).await;
                // Only a failed handler releases, and a failed handler has no effect yet.
                let is_release = matches!(step, Step::BeforeRelease | Step::AfterRelease);
                assert_eq!(fault.has_happened(), !is_release || first_attempt_fails, "{case}");
                let expected = match (step, trouble) {
                    // Neither the table nor SQS knows of the effect.
                    (Step::AfterEffect, _) | (Step::BeforeComplete, Trouble::Crash) => [2, 2],
                    // SQS knows: only a duplicate has a second effect.
                    (Step::BeforeComplete, Trouble::Error) => [1, 2],
                    _ => [1, 1],
                };
                assert_eq!([effects, with_duplicate], expected, "{case}");
                assert!(step.is_blind() || expected == [1, 1], "{case}: the table could tell");
            }
        }
    }
}

#[tokio::test]
async fn the_effect_happens_at_least_once_and_once_whenever_the_table_can_tell() {
    survives_everything(&MemoryTable::default(), "double").await;
}
