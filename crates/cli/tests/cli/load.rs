use serde_json::Value;

use crate::run::{assert_refused, prelude, text};

#[test]
fn load_accounts_for_every_event_of_500_deliveries() {
    let sizes = ["--deliveries", "500", "--functions", "16", "--function-timeout", "2", "--rate", "100"];
    let output = prelude(&[&["load", "--json", "--seed", "1"], &sizes[..]].concat());
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.stderr.is_empty());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["books"]["lost"], &report["answers"]["200"]), (&0.into(), &500.into()), "{report:#}");
    assert!(
        report["answers"]["503"].as_u64().is_some() && report["faulty"].as_u64() > Some(100),
        "{report:#}"
    );

    let output = prelude(&["load", "--deliveries", "1", "--binary", "/dev/null/x"]);
    assert_refused(&output, "/dev/null/x can not be started");
}
