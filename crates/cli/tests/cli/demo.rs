use prelude_events::EventType;
use serde_json::Value;

use crate::run::{prelude, text};

#[test]
fn the_demo_shows_every_type_in_its_queue_and_exits_with_0() {
    let output = prelude(&["demo"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let types = EventType::ALL.len();
    let counts = format!("{types} events in {types} queues, 3 parked, 4 refused");
    assert!(table.contains(&counts), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours in a pipe");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_demos_json_has_every_row() {
    let output = prelude(&["demo", "--json"]);
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    // An activation, every type, 3 parked, 4 refused.
    assert_eq!(rows.len(), 1 + EventType::ALL.len() + 3 + 4);
    assert!(rows.iter().all(|row| row["ok"] == true), "{report:#}");
}
