mod naive;
mod server;

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::terminal::Look;
use naive::{FLAWS, Flaw, Naive};
use prelude_local::{
    aws::{
        gateway::{Api, GatewayServer},
        sqs::EmbeddedSqs,
    },
    coverage::cases,
    prelude::{ADDRESSES, jwks_server::JwksServer, samples},
    receiver::LocalReceiver,
};

/// Identity that the naive receiver trusts: an account, two apps, and unsigned V1 events.
fn identity() -> Identity {
    Identity::local().unwrap()
}

/// Target whose time limit holds on a busy machine, too.
fn patient() -> Target {
    Target::new("", Duration::from_secs(60)).unwrap()
}

async fn check(flaw: Option<Flaw>, target: Target, only: &[String]) -> Report {
    let naive = Naive::start(identity(), flaw).await;
    run(&target.at(naive.url()), identity(), only, |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_correct_naive_receiver_passes_every_check() {
    let report = check(None, patient(), &[]).await;
    let passed = report.outcomes.iter().all(|outcome| outcome.result == CheckResult::Passed);
    assert!(report.is_ok() && passed, "{}", report.to_table(Look::PLAIN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flaw_alone_causes_its_faults_and_no_other() {
    let others = cases("other checks on each flawed receiver", 6..=checks::all().count() as u64);
    // Every request of the flaw `Sleeps` outlasts the hasty target's limit, so the limit may be short.
    let (patient, hasty) = (patient(), Target::new("", Duration::from_millis(50)).unwrap());
    let mut wrong = String::new();
    let mut running = tokio::task::JoinSet::new();
    for (number, (flaw, shows)) in FLAWS.iter().enumerate() {
        let only = checks_of(number, shows, others.try_into().unwrap());
        let target = if *flaw == Flaw::Sleeps { hasty.clone() } else { patient.clone() };
        running.spawn(async move { (flaw, shows, check(Some(*flaw), target, &only).await) });
    }
    while let Some(done) = running.join_next().await {
        let (flaw, shows, report) = done.unwrap();
        let found: BTreeSet<_> = report.faults().collect();
        let wanted: BTreeSet<_> = shows.iter().copied().collect();
        if found != wanted || report.is_ok() {
            wrong += &format!("{flaw:?}: {found:?}\n{}\n", report.to_table(Look::PLAIN));
        }
    }
    assert_eq!(wrong, "");
}

/// Checks of a flaw's own faults, and a number of other checks. Each flaw starts with different ones.
fn checks_of(number: usize, shows: &[&str], others: usize) -> Vec<String> {
    // Large bodies take long, so only the flaws that need them get them.
    let is_large = |check: &Check| check.name.starts_with("large-");
    let is_own = |check: &Check| shows.contains(&check.fault);
    let has_large = checks::all().any(|check| is_large(check) && is_own(check));
    // A fault of every answer needs the answers to all checks.
    let needs_all = checks::all().any(|check| is_own(check) && matches!(check.plan, Plan::Never(_)));
    let (own, other): (Vec<_>, Vec<_>) =
        checks::all().filter(|check| has_large || !is_large(check)).partition(|check| is_own(check));
    let count = if needs_all { other.len() } else { others.min(other.len()) };
    let other = other.iter().cycle().skip(number * others).take(count);
    own.iter().chain(other).map(|check| check.name.to_owned()).collect()
}

#[test]
fn every_fault_of_the_table_has_a_flaw_and_every_flaw_has_faults_of_the_table() {
    let shown: BTreeSet<_> = FLAWS.iter().flat_map(|(_, shows)| shows.iter().copied()).collect();
    let table: BTreeSet<_> = checks::all().map(|check| check.fault).collect();
    assert_eq!(shown, table);
    assert!(FLAWS.iter().all(|(_, shows)| !shows.is_empty()));
}

/// Starts the real receiver behind an HTTP API, with this address as its caller. It fetches the apps' keys from the key
/// server if there is one.
async fn real_receiver(
    source_ip: &str,
    key_server: Option<&JwksServer>,
) -> (EmbeddedSqs, GatewayServer, String) {
    let events = prelude_events::EventType::ALL.iter().filter_map(prelude_events::EventType::queue_slug);
    let queues = events.chain(["unrouted"]).map(|slug| format!("prelude-webhooks-{slug}"));
    let sqs = EmbeddedSqs::start(queues).await.unwrap();
    let own = identity().receiver_variables(|app_id| Some(key_server?.url(app_id))).unwrap();
    let mut environment = samples::environment().unwrap();
    environment.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
    environment.extend(own);
    let receiver = LocalReceiver::start(environment, &sqs).unwrap();
    let front = GatewayServer::start(Api::new(receiver), 0, source_ip).await.unwrap();
    let url = format!("{}/webhooks/{}", front.url(), samples::PATH_TOKEN);
    (sqs, front, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_receiver_conforms() {
    let (_sqs, _front, url) = real_receiver(ADDRESSES[1], None).await;
    let report = run(&Target::new(url, target::LIMIT).unwrap(), identity(), &[], |_| {}).await.unwrap();
    let passed = report.outcomes.iter().all(|outcome| outcome.result == CheckResult::Passed);
    assert!(report.is_ok() && passed, "{}", report.to_table(Look::PLAIN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_receiver_conforms_with_key_sets_that_it_fetches() {
    let key_server = JwksServer::start().await.unwrap();
    for app in identity().apps {
        key_server.publish(&app.app_id, &app.jwks());
    }
    let (_sqs, _front, url) = real_receiver(ADDRESSES[0], Some(&key_server)).await;
    let only =
        ["session-event", "foreign-key", "other-apps-key", "wrong-app", "no-server-error"].map(str::to_owned);
    let report = run(&Target::new(url, target::LIMIT).unwrap(), identity(), &only, |_| {}).await.unwrap();
    let passed = report.outcomes.iter().filter(|outcome| outcome.result == CheckResult::Passed).count();
    assert_eq!(passed, only.len(), "{}", report.to_table(Look::PLAIN));
    assert!(key_server.requests("demoapp1") > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_address_a_wrong_path_and_a_closed_port_are_distinguished() {
    let (_sqs, _front, url) = real_receiver("198.51.100.7", None).await;
    let only = ["verify-event".to_owned(), "spoofed-address".to_owned()];
    let target = Target::new(url.clone(), target::LIMIT).unwrap();
    let report = run(&target, identity(), &only, |_| {}).await.unwrap();
    assert!(report.hint.as_deref().unwrap().contains("refuses this machine's address"), "{:?}", report.hint);
    assert!(report.faults().eq(["refuses-verify-event"]));

    let (_sqs, _front, url) = real_receiver(ADDRESSES[0], None).await;
    for path in ["/hooks/", "/webhooks/another-token-"] {
        let elsewhere = Target::new(url.replace("/webhooks/", path), target::LIMIT).unwrap();
        let error = run(&elsewhere, identity(), &only, |_| {}).await.unwrap_err();
        assert!(error.to_string().starts_with("the path of the URL is wrong"), "{error}");
    }

    let nowhere = Target::new("http://127.0.0.1:1/webhooks", target::LIMIT).unwrap();
    let error = run(&nowhere, identity(), &only, |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing answers at http://127.0.0.1:1:"), "{error}");
}
