//! Tests of the demo with the real receiver, intact and with one fault at a time.

mod sabotage;

use std::collections::BTreeSet;

use prelude_events::EventType;
use prelude_local::{aws::sqs::EmbeddedSqs, prelude::jwks_server::JwksServer, receiver::LocalReceiver};
use sabotage::{Flaw, Sabotaged};
use serde_json::Value;

use super::*;
use crate::{
    catalogue::Authentication,
    demo::{
        report::{Kind, Row},
        setup::{DemoEvent, sample_events},
    },
    terminal::Look,
};

fn events() -> Vec<DemoEvent> {
    let event = |event_type: &str, authentication| DemoEvent {
        event_type: event_type.to_owned(),
        authentication,
        queue_slug: EventType::known(event_type).unwrap().queue_slug().unwrap().to_owned(),
        raw: format!("{{\n \"type\":\"{event_type}\" , \"id\":\"evt_{event_type}\", \"n\":1.50}}\n"),
    };
    vec![
        event("authentication", Authentication::SecretPath),
        event("verify.attempt", Authentication::AccountKey),
        event("transactional.message.failed", Authentication::AccountKey),
        event("user.created", Authentication::AppKey),
        event("user.passkey.assertion_failed", Authentication::AppKey),
    ]
}

async fn play(flaw: Flaw) -> Report {
    let setup = Setup::new(events()).unwrap();
    let sqs = EmbeddedSqs::start(setup.queue_names()).await.unwrap();
    let (prelude, receiver, _key_server) = real_receiver(&setup, &sqs).await;
    let receiver = Sabotaged { setup: setup.clone(), sqs: sqs.clone(), receiver, _key_server, flaw };
    run(&setup, &sqs, &prelude, &receiver).await.unwrap()
}

async fn real_receiver(setup: &Setup, sqs: &EmbeddedSqs) -> (LocalPrelude, LocalReceiver, JwksServer) {
    let (prelude, jwks) = (LocalPrelude::shared().unwrap(), JwksServer::start().await.unwrap());
    for app in &prelude.apps {
        jwks.publish(&app.app_id, &app.jwks());
    }
    let environment = setup.environment(&prelude, |app_id| jwks.url(app_id)).unwrap();
    let receiver = LocalReceiver::start(environment, sqs).unwrap();
    (prelude, receiver, jwks)
}

fn failed(report: &Report) -> Vec<&Row> {
    report.rows.iter().filter(|row| !row.ok).collect()
}

#[tokio::test]
async fn every_row_of_an_intact_receiver_is_right() {
    let report = play(Flaw::None).await;
    assert!(report.is_ok(), "{}", report.to_table(Look::PLAIN));
    let counts = report.counts();
    assert_eq!((counts.rows, counts.routed, counts.queues, counts.parked, counts.refused), (13, 5, 5, 3, 4));
    assert_eq!(counts.messages, 9, "the oversize event has two parts");
    let reasons: Vec<_> =
        report.rows.iter().filter(|row| row.kind == Kind::Parked).map(|row| row.note.as_deref()).collect();
    assert_eq!(reasons, [Some("unknown_type"), Some("oversize, 2 parts"), Some("unknown_type")]);
    let refused: Vec<_> =
        report.rows.iter().filter(|row| row.kind == Kind::Refused).map(|row| row.status).collect();
    assert_eq!(refused, [Some(401), Some(401), Some(403), Some(401)]);
    assert!(report.rows.iter().all(|row| row.sent.chars().count() <= 38));
}

#[tokio::test]
async fn a_changed_body_is_seen() {
    let report = play(Flaw::ChangesBody("transactional.message.failed")).await;
    let rows = failed(&report);
    assert_eq!(rows.len(), 1, "{}", report.to_table(Look::PLAIN));
    assert_eq!(rows[0].sent, "transactional.message.failed");
    assert!(rows[0].expected.as_ref().unwrap().contains("the body as sent"), "{rows:?}");
    assert!(!report.is_ok());
}

#[tokio::test]
async fn a_lost_event_is_seen_although_it_was_answered_with_200() {
    let report = play(Flaw::Loses("user.passkey.assertion_failed")).await;
    let rows = failed(&report);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0].expected.as_deref(),
        Some("a message in prelude-webhooks-user-passkey-assertion-failed")
    );
}

#[tokio::test]
async fn a_duplicate_is_seen() {
    let report = play(Flaw::Doubles("authentication")).await;
    let rows = failed(&report);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].kind, rows[0].sent.as_str()), (Kind::Unexpected, "(not sent: authentication)"));
}

#[tokio::test]
async fn a_wrong_attribute_or_reason_is_seen() {
    let report = play(Flaw::Attribute("event_type")).await;
    assert_eq!(failed(&report).len(), 5);
    let report = play(Flaw::Attribute("reason")).await;
    assert!(failed(&report).iter().filter(|row| row.kind == Kind::Parked).count() == 3);
}

#[tokio::test]
async fn an_accepted_forgery_is_seen_twice() {
    let report = play(Flaw::BelievesEverything).await;
    let kinds: Vec<_> = failed(&report).iter().map(|row| row.kind).collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == Kind::Refused).count(),
        3,
        "{}",
        report.to_table(Look::PLAIN)
    );
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Unexpected).count(), 3);
    assert!(report.to_table(Look::PLAIN).contains("expected the answer 401 {\"error\":\"unauthorized\"}"));
}

#[tokio::test]
async fn a_challenge_that_went_through_a_float_is_seen() {
    let report = play(Flaw::FloatChallenge).await;
    assert_eq!(failed(&report).len(), 1);
    assert_eq!(failed(&report)[0].kind, Kind::Activation);
}

#[test]
fn the_environment_configures_a_receiver_for_the_demo() {
    let setup = Setup::new(events()).unwrap();
    let prelude = LocalPrelude::shared().unwrap();
    let variables = setup.environment(&prelude, |app| format!("http://127.0.0.1:1/{app}")).unwrap();
    let value = |name: &str| variables.iter().find(|(other, _)| other == name).unwrap().1.clone();
    assert_eq!(
        value("PRELUDE_QUEUE_URL_PREFIX"),
        "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-"
    );
    let apps: Value = serde_json::from_str(&value("PRELUDE_APPS")).unwrap();
    assert_eq!(apps[1]["app_id"], "app2");
    assert_eq!(apps[1]["jwks_url"], "http://127.0.0.1:1/app2");
    assert!(value("PRELUDE_PUBLIC_KEYS").contains("BEGIN PUBLIC KEY"));
    assert!(setup.path().ends_with(&value("PRELUDE_PATH_TOKEN")));
    assert_eq!(value("PRELUDE_PATH_TOKEN").len(), 32);
}

#[tokio::test]
async fn every_type_is_delivered_and_found_in_its_queue() {
    let pair = |event_type: &EventType| {
        (event_type.as_str().to_owned(), event_type.queue_slug().unwrap().to_owned())
    };
    let slugs: BTreeSet<_> = EventType::ALL.iter().map(pair).collect();
    let setup = Setup::new(sample_events()).unwrap();
    let sqs = EmbeddedSqs::start(setup.queue_names()).await.unwrap();
    let (prelude, receiver, _key_server) = real_receiver(&setup, &sqs).await;
    let report = run(&setup, &sqs, &prelude, &receiver).await.unwrap();
    assert!(report.is_ok(), "{:#?}", failed(&report));
    let routed = report.rows.iter().filter(|row| row.kind == Kind::Routed).map(|row| {
        let queue = row.queue.as_deref().unwrap();
        (row.sent.clone(), queue.strip_prefix(&setup.queue_prefix).unwrap().to_owned())
    });
    assert_eq!(routed.collect::<BTreeSet<_>>(), slugs);
}
