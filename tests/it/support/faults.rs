//! The fault model: everything that can go wrong around the function, in one place.
//!
//! [`SqsFault`] and [`KeyFault`] name the faults, one for each row of the table in `docs/reliability.md`. A
//! [`Schedule`] selects the affected calls. The [wire](super::wire) applies the faults below the real SDK, and the
//! [`ledger`] records the result of every entry.

pub(crate) mod key_server;
pub(crate) mod ledger;
pub(crate) mod memory_sqs;
pub(crate) mod rig;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use prelude_local::aws::guard::wire::BatchRequest;
use serde_json::{Value, json};
use tokio::time::Duration;

pub(crate) use self::key_server::KeyFault;
use super::wire::Fate;

/// Fault of SQS, or of the connection to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqsFault {
    /// The call is throttled.
    Throttled(&'static str),
    /// The call is answered with a 5xx.
    Failing,
    /// The call is answered with a code that is not documented.
    UnknownCode,
    /// Some entries fail, with `SenderFault` true.
    EntriesOfSender { places: u16, code: &'static str },
    /// Some entries fail, with `SenderFault` false.
    EntriesOfService { places: u16, code: &'static str },
    /// No answer arrives, and nothing is stored.
    Hanging,
    /// The call arrives late at SQS.
    Slow(Duration),
    /// The answer arrives late.
    SlowAnswer(Duration),
    /// The connection breaks before SQS gets the call.
    Cut,
    /// The connection breaks after SQS stored the messages.
    LostAnswer,
    /// The role may not send to the queue.
    Denied,
    /// The queue does not exist.
    Missing,
    /// The queue's KMS key is unusable.
    KeyBroken(&'static str),
    /// The whole call is refused because of an entry with [`CULPRIT`] in its body.
    RefusedForOneEntry,
    /// SQS stores the messages and answers with one of [`GARBAGE`].
    Garbage(usize),
}

/// A code that is not documented.
pub(crate) const UNLISTED: &str = "NobodyKnowsThis";

/// Marks a body that [`SqsFault::RefusedForOneEntry`] refuses.
pub(crate) const CULPRIT: &str = "culprit";

/// Incomplete or empty answers. The first [`GARBAGE_OF_ALL`] affect every entry, the others one entry.
pub(crate) const GARBAGE: [fn() -> Fate; 9] = [
    || Fate::Replace("<html>"),
    || Fate::Replace(""),
    || Fate::Replace(r#"{"Successful":[{"Id":"0","MessageId":"a""#),
    || Fate::Edit(|answer| *answer = json!({})),
    || Fate::Edit(|answer| drop(answer["Successful"].as_array_mut().and_then(Vec::pop))),
    || Fate::Edit(|answer| drop(answer["Successful"][0]["MessageId"].take())),
    || Fate::Edit(|answer| answer["Successful"][0]["MessageId"] = json!("")),
    || Fate::Edit(|answer| answer["Successful"][0]["Id"] = json!("nobody")),
    || Fate::Edit(report_both_results),
];

/// Number of answers in [`GARBAGE`] that leave the result of every entry open.
pub(crate) const GARBAGE_OF_ALL: usize = 4;

fn report_both_results(answer: &mut Value) {
    let id = answer["Successful"][0]["Id"].clone();
    if id.is_string() {
        answer["Failed"] = json!([{"Id": id, "SenderFault": false, "Code": "InternalError"}]);
    }
}

impl SqsFault {
    /// One fault of each kind.
    pub(crate) const ALL: [Self; 15] = [
        Self::Throttled("RequestThrottled"),
        Self::Failing,
        Self::UnknownCode,
        Self::EntriesOfSender { places: 1, code: "InvalidMessageContents" },
        Self::EntriesOfService { places: 1, code: "InternalError" },
        Self::Hanging,
        Self::Slow(Duration::from_millis(1_700)),
        Self::SlowAnswer(Duration::from_millis(3_300)),
        Self::Cut,
        Self::LostAnswer,
        Self::Denied,
        Self::Missing,
        Self::KeyBroken("KMS.DisabledException"),
        Self::RefusedForOneEntry,
        Self::Garbage(0),
    ];

    /// The fault's name in `docs/reliability.md`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Throttled(_) => "SQS throttles",
            Self::Failing => "SQS answers 5xx",
            Self::UnknownCode => "SQS answers an unknown code",
            Self::EntriesOfSender { .. } => "entries fail, sender blamed",
            Self::EntriesOfService { .. } => "entries fail, service blamed",
            Self::Hanging => "SQS hangs",
            Self::Slow(_) => "SQS is slow",
            Self::SlowAnswer(_) => "the answer is slow",
            Self::Cut => "connection cut before",
            Self::LostAnswer => "answer lost after storing",
            Self::Denied => "access denied",
            Self::Missing => "queue missing",
            Self::KeyBroken(_) => "KMS key broken",
            Self::RefusedForOneEntry => "call refused for one entry",
            Self::Garbage(_) => "garbage answer",
        }
    }

    /// Fate of a call; none if the fault does not affect the call.
    fn fate(self, batch: &BatchRequest) -> Option<Fate> {
        Some(match self {
            Self::Throttled(code) => Fate::Refuse(400, code),
            Self::Failing => Fate::Refuse(500, "InternalFailure"),
            Self::UnknownCode => Fate::Refuse(400, UNLISTED),
            Self::EntriesOfSender { places, code } => Fate::FailEntries { places, code, sender_fault: true },
            Self::EntriesOfService { places, code } => {
                Fate::FailEntries { places, code, sender_fault: false }
            }
            Self::Hanging => Fate::Hang,
            Self::Slow(time) => Fate::DelayCall(time),
            Self::SlowAnswer(time) => Fate::DelayAnswer(time),
            Self::Cut => Fate::Cut,
            Self::LostAnswer => Fate::LoseAnswer,
            Self::Denied => Fate::Refuse(403, "AccessDeniedException"),
            Self::Missing => Fate::Refuse(400, "QueueDoesNotExist"),
            Self::KeyBroken(code) => Fate::Refuse(400, code),
            Self::RefusedForOneEntry => {
                let holds = batch.entries.iter().any(|entry| entry.message_body.contains(CULPRIT));
                return holds.then_some(Fate::Refuse(400, "InvalidMessageContents"));
            }
            Self::Garbage(index) => GARBAGE[index % GARBAGE.len()](),
        })
    }
}

/// Queues that a fault affects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Everywhere,
    /// The queues with these slugs.
    Queues(Vec<String>),
    Parking,
    AllButParking,
}

impl Scope {
    /// Reports whether the queue of this name is in the scope.
    pub(crate) fn meets(&self, queue: &str) -> bool {
        let slug = queue.trim_end_matches(".fifo");
        match self {
            Self::Everywhere => true,
            Self::Queues(slugs) => slugs.iter().any(|name| name == slug),
            Self::Parking => slug == "unrouted",
            Self::AllButParking => slug != "unrouted",
        }
    }
}

/// Fault of some calls in its scope: spares the first `spared`, then affects the next `times`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) fault: SqsFault,
    pub(crate) scope: Scope,
    pub(crate) spared: usize,
    pub(crate) times: usize,
}

impl Rule {
    /// Fault of every call in its scope.
    pub(crate) fn always(fault: SqsFault, scope: Scope) -> Self {
        Self { fault, scope, spared: 0, times: usize::MAX }
    }
}

/// Active faults. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Schedule(Arc<Mutex<Vec<(Rule, AtomicUsize)>>>);

impl Schedule {
    /// Replaces the faults.
    pub(crate) fn set(&self, rules: impl IntoIterator<Item = Rule>) {
        *self.0.lock().unwrap() = rules.into_iter().map(|rule| (rule, AtomicUsize::new(0))).collect();
    }

    /// Ends all faults.
    pub(crate) fn clear(&self) {
        self.set([]);
    }

    /// Faults that have affected a call so far.
    pub(crate) fn met(&self) -> Vec<SqsFault> {
        let rules = self.0.lock().unwrap();
        let met = rules.iter().filter(|(rule, met)| met.load(Ordering::Relaxed) > rule.spared);
        met.map(|(rule, _)| rule.fault).collect()
    }

    /// Fate of a call: the first rule that affects it decides.
    pub(crate) fn judge(&self, batch: &BatchRequest) -> Fate {
        let queue = batch.queue();
        let rules = self.0.lock().unwrap();
        let fates = rules.iter().filter(|(rule, _)| rule.scope.meets(queue)).filter_map(|(rule, met)| {
            let fate = rule.fault.fate(batch)?;
            let met = met.fetch_add(1, Ordering::Relaxed);
            (met >= rule.spared && met - rule.spared < rule.times).then_some(fate)
        });
        fates.into_iter().next().unwrap_or(Fate::Pass)
    }
}
