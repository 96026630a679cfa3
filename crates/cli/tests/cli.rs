//! Runs the binary as its users do: help, success, and each failure.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use run::{prelude, text};
use serde_json::Value;

#[test]
fn every_command_has_help_with_an_example_and_exit_codes() {
    let help = prelude(&["--help"]);
    assert!(help.status.success());
    for command in ["demo", "samples", "sqs"] {
        assert!(text(&help.stdout).contains(command), "{command}");
        let help = prelude(&[command, "--help"]);
        assert!(help.status.success());
        for part in ["Example:", "Exit codes:", "Usage:"] {
            assert!(text(&help.stdout).contains(part), "{command}: {part}");
        }
    }
}

#[test]
fn a_wrong_command_line_exits_with_2_and_one_message() {
    for arguments in [&["demo", "--jsn"][..], &["dmo"], &[], &["sqs", "--port", "x"]] {
        let output = prelude(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !text(&output.stderr).contains("panicked"), "{arguments:?}");
    }
}

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

#[test]
fn samples_check_tells_what_differs() {
    let folder = std::env::temp_dir().join(format!("prelude-samples-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    assert_eq!(prelude(&["samples", "--out", out, "--check"]).status.code(), Some(1));
    assert!(prelude(&["samples", "--out", out]).status.success());
    assert!(prelude(&["samples", "--out", out, "--check"]).status.success());
    std::fs::write(folder.join("challenge.json"), "{}").unwrap();
    let output = prelude(&["samples", "--out", out, "--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("challenge.json is not up to date"));
    std::fs::remove_dir_all(folder).unwrap();
    let output = prelude(&["samples", "--out", "/dev/null/x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("prelude: /dev/null/x"), "{}", text(&output.stderr));
}

#[test]
fn sqs_serves_its_queues_and_tells_when_its_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = prelude(&["sqs", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains(&format!("port {port} can not be used")),
        "{}",
        text(&output.stderr)
    );
    let output = prelude(&["sqs", "--prefix", "a.b"]);
    assert!(text(&output.stderr).starts_with("prelude: --prefix "), "{}", text(&output.stderr));

    let mut server = Command::new(env!("CARGO_BIN_EXE_prelude"))
        .args(["sqs", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let first = BufReader::new(server.stdout.as_mut().unwrap()).lines().next().unwrap().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(first.starts_with("SQS at http://127.0.0.1:") && first.contains("30 queues"), "{first}");
}

// `cfg(test)` tells clippy that helpers are test code as well.
#[cfg(test)]
mod run {
    use std::process::{Command, Output};

    pub(super) fn prelude(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_prelude")).args(arguments).env_remove("NO_COLOR").output().unwrap()
    }

    pub(super) fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }
}
