use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use prelude_events::EventType;

use crate::run::{assert_misused, assert_refused, prelude, text};

#[test]
fn sqs_serves_its_queues_and_refuses_a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = prelude(&["sqs", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains(&format!("port {port} cannot be used")),
        "{}",
        text(&output.stderr)
    );
    for prefix in ["a.b", "a b"] {
        let part = format!("'{prefix}' for '--prefix <PREFIX>': expected letters, digits, - and _");
        assert_misused(&prelude(&["sqs", "--prefix", prefix]), &[&part]);
    }
    assert_refused(&prelude(&["sqs", "--prefix", &"a".repeat(80)]), "--prefix ");

    let mut server = Command::new(env!("CARGO_BIN_EXE_prelude"))
        .args(["sqs", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let first = BufReader::new(server.stdout.as_mut().unwrap()).lines().next().unwrap().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let queues = format!("{} queues", EventType::ALL.len() + 1);
    assert!(first.starts_with("SQS at http://127.0.0.1:") && first.contains(&queues), "{first}");
}
