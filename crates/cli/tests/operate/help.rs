//! Help texts, and wrong command lines.

use crate::support::run;

#[tokio::test]
async fn every_command_has_help_with_an_example_and_exit_codes() {
    for command in [
        &["activate"][..],
        &["doctor"],
        &["parked"],
        &["parked", "list"],
        &["parked", "show"],
        &["parked", "replay"],
        &["parked", "delete"],
        &["redrive"],
    ] {
        let help = run(&[command, &["--help"]].concat(), &[]).await;
        help.assert(0, &["Usage:", "Example:\n", "Exit codes: 0 "]);
        assert!(help.stderr.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_command_line_exits_with_2() {
    for arguments in [
        &["parked"][..],
        &["activate", "--app", "app1"],
        &["activate", "--app", "a/b", "--url", "https://a/webhooks"],
        &["activate", "--app", "a", "--url", "https://a/webhooks", "--new", "--webhook-id", "web_1"],
        &["parked", "peek"],
        &["parked", "list", "--reason", "boredom"],
        &["parked", "show"],
        &["parked", "replay", "--limit", "x"],
        &["parked", "replay", "--to", ""],
        &["parked", "replay", "--to", "https://sqs.eu-west-1.amazonaws.com/123456789012/"],
        &["parked", "delete"],
        &["parked", "delete", ""],
        &["parked", "delete", "x", "--reason", "oversize"],
        &["parked", "delete", "--type", "user.created"],
        &["parked", "delete", "x", "--save", "y", "--no-save"],
        &["parked", "show", "x", "--output", "y"],
        &["redrive"],
        &["redrive", "user.created", "--all"],
        &["redrive", "user.created", "--rate", "501"],
        &["redrive", "user.created", "--rate", "0"],
        &["redrive", "--all", "--dry-run", "--cancel"],
    ] {
        let ran = run(arguments, &[]).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert!(ran.stdout.is_empty() && !ran.stderr.contains("panicked"), "{arguments:?}");
    }
}
