use std::sync::atomic::{AtomicUsize, Ordering};

use super::{delivery::Verdict, *};
use crate::demo::table::Look;

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
    let report = run(&plan(200), move || {
        counting.fetch_add(1, Ordering::Relaxed);
    })
    .await
    .unwrap();
    let table = report.to_table(Look::PLAIN);
    assert!(report.ok, "{table}");
    assert_eq!((report.deliveries, answered.load(Ordering::Relaxed)), (200, 200));
    assert!((30..=70).contains(&report.faulty) && report.sent_again > 0, "{table}");
    assert!(report.books.duplicates > 0 && report.books.events > 200, "{table}");
    assert_eq!(
        report.books.routed + report.books.parked.values().sum::<usize>(),
        report.books.events,
        "{table}"
    );
    assert_eq!(report.answers["200"], 200, "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_answered_for_and_in_no_queue_are_lost() {
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
    // The receiver says that it has the first; the second was stored too late; the third is never answered.
    mailbag.delivery(0).unwrap().accept(true);
    mailbag.delivery(1).unwrap().accept(mailbag.stores_all_of(mailbag.delivery(1).unwrap()));
    assert_eq!(mailbag.delivery(1).unwrap().verdict(), Verdict::AcceptedTooEarly);
    let queues = ["p-a".to_owned(), "p-unrouted".to_owned()];
    let books = account::balance(&sqs, "p-", &queues, &mailbag).await.unwrap();
    let answered_for: usize = mailbag.deliveries()[..2].iter().map(|delivery| delivery.events.len()).sum();
    assert_eq!((books.lost, books.too_early, books.unanswered, books.misplaced), (answered_for, 1, 1, 1));
    assert!(!books.balance());
}
