use crate::run::{prelude, text};

/// All commands, in the order of the help.
pub(crate) const COMMANDS: &[&str] = &[
    "activate",
    "clients",
    "completions",
    "conform",
    "demo",
    "dev",
    "doctor",
    "events",
    "explain",
    "load",
    "parked",
    "redrive",
    "samples",
    "sign",
    "sqs",
    "trigger",
    "verify",
];

#[test]
fn every_command_has_help_with_an_example_and_exit_codes() {
    let help = prelude(&["--help"]);
    assert!(help.status.success());
    let listed = text(&help.stdout).lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed: Vec<_> = listed.map_while(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, COMMANDS);
    for command in COMMANDS {
        let help = prelude(&[command, "--help"]);
        assert!(help.status.success());
        for part in ["Example:", "Exit codes:", "Usage:"] {
            assert!(text(&help.stdout).contains(part), "{command}: {part}");
        }
    }
}

#[test]
fn the_documentation_lists_every_command() {
    let page = include_str!("../../../../docs/commands.md");
    let table = page.split("## All commands").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let mut names: Vec<_> =
        names.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`')).collect();
    names.sort_unstable();
    assert_eq!(names, COMMANDS);
}

#[test]
fn a_wrong_command_line_exits_with_2_and_one_message() {
    for arguments in [
        &["demo", "--jsn"][..],
        &["dmo"],
        &[],
        &["sqs", "--port", "x"],
        &["trigger"],
        &["events", "show"],
        &["conform"],
        &["conform", "http://127.0.0.1:1/"],
        &["conform", "--local", "http://127.0.0.1:1/", "--only", "nothing"],
        &["conform", "--app", "a:b", "http://127.0.0.1:1/"],
        &["load", "--deliveries", "0"],
        &["load", "--faults", "1.5"],
        &["dev", "--rotate-every", "often"],
    ] {
        let output = prelude(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !text(&output.stderr).contains("panicked"), "{arguments:?}");
    }
}
