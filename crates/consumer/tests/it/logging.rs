//! The lines of the log.

use std::{
    env, io,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use prelude_consumer::{Consumer, Idempotency, Message, Record, RecordError};
use serde_json::Value;

use crate::support::{Clock, MemoryTable, grouped, record, with_body};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn handle(message: Message) -> Result<(), RecordError> {
    match &*message.record.message_id {
        "error" => Err("secret".parse::<u8>().map(drop).unwrap_err().into()),
        "own-text" => Err(RecordError::new("no such campaign")),
        _ => Ok(()),
    }
}

/// Variable of the process that runs the test below alone.
const ALONE: &str = "PRELUDE_CONSUMER_TEST_ALONE";

#[tokio::test]
async fn each_failed_record_has_one_line_without_personal_data() {
    // In a process of its own: a subscriber that is set while another test first reaches a line misses that line for good.
    if env::var_os(ALONE).is_none() {
        let test = "logging::each_failed_record_has_one_line_without_personal_data";
        let mut alone = Command::new(env::current_exe().unwrap());
        let output = alone.args(["--exact", test, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let broken = r#"{"type":"verify.attempt","payload":{"target":"secret"}}"#;
    let records = vec![
        with_body("secret", record("not-json", "e1")),
        with_body(broken, record("broken", "e2")),
        record("error", "e3"),
        record("own-text", "e4"),
        Record::new("no-id", r#"{"type":"verify.newer","payload":{"name":"secret"}}"#),
        record("good", "e5"),
        with_body("secret", grouped("group-1", "g")),
        grouped("group-2", "g"),
    ];
    let clock = Clock::start();
    let consumer = Consumer::new(handle)
        .once(Idempotency::new("log", MemoryTable::default()).unwrap())
        .with_clock(clock.reader());
    let response = consumer.consume(records.into(), clock.now() + Duration::from_secs(30)).await;
    assert_eq!(response.batch_item_failures.len(), 7);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let failures: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary: Vec<_> = failures
        .iter()
        .map(|line| {
            let field = |name: &str| line["fields"][name].as_str().unwrap_or_default().to_owned();
            [
                line["level"].as_str().unwrap_or_default().to_owned(),
                field("message_id"),
                field("event_id"),
                field("error"),
            ]
        })
        .collect();
    assert_eq!(
        summary,
        [
            ["ERROR", "not-json", "e1", "ParseError"],
            ["ERROR", "broken", "e2", "ParseError"],
            ["ERROR", "error", "e3", "ParseIntError"],
            ["ERROR", "own-text", "e4", "RecordError"],
            ["ERROR", "no-id", "", "NoEventId"],
            ["ERROR", "group-1", "group-1", "ParseError"],
            ["WARN", "group-2", "group-2", "NotStarted"],
        ]
    );
    assert_eq!(failures[0]["fields"]["event_type"], "verify.attempt");
    assert_eq!(failures[3]["fields"]["reason"], "no such campaign");
}
