use serde_json::Value;

use crate::run::{prelude, text};

#[test]
fn the_demo_shows_29_types_in_29_queues_and_exits_with_0() {
    let output = prelude(&["demo"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("29 events in 29 queues, 3 parked, 4 refused"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours in a pipe");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_demos_json_has_every_row() {
    let output = prelude(&["demo", "--json"]);
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 37);
    assert!(rows.iter().all(|row| row["ok"] == true), "{report:#}");
}
