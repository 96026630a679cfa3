//! Faults of a case, and their times.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use tokio::time::Duration;

use super::delivery::{Plan, plan, slugs_of_session};
use crate::support::faults::{GARBAGE, KeyFault, Rule, Scope, SqsFault, UNLISTED};

/// Deliveries, and the faults that affect them.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) fifo: bool,
    pub(super) deliveries: Vec<Plan>,
    pub(super) rules: Vec<Rule>,
    pub(super) keys: Option<KeyFault>,
    /// Duration of the process's start.
    pub(super) initialization: Duration,
    /// Remaining time of the function, if Lambda sets it.
    pub(super) left: Option<Duration>,
    /// Sends the redelivery to another process.
    pub(super) restarted: bool,
}

impl Case {
    /// Reports whether a fault affects a queue.
    pub(super) fn meets(&self, slug: &str) -> bool {
        self.rules.iter().any(|rule| rule.scope.meets(slug))
    }

    /// Reports whether a request has time to reach every working queue while all others hang.
    pub(super) fn has_time(&self) -> bool {
        let is_whole = |time: Duration| time >= Duration::from_secs(8);
        self.initialization.is_zero() && self.keys.is_none() && self.left.is_none_or(is_whole)
    }

    /// Reports whether no fault affects the deliveries.
    pub(super) fn is_calm(&self) -> bool {
        let has_time = self.initialization.is_zero() && self.left.is_none();
        self.rules.is_empty() && self.keys.is_none() && has_time
    }
}

pub(super) fn any_case(fifo: bool) -> impl Strategy<Value = Case> {
    let left =
        prop_oneof![4 => Just(None), 1 => (0..9_000_u64).prop_map(|left| Some(Duration::from_millis(left)))];
    let initialization = prop_oneof![4 => Just(0), 1 => 0..9_000_u64].prop_map(Duration::from_millis);
    let deliveries = prop_oneof![3 => vec(plan(fifo), 1), 1 => vec(plan(fifo), 2)];
    let keys = option::weighted(0.25, select(KeyFault::ALL.to_vec()));
    (deliveries, vec(rule(), 0..5), keys, initialization, left, any::<bool>()).prop_map(
        move |(deliveries, rules, keys, initialization, left, restarted)| Case {
            fifo,
            deliveries,
            rules,
            keys,
            initialization,
            left,
            restarted,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let scope = prop_oneof![
        3 => Just(Scope::Everywhere),
        3 => slugs(1).prop_map(Scope::Queues),
        2 => slugs(7).prop_map(Scope::Queues),
        2 => Just(Scope::AllButParking),
        2 => Just(Scope::Parking),
    ];
    let times = prop_oneof![6 => 1..4_usize, 2 => Just(usize::MAX)];
    (fault(), scope, 0..4_usize, times).prop_map(|(fault, scope, spared, times)| Rule {
        fault,
        scope,
        spared,
        times,
    })
}

/// This many queues of the deliveries.
fn slugs(count: usize) -> impl Strategy<Value = Vec<String>> {
    subsequence(slugs_of_session(), count)
}

fn fault() -> impl Strategy<Value = SqsFault> {
    let places = 1..1024_u16;
    let of_sender =
        select(vec!["InvalidMessageContents", "InvalidParameterValue", "AccessDeniedException", UNLISTED]);
    let of_service =
        select(vec!["InternalError", "ServiceUnavailable", "RequestThrottled", "InvalidMessageContents"]);
    // Never exactly three seconds, because the call's limit and its answer would coincide.
    let time = prop_oneof![1..2_900_u64, 3_100..9_000_u64].prop_map(Duration::from_millis);
    prop_oneof![
        1 => select(vec!["RequestThrottled", "ThrottlingException", "KMS.ThrottlingException"])
            .prop_map(SqsFault::Throttled),
        1 => Just(SqsFault::Failing),
        1 => Just(SqsFault::UnknownCode),
        1 => (places.clone(), of_sender).prop_map(|(places, code)| SqsFault::EntriesOfSender { places, code }),
        1 => (places, of_service).prop_map(|(places, code)| SqsFault::EntriesOfService { places, code }),
        1 => Just(SqsFault::Hanging),
        1 => time.clone().prop_map(SqsFault::Slow),
        1 => time.prop_map(SqsFault::SlowAnswer),
        1 => Just(SqsFault::Cut),
        1 => Just(SqsFault::LostAnswer),
        1 => Just(SqsFault::Denied),
        1 => Just(SqsFault::Missing),
        1 => select(vec!["KMS.DisabledException", "KMS.AccessDeniedException", "KMS.NotFoundException"])
            .prop_map(SqsFault::KeyBroken),
        // Affects only calls with such an entry.
        3 => Just(SqsFault::RefusedForOneEntry),
        1 => (0..GARBAGE.len()).prop_map(SqsFault::Garbage),
    ]
}
