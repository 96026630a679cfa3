#![cfg(test)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use serde_json::Value;

use crate::run::{assert_refused, command, prelude, text};

#[test]
fn conform_lists_its_checks_and_creates_keys_for_a_receiver() {
    let json = prelude(&["conform", "--list", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["checks"][0]["name"], "activation");
    let list = prelude(&["conform", "--list"]);
    assert!(list.status.success());
    assert!(
        text(&list.stdout).contains("fault: accepts-missing-signature (critical)"),
        "{}",
        text(&list.stdout)
    );

    let folder = std::env::temp_dir().join(format!("prelude-conform-keys-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    let made = prelude(&["conform", "--generate", out, "--serve-jwks", "9555"]);
    let again = prelude(&["conform", "--generate", out]);
    let settings = folder.join("settings.json");
    let shown = prelude(&["conform", "--settings", settings.to_str().unwrap(), "--print-settings"]);
    let environment = std::fs::read_to_string(folder.join("receiver.env")).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("--serve-jwks 9555 <URL>"), "{}", text(&made.stdout));
    assert!(environment.contains("http://127.0.0.1:9555/conform1/.well-known/jwks.json"), "{environment}");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("cannot be written"), "{}", text(&again.stderr));
    assert!(shown.status.success() && text(&shown.stdout).contains("\"public_keys\""));
    assert!(!text(&shown.stdout).contains("PRIVATE KEY"));
}

#[test]
fn conform_finds_the_faults_of_a_server_that_accepts_everything() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            std::thread::spawn(move || accept_everything(stream.unwrap()));
        }
    });
    let only = ["--only", "missing-signature", "--only", "exactly-200"];
    let output = prelude(&[&["conform", "--local", &url], &only[..]].concat());
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    for part in
        ["✗ missing-signature", "accepts-missing-signature (critical)", "1 of 2 checks passed, 1 fault"]
    {
        assert!(table.contains(part), "{table}");
    }
    assert!(!table.contains('\u{1b}') && output.stderr.is_empty(), "{}", text(&output.stderr));
    let output = prelude(&[&["conform", "--local", &url, "--json"], &only[..]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["checks"][0]["fault"], "accepts-missing-signature");
    let nowhere = prelude(&["conform", "--local", "http://127.0.0.1:1/secret"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).starts_with("prelude: nothing answers at http://127.0.0.1:1: "));
    assert!(!text(&nowhere.stderr).contains("secret"));
}

#[test]
fn the_inspector_is_not_taken_for_a_receiver() {
    let ports = ["--port", "0", "--inspector-port", "0", "--prelude-port", "0", "--sqs-port", "0"];
    let mut dev = command(&[&["dev", "--json"], &ports[..]].concat())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(dev.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let started: Value = serde_json::from_str(&line).unwrap();
    let inspector = started["ready"]["inspector"].as_str().unwrap();
    let refused = prelude(&["conform", "--local", &format!("{inspector}webhooks/s3cret")]);
    dev.kill().unwrap();
    dev.wait().unwrap();
    assert_refused(&refused, "the port of the URL is the inspector's, not a receiver's");
    assert!(!text(&refused.stderr).contains("s3cret"));
}

/// Answers 200 to every request of a connection.
fn accept_everything(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            reader.read_exact(&mut vec![0; length]).unwrap();
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            length = 0;
        }
        line.clear();
    }
}
