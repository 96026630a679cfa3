use prelude_local::coverage::cases;
use serde_json::Value;

use crate::run::{assert_refused, prelude, text};

#[test]
fn load_accounts_for_every_event() {
    let deliveries = cases("deliveries of `prelude load`", 60..=500);
    // Both sizes take the same time.
    let (functions, rate) = if deliveries == 500 { ("16", "100") } else { ("8", "25") };
    let count = deliveries.to_string();
    let sizes = ["--deliveries", &count, "--functions", functions, "--function-timeout", "2", "--rate", rate];
    let output = prelude(&[&["load", "--json", "--seed", "1"], &sizes[..]].concat());
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.stderr.is_empty());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["books"]["lost"], &report["answers"]["200"]),
        (&0.into(), &deliveries.into()),
        "{report:#}"
    );
    assert!(
        report["answers"]["503"].as_u64().is_some() && report["faulty"].as_u64() > Some(deliveries / 5),
        "{report:#}"
    );

    let output = prelude(&["load", "--deliveries", "1", "--binary", "/dev/null/x"]);
    assert_refused(&output, "/dev/null/x cannot be started");
}
