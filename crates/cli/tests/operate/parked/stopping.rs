//! Ctrl-C during a deletion.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use prelude_local::aws::faults::{Fault, FaultKind};
use serde_json::Value;

use super::deleting::unknown;
use crate::support::{Folder, Stack, command};

/// Interrupts a deletion after a second, and returns its exit code and its report.
async fn interrupted(stack: &Stack, file: &str) -> (Option<i32>, Value) {
    let env_file = stack.env_file.to_str().unwrap();
    let mut delete = command(
        &[
            "parked",
            "delete",
            "--reason",
            "unknown_type",
            "--yes",
            "--json",
            "--save",
            file,
            "--env-file",
            env_file,
        ],
        &[],
    );
    let process = delete.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap()).await.unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

async fn stack_with_25() -> Stack {
    let stack = Stack::without(&[]).await;
    for id in 0..25 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    stack
}

fn slow() -> Fault {
    Fault::once(FaultKind::Delay(Duration::from_secs(2)))
}

fn with_fate<'a>(report: &'a Value, fate: &str) -> Vec<&'a Value> {
    report["messages"].as_array().unwrap().iter().filter(|row| row["fate"] == fate).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_deletion_after_a_call_and_names_what_is_deleted() {
    let stack = stack_with_25().await;
    let folder = Folder::new();
    let file = folder.path("saved.jsonl");
    stack.sqs.inject(slow().during("DeleteMessageBatch"));
    let (code, report) = interrupted(&stack, &file).await;
    assert_eq!((code, &report["error"]), (Some(1), &"Ctrl-C was pressed".into()));
    let (deleted, left) = (with_fate(&report, "deleted"), with_fate(&report, "stays"));
    assert_eq!((deleted.len(), left.len(), &report["saved"]), (10, 15, &25.into()));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 25);
    let mut left: Vec<_> =
        left.iter().map(|row| row["message_ids"][0].as_str().unwrap().to_owned()).collect();
    let mut there: Vec<_> =
        stack.drain("unrouted").await.into_iter().map(|message| message.message_id).collect();
    left.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, left, "visible at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_before_the_deletion_leaves_everything_as_it_was() {
    // The look takes four receipts, the last one without a message.
    for receipts in [0, 4] {
        let stack = stack_with_25().await;
        let folder = Folder::new();
        let file = folder.path("saved.jsonl");
        if receipts > 0 {
            let at_once = Fault::once(FaultKind::Delay(Duration::ZERO)).times(receipts);
            stack.sqs.inject(at_once.during("ReceiveMessage"));
        }
        stack.sqs.inject(slow().during("ReceiveMessage"));
        let (code, report) = interrupted(&stack, &file).await;
        assert_eq!((code, &report["error"]), (Some(1), &"Ctrl-C was pressed".into()));
        assert!(with_fate(&report, "deleted").is_empty() && report["saved_to"].is_null(), "{report}");
        assert!(!Path::new(&file).exists());
        assert_eq!(stack.drain("unrouted").await.len(), 25, "visible at once");
    }
}
