use prelude_events::{EventType, samples};
use serde_json::Value;

use crate::run::{prelude, text};

#[test]
fn the_table_has_a_line_for_each_type() {
    let output = prelude(&["events"]);
    assert!(output.status.success());
    let table = text(&output.stdout);
    assert_eq!(table.lines().count(), 1 + EventType::ALL.len());
    for event_type in EventType::ALL {
        let line =
            table.lines().find(|line| line.split_whitespace().next() == Some(event_type.as_str())).unwrap();
        for part in [
            event_type.source().unwrap().as_str(),
            event_type.queue_slug().unwrap(),
            event_type.meaning().unwrap(),
        ] {
            assert!(line.contains(part), "{line}");
        }
    }
    let rows: Vec<Value> = serde_json::from_slice(&prelude(&["events", "--json"]).stdout).unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(names, EventType::ALL.iter().map(EventType::as_str).collect::<Vec<_>>());
    assert_eq!(rows[0]["proof"], "secret_path");
}

#[test]
fn show_prints_all_parts_of_one_type() {
    for event_type in EventType::ALL {
        let output = prelude(&["events", "show", event_type.as_str(), "--json"]);
        let parts: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sample: Value = serde_json::from_str(samples::sample(event_type).unwrap()).unwrap();
        assert_eq!(parts["sample"], sample, "{event_type}");
        assert_eq!(parts["schema"]["properties"]["type"]["const"], event_type.as_str());
        assert!(!parts["members"].as_array().unwrap().is_empty());
    }
    let page = prelude(&["events", "show", "verify.delivery_status"]);
    let page = text(&page.stdout);
    for part in [
        "The carrier reported the delivery status of an attempt.",
        "signed with the account's key",
        "<prefix>verify-delivery-status",
        "price.amount",
        "submitted | in_transit | silent_started | delivered | undeliverable | expired | ",
        "as Prelude documents it",
        "https://json-schema.org/draft/2020-12/schema",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn sample_and_schema_are_printed_alone() {
    let sample = prelude(&["events", "show", "user.deleted", "--sample"]).stdout;
    let batch: Value = serde_json::from_slice(&sample).unwrap();
    let event: Value = serde_json::from_str(samples::sample(&EventType::UserDeleted).unwrap()).unwrap();
    assert_eq!(batch, serde_json::json!({"app_id": "demoapp1", "events": [event]}), "as Prelude sends it");
    let single = prelude(&["events", "show", "verify.attempt", "--sample"]).stdout;
    assert_eq!(text(&single).trim(), samples::sample(&EventType::VerifyAttempt).unwrap().trim());
    let schema: Value =
        serde_json::from_slice(&prelude(&["events", "show", "user.deleted", "--schema"]).stdout).unwrap();
    assert_eq!(schema["title"], "user.deleted");
    assert_eq!(prelude(&["events", "show", "user.deleted", "--schema", "--json"]).status.code(), Some(2));
}

#[test]
fn the_error_of_a_misspelled_type_has_the_nearest_names() {
    for command in [&["events", "show", "user.craeted"][..], &["trigger", "user.craeted"]] {
        let output = prelude(command);
        assert_eq!(output.status.code(), Some(2));
        let error = text(&output.stderr);
        assert!(
            error.contains("event type `user.craeted` is unknown: did you mean user.created or "),
            "{error}"
        );
        assert!(output.stdout.is_empty());
    }
    let error = prelude(&["events", "show", "payment_intent.succeeded"]).stderr;
    assert!(text(&error).contains("`prelude events` lists all types"), "{}", text(&error));
    assert_eq!(prelude(&["events", "show", "all"]).status.code(), Some(2));
}
