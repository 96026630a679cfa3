use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sqs::types::MessageAttributeValue;
use prelude_local::coverage::cases;
use sha2::{Digest as _, Sha256};

use super::{delivery::Outcome, *};
use crate::terminal::Look;

fn plan(deliveries: usize) -> Plan {
    Plan {
        deliveries,
        functions: 8,
        binary: None,
        faults: 0.25,
        seed: 7,
        rate: 50.0,
        function_timeout: Duration::from_secs(2),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_accounted_for_under_faults() {
    let answered = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&answered);
    let deliveries = cases("a load of deliveries", 60..=200).try_into().unwrap();
    let report = run(&plan(deliveries), move || {
        counting.fetch_add(1, Ordering::Relaxed);
    })
    .await
    .unwrap();
    let table = report.to_table(Look::PLAIN);
    assert!(report.ok, "{table}");
    assert_eq!((report.deliveries, answered.load(Ordering::Relaxed)), (deliveries, deliveries));
    let some = deliveries * 3 / 20..=deliveries * 7 / 20;
    assert!(some.contains(&report.faulty) && report.sent_again > 0, "{table}");
    assert!(report.books.duplicates > 0 && report.books.events > deliveries, "{table}");
    assert_eq!(
        report.books.routed + report.books.parked.values().sum::<usize>(),
        report.books.events,
        "{table}"
    );
    assert_eq!(report.answers["200"], deliveries, "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_answered_deliveries_without_a_message_are_lost() {
    let queues = queues().unwrap();
    let (sqs, empty) =
        (EmbeddedSqs::start(&queues).await.unwrap(), EmbeddedSqs::start(&queues).await.unwrap());
    let plan = Plan { faults: 0.0, rate: 1000.0, ..plan(20) };
    let report = run_between(&plan, &queues, [&sqs, &empty], || {}).await.unwrap();
    assert_eq!((report.books.lost, report.books.messages), (report.books.events, 0));
    assert!(!report.ok && report.to_table(Look::PLAIN).contains("THE BOOKS DO NOT BALANCE"));
}

#[test]
fn a_seed_decides_everything() {
    let bodies = |seed| {
        let mailbag = Mailbag::new(&Plan { seed, ..plan(50) }).unwrap();
        let of = |delivery: &delivery::Delivery| {
            (delivery.events.iter().map(|e| e.hash).collect::<Vec<_>>(), delivery.fault)
        };
        mailbag.deliveries().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(bodies(1), bodies(1));
    assert_ne!(bodies(1), bodies(2));
}

#[tokio::test]
async fn a_lost_event_and_a_foreign_message_are_found() {
    let mailbag = Mailbag::new(&Plan { faults: 0.0, ..plan(3) }).unwrap();
    let sqs = EmbeddedSqs::start(["p-a", "p-unrouted"]).await.unwrap();
    let url = EmbeddedSqs::queue_url_prefix("p-a");
    sqs.client().send_message().queue_url(url).message_body("{\"foreign\":1}").send().await.unwrap();
    // The first delivery is accepted, the second is stored too late, and the third is never answered.
    mailbag.delivery(0).unwrap().accept(true);
    mailbag.delivery(1).unwrap().accept(mailbag.stores_all_of(mailbag.delivery(1).unwrap()));
    assert_eq!(mailbag.delivery(1).unwrap().outcome(), Outcome::AcceptedTooEarly);
    let queues = ["p-a".to_owned(), "p-unrouted".to_owned()];
    let books = account::balance(&sqs, "p-", &queues, &mailbag).await.unwrap();
    assert_eq!(books.starved, 0, "no attempt was made");
    mailbag.delivery(0).unwrap().note_starved(mailbag.starved_of(mailbag.delivery(0).unwrap()));
    let starved = account::balance(&sqs, "p-", &queues, &mailbag).await.unwrap().starved;
    assert_eq!(starved, mailbag.delivery(0).unwrap().events.len(), "nothing is stored");
    let answered_for: usize = mailbag.deliveries()[..2].iter().map(|delivery| delivery.events.len()).sum();
    assert_eq!((books.lost, books.too_early, books.unanswered, books.misplaced), (answered_for, 1, 1, 1));
    assert!(!books.balance());
}

#[tokio::test]
async fn events_that_are_parked_without_a_fault_are_misplaced() {
    let denied = |delivery: &delivery::Delivery| {
        delivery
            .fault
            .is_some_and(|fault| matches!(fault.kind, fault::FaultKind::Denied | fault::FaultKind::Unlisted))
    };
    let mailbag = Mailbag::new(&Plan { faults: 0.5, ..plan(200) }).unwrap();
    let single = |wanted| {
        let of_one = |delivery: &&delivery::Delivery| {
            delivery.events.len() == 1 && denied(delivery) == wanted && body(delivery).is_some()
        };
        mailbag.deliveries().iter().find(of_one).and_then(body).unwrap()
    };
    let (of_denied, of_another) = (single(true), single(false));
    for (body, reason, misplaced) in [
        (&of_denied, "queue_denied", 0),
        (&of_denied, "rejected_by_sqs", 1),
        (&of_another, "queue_denied", 1),
    ] {
        let sqs = EmbeddedSqs::start(["p-unrouted"]).await.unwrap();
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason);
        let url = EmbeddedSqs::queue_url_prefix("p-unrouted");
        let call = sqs.client().send_message().queue_url(url).message_body(body);
        call.message_attributes("reason", reason.build().unwrap()).send().await.unwrap();
        let books = account::balance(&sqs, "p-", &["p-unrouted".to_owned()], &mailbag).await.unwrap();
        assert_eq!((books.misplaced, books.messages), (misplaced, 1), "{body}");
    }
}

/// Body of a delivery whose only event is the whole body.
fn body(delivery: &delivery::Delivery) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(&delivery.event().unwrap()).unwrap();
    let body = event["body"].as_str()?.to_owned();
    let hash: delivery::Hash = Sha256::digest(&body).into();
    (delivery.events[0].hash == hash).then_some(body)
}
