mod naive;
mod server;

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{
    local::{
        api_front::{Api, ApiFront},
        prelude::ADDRESSES,
        receiver::LocalReceiver,
        sqs::EmbeddedSqs,
    },
    samples,
};
use naive::{FLAWS, Flaw, Naive};

/// The keys that the naive receiver trusts: two apps, and unsigned V1 events.
fn identity() -> Identity {
    let pem = include_str!("../../../../tests/keys/app-4096.pem");
    let mut identity = Identity::local().unwrap();
    let second = crate::local::prelude::SessionApp {
        app_id: "demoapp2".to_owned(),
        verification_token: "another-verification-token".to_owned(),
        keys: vec![crate::local::prelude::PreludeKey::from_pem("app2", pem).unwrap()],
    };
    identity.apps.push(second);
    identity
}

async fn check(flaw: Option<Flaw>, only: &[String]) -> Report {
    let limit = if flaw == Some(Flaw::Sleeps) { Duration::from_millis(300) } else { target::LIMIT };
    let naive = Naive::start(identity(), flaw).await;
    let target = Target::new(naive.url(), limit).unwrap();
    run(&target, identity(), only, |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_correct_naive_receiver_passes_every_check() {
    let report = check(None, &[]).await;
    let passed = report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Passed);
    assert!(report.is_ok() && passed, "{}", report.to_table(crate::demo::table::Look::PLAIN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flaw_alone_shows_its_faults_and_no_other() {
    // The large bodies take long, so they are sent only where they count.
    let is_large = |name: &str| name.starts_with("large-");
    let small: Vec<_> =
        checks::all().filter(|check| !is_large(check.name)).map(|check| check.name.to_owned()).collect();
    let mut running = tokio::task::JoinSet::new();
    let mut wrong = String::new();
    for (flaw, shows) in FLAWS {
        let counts = checks::all().any(|check| is_large(check.name) && shows.contains(&check.fault));
        let only = if counts { Vec::new() } else { small.clone() };
        running.spawn(async move { (flaw, shows, check(Some(*flaw), &only).await) });
    }
    while let Some(done) = running.join_next().await {
        let (flaw, shows, report) = done.unwrap();
        let found: BTreeSet<_> = report.faults().collect();
        let wanted: BTreeSet<_> = shows.iter().copied().collect();
        if found != wanted || report.is_ok() {
            wrong += &format!("{flaw:?}: {found:?}\n{}\n", report.to_table(crate::demo::table::Look::PLAIN));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn every_fault_of_the_table_is_shown_by_a_flaw_and_every_flaw_shows_faults_of_the_table() {
    let shown: BTreeSet<_> = FLAWS.iter().flat_map(|(_, shows)| shows.iter().copied()).collect();
    let table: BTreeSet<_> = checks::all().map(|check| check.fault).collect();
    assert_eq!(shown, table);
    assert!(FLAWS.iter().all(|(_, shows)| !shows.is_empty()));
}

/// The real receiver behind an HTTP API, called by this address.
async fn real_receiver(check: &str, source_ip: &str) -> (EmbeddedSqs, ApiFront, String) {
    let events = prelude_events::EventType::ALL.iter().filter_map(prelude_events::EventType::queue_slug);
    let queues = events.chain(["unrouted"]).map(|slug| format!("prelude-webhooks-{slug}"));
    let sqs = EmbeddedSqs::start(queues).await.unwrap();
    let own = identity().receiver_variables(|_| None).unwrap();
    let mut environment = samples::environment().unwrap();
    environment.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
    environment.extend(own);
    environment.push(("PRELUDE_IP_CHECK".to_owned(), check.to_owned()));
    let receiver = LocalReceiver::start(environment, &sqs).unwrap();
    let front = ApiFront::start(Api::new(receiver), 0, source_ip).await.unwrap();
    let url = format!("{}/webhooks/{}", front.url(), samples::PATH_TOKEN);
    (sqs, front, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_receiver_conforms() {
    let (_sqs, _front, url) = real_receiver("enforce", ADDRESSES[1]).await;
    let report = run(&Target::new(url, target::LIMIT).unwrap(), identity(), &[], |_| {}).await.unwrap();
    let passed = report.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Passed);
    assert!(report.is_ok() && passed, "{}", report.to_table(crate::demo::table::Look::PLAIN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_refuses_the_address_is_told_from_one_that_does_not_know_the_keys() {
    let (_sqs, _front, url) = real_receiver("enforce", "198.51.100.7").await;
    let only = ["verify-event".to_owned(), "spoofed-address".to_owned()];
    let target = Target::new(url.clone(), target::LIMIT).unwrap();
    let report = run(&target, identity(), &only, |_| {}).await.unwrap();
    assert!(report.hint.as_deref().unwrap().contains("refuses this machine's address"), "{:?}", report.hint);
    assert!(report.faults().eq(["refuses-verify-event"]));

    let elsewhere = Target::new(url.replace("/webhooks/", "/hooks/"), target::LIMIT).unwrap();
    let report = run(&elsewhere, identity(), &only, |_| {}).await.unwrap();
    assert!(!report.is_ok());

    let nowhere = Target::new("http://127.0.0.1:1/webhooks", target::LIMIT).unwrap();
    let error = run(&nowhere, identity(), &only, |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing answers at http://127.0.0.1:1:"), "{error}");
}
