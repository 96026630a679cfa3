//! Each fault alone: the answer, and the place of the event. `docs/reliability.md` has a row for each fault.

use tokio::time::{Duration, advance};

use crate::support::{
    faults::{
        CULPRIT, GARBAGE, KeyFault, Rule, Schedule, Scope, SqsFault,
        key_server::KeyServer,
        memory_sqs::MemorySqs,
        rig::{ACCOUNT, Rig, app_batch, signed},
    },
    wire::Wire,
};

/// Answer, and place of the event: its own queue, the parking queue with a reason, or none.
type Outcome = (u64, Option<&'static str>);

const ROUTED: Option<&str> = Some("verify-attempt");
/// Retried until the event was durable.
const MENDED: Outcome = (200, ROUTED);
/// Retried until the time ended.
const GIVEN_UP: Outcome = (503, None);
/// Given up as well, because the answer did not report the stored messages.
const UNREPORTED: Outcome = (503, ROUTED);
const REJECTED: Outcome = (200, Some("rejected_by_sqs"));
const DENIED: Outcome = (200, Some("queue_denied"));
const MISSING: Outcome = (200, Some("queue_missing"));

/// Outcomes of an event when a fault affects one call, every call to its queue, and every call.
const fn outcomes(fault: SqsFault) -> [Outcome; 3] {
    match fault {
        SqsFault::Throttled(_)
        | SqsFault::Failing
        | SqsFault::EntriesOfService { .. }
        | SqsFault::Hanging
        | SqsFault::Cut => [MENDED, GIVEN_UP, GIVEN_UP],
        // The receiver concludes that the queue refuses everything.
        SqsFault::UnknownCode => [MENDED, DENIED, GIVEN_UP],
        SqsFault::Slow(_) => [MENDED; 3],
        SqsFault::SlowAnswer(_) | SqsFault::LostAnswer | SqsFault::Garbage(_) => {
            [MENDED, UNREPORTED, UNREPORTED]
        }
        SqsFault::EntriesOfSender { .. } => [REJECTED, REJECTED, GIVEN_UP],
        SqsFault::Denied | SqsFault::KeyBroken(_) => [DENIED, DENIED, GIVEN_UP],
        SqsFault::Missing => [MISSING, MISSING, GIVEN_UP],
        // The event is then parked as base64, which contains no refused text.
        SqsFault::RefusedForOneEntry => [REJECTED; 3],
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_of_sqs_has_its_outcome() {
    let garbage = (1..GARBAGE.len()).map(SqsFault::Garbage);
    for fault in SqsFault::ALL.into_iter().chain(garbage) {
        let own = || Scope::Queues(vec!["verify-attempt".to_owned()]);
        let rules = [
            Rule { fault, scope: own(), spared: 0, times: 1 },
            Rule::always(fault, own()),
            Rule::always(fault, Scope::Everywhere),
        ];
        for (rule, expected) in rules.into_iter().zip(outcomes(fault)) {
            let (sqs, schedule) = (MemorySqs::default(), Schedule::default());
            let judge = schedule.clone();
            let wire = Wire::to_memory(&sqs, move |_, batch| judge.judge(batch));
            let rig = Rig::start(&KeyServer::new(None), &wire, Duration::ZERO);
            schedule.set([rule.clone()]);
            let body = format!(r#"{{"id":"evt_1","type":"verify.attempt","payload":{{"x":"{CULPRIT}"}}}}"#);
            let request = signed(&ACCOUNT, body.into_bytes());
            let (status, took) = rig.send(&request).await;
            assert_eq!((status, place(&sqs).as_deref()), expected, "{rule:?}");
            assert!(took < Duration::from_millis(8_010), "{rule:?}: {took:?}");
            schedule.clear();
            assert_eq!(rig.send(&request).await.0, 200, "{rule:?}: the redelivery must be accepted");
        }
    }
}

/// Place of the messages: a queue's slug, or a parking reason. Several messages must be duplicates.
fn place(sqs: &MemorySqs) -> Option<String> {
    let mut places: Vec<_> = sqs
        .stored()
        .into_iter()
        .map(|stored| match stored.entry.message_attributes.get("reason") {
            Some(reason) => reason.string_value.clone().unwrap(),
            None => stored.queue,
        })
        .collect();
    places.dedup();
    assert!(places.len() <= 1, "{places:?}");
    places.pop()
}

/// Statuses of a batch without any key, and with an old key.
const fn answers(fault: KeyFault) -> [u64; 2] {
    match fault {
        KeyFault::Slow(_) => [200, 200],
        KeyFault::Wrong => [401, 401],
        // After the cool-down, the set is fetched again.
        KeyFault::Rotating => [401, 200],
        KeyFault::Down
        | KeyFault::Hanging
        | KeyFault::Failing
        | KeyFault::Garbage
        | KeyFault::Huge
        | KeyFault::Redirecting => [503, 200],
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_of_the_key_server_has_its_answer() {
    for fault in KeyFault::ALL {
        let sqs = MemorySqs::default();
        let schedule = Schedule::default();
        let wire = Wire::to_memory(&sqs, move |_, batch| schedule.judge(batch));
        let batch = app_batch([r#"{"id":"evt_1","type":"user.created"}"#]);
        let [cold, stale] = answers(fault);

        let keys = KeyServer::new(fault);
        let rig = Rig::start(&keys, &wire, Duration::ZERO);
        let (status, took) = rig.send(&batch).await;
        assert_eq!((status, sqs.stored().len()), (cold, usize::from(cold == 200)), "{fault:?}");
        assert!(took < Duration::from_millis(8_010), "{fault:?}: {took:?}");
        keys.set(None);
        advance(Duration::from_secs(61)).await;
        assert_eq!(rig.send(&batch).await.0, 200, "{fault:?}: the redelivery must be accepted");

        keys.set(fault);
        advance(Duration::from_secs(601)).await;
        let before = sqs.stored().len();
        let status = rig.send(&batch).await.0;
        assert_eq!(status, stale, "{fault:?}: after the set's TTL");
        assert_eq!(sqs.stored().len() - before, usize::from(status == 200), "{fault:?}");
    }
}
