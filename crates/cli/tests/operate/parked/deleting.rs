//! `delete`: saved first, then deleted with all parts; everything else stays.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use aws_sdk_sqs::types::Message;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use prelude_cli::operate::{aws::Aws, parked::mailbox::Mailbox};
use prelude_local::aws::{
    faults::{Fault, FaultKind},
    sqs::EmbeddedSqs,
};
use serde_json::Value;

use crate::support::{Folder, Stack, command};

const PHONE: &str = "+33612345678";

pub(super) fn unknown(id: usize) -> String {
    format!(r#"{{"id":"evt_{id}","type":"verify.invented","payload":{{"phone":"{PHONE}"}}}}"#)
}

/// An event that takes several messages.
pub(super) fn huge(id: &str) -> String {
    let mut random = vec![0; 2_400_000];
    getrandom::fill(&mut random).unwrap();
    format!(r#"{{"id":"{id}","type":"verify.attempt","text":"{}"}}"#, STANDARD.encode(&random))
}

pub(super) async fn ids_of(stack: &Stack, reason: &str) -> Vec<String> {
    let (_, listed) = stack.json(&["parked", "list", "--limit", "1000", "--reason", reason]).await;
    let messages = listed["messages"].as_array().unwrap().iter();
    messages.map(|message| message["message_id"].as_str().unwrap().to_owned()).collect()
}

fn rows(report: &Value) -> &Vec<Value> {
    report["messages"].as_array().unwrap()
}

/// Another consumer, which holds every message that it can receive.
async fn held_by_another(stack: &Stack, count: i32) -> Vec<Message> {
    let url = EmbeddedSqs::queue_url_prefix(&stack.queue("unrouted"));
    let receive = stack.sqs.client().receive_message().queue_url(url).max_number_of_messages(count);
    receive.visibility_timeout(60).send().await.unwrap().messages.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_is_saved_and_deleted_and_the_file_can_be_replayed() {
    let stack = Stack::without(&["verify-attempt"]).await;
    let folder = Folder::new();
    let routed = r#"{"id":"evt_r", "type":"verify.attempt"}"#;
    stack.deliver(routed.as_bytes()).await;
    stack.deliver(unknown(1).as_bytes()).await;
    let id = ids_of(&stack, "queue_missing").await.remove(0);
    let start = id.split('-').next().unwrap();
    let file = folder.path("saved.jsonl");
    let ran = stack.run(&["parked", "delete", start, "--yes", "--save", &file]).await;
    ran.assert(0, &[&id, "queue_missing", "verify.attempt", "✓ 1 message deleted", &file]);
    assert_eq!(ids_of(&stack, "unknown_type").await.len(), 1, "the other one stays");
    assert!(ids_of(&stack, "queue_missing").await.is_empty());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // The file serves in place of the queue.
    let listed = stack.run(&["parked", "list", "--file", &file]).await;
    listed.assert(0, &[&id, "1 message: 1 queue_missing", "prelude-webhooks-verify-attempt"]);
    stack.run(&["parked", "show", start, "--body", "--file", &file]).await.assert(0, &[routed]);
    stack.sqs.create_queue(&stack.queue("verify-attempt"), 1_048_576).await.unwrap();
    let replay = stack.run(&["parked", "replay", "--file", &file]).await;
    replay.assert(0, &["1 event moved to prelude-webhooks-verify-attempt", "the file keeps its messages"]);
    let moved = stack.drain("verify-attempt").await;
    assert_eq!((moved.len(), &*moved[0].body), (1, routed), "byte for byte");
    assert_eq!(moved[0].attribute("event_id"), Some("evt_r"));
    assert_eq!(moved[0].attribute("request_id"), Some("request-1"));
    assert_eq!(moved[0].attribute("reason"), None);
    stack.run(&["parked", "delete", &id, "--yes"]).await.assert(1, &["no visible message has an id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_emptied_of_one_reason_with_all_parts() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    for id in 0..300 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    let event = huge("big");
    stack.deliver(event.as_bytes()).await;
    stack.deliver(b"{ no JSON").await;
    let parts = ids_of(&stack, "oversize").await;
    assert!(parts.len() > 2);

    let dry = stack.run(&["parked", "delete", "--reason", "unknown_type", "--dry-run"]).await;
    dry.assert(0, &["✓ 300 messages would be deleted"]);
    assert!(dry.stdout.contains("300 messages of prelude-webhooks-unrouted"), "{}", dry.stdout);
    assert!(dry.stdout.matches("unknown_type").count() >= 300 && dry.stderr.is_empty(), "{}", dry.all());
    let (code, report) = stack.json(&["parked", "delete", "--reason", "unknown_type", "--dry-run"]).await;
    assert_eq!(
        (code, rows(&report).len(), &rows(&report)[0]["fate"]),
        (Some(0), 300, &"would_delete".into())
    );
    let file = folder.path("unknown.jsonl");
    let delete = ["parked", "delete", "--reason", "unknown_type", "--type", "verify.invented", "--yes"];
    let ran = stack.run(&[&delete[..], &["--save", &file]].concat()).await;
    ran.assert(0, &["✓ 300 messages deleted"]);
    assert!(ran.stderr.matches("unknown_type").count() >= 300, "every message is shown: {}", ran.stderr);
    assert!(!ran.all().contains(PHONE), "no body");
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 300);

    let file = folder.path("oversize.jsonl");
    let (code, report) =
        stack.json(&["parked", "delete", "--reason", "oversize", "--yes", "--save", &file]).await;
    assert_eq!((code, &report["ok"], &report["saved_to"]), (Some(0), &true.into(), &file.clone().into()));
    assert_eq!(rows(&report).len(), 1, "one event");
    assert_eq!(rows(&report)[0]["message_ids"].as_array().unwrap().len(), parts.len());
    let left = stack.drain("unrouted").await;
    assert_eq!((left.len(), &*left[0].body), (1, "{ no JSON"));
    // The parts of the file are joined, too.
    let (code, shown) = stack.json(&["parked", "show", &parts[1], "--body", "--file", &file]).await;
    assert!(code == Some(0) && shown["body"] == event.as_str());
    stack
        .run(&["parked", "delete", "--reason", "oversize", "--yes"])
        .await
        .assert(0, &["No parked message matches."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_event_needs_a_decision_and_copies_go_with_their_event() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    stack.deliver(huge("torn").as_bytes()).await;
    stack.deliver(huge("whole").as_bytes()).await;
    let mut parts = stack.drain("unrouted").await;
    let torn = parts.iter().position(|part| part.attribute("event_id") == Some("torn")).unwrap();
    parts.remove(torn);
    let copy = parts.iter().find(|part| part.attribute("event_id") == Some("whole")).unwrap().clone();
    for part in parts.iter().chain([&copy]) {
        let attributes: Vec<_> = part.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
        stack.put("unrouted", &part.body, &attributes).await;
    }
    let file = folder.path("whole.jsonl");
    let delete = ["parked", "delete", "--reason", "oversize", "--yes", "--save"];
    let ran = stack.run(&[&delete[..], &[&file]].concat()).await;
    ran.assert(1, &["parts are here; --incomplete deletes them nevertheless", "torn", ", 3 stay"]);
    let left = stack.drain("unrouted").await;
    assert_eq!((left.len(), fs::read_to_string(&file).unwrap().lines().count()), (3, 5));
    assert!(left.iter().all(|part| part.attribute("event_id") == Some("torn")), "the copy is gone, too");

    let part = &left[0];
    let attributes: Vec<_> = part.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    stack.put("unrouted", &part.body, &attributes).await;
    let id = ids_of(&stack, "oversize").await.remove(0);
    let ran = stack.run(&["parked", "delete", &id, "--yes", "--no-save"]).await;
    ran.assert(1, &["only 1 of its ", "--incomplete"]);
    let ran = stack.run(&["parked", "delete", &id, "--yes", "--no-save", "--incomplete"]).await;
    ran.assert(0, &["✓ 1 message deleted", "only 1 of its "]);
    assert!(stack.drain("unrouted").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_only_yes_deletes() {
    let stack = Stack::without(&[]).await;
    stack.deliver(unknown(1).as_bytes()).await;
    let id = ids_of(&stack, "unknown_type").await.remove(0);
    for target in [&[&*id][..], &["--reason", "unknown_type"]] {
        let ran = stack.run(&[&["parked", "delete"], target].concat()).await;
        ran.assert(2, &["prelude: there is no terminal to ask on: expected --yes"]);
    }
    let unnamed = stack.run(&["parked", "delete"]).await;
    unnamed.assert(2, &["no message is named: expected the id of a message, or --reason"]);
    let folder = Folder::new();
    let mut delete = command(
        &["parked", "delete", &id, "--yes", "--json", "--env-file", stack.env_file.to_str().unwrap()],
        &[],
    );
    delete.current_dir(folder.path(""));
    let output = tokio::task::spawn_blocking(move || delete.output().unwrap()).await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = report["saved_to"].as_str().unwrap();
    assert!(name.starts_with("parked-2") && name.ends_with("Z.jsonl"), "{name}");
    assert!(fs::read_to_string(Path::new(&folder.path("")).join(name)).unwrap().contains(PHONE));
    assert!(stack.drain("unrouted").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_fits_several_ids_deletes_none() {
    let stack = Stack::without(&[]).await;
    for id in 0..17 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    let ids = ids_of(&stack, "unknown_type").await;
    let first = |id: &String| id.chars().next().unwrap();
    let shared =
        ids.iter().find(|id| ids.iter().filter(|other| first(other) == first(id)).count() > 1).unwrap();
    let ran = stack.run(&["parked", "delete", &first(shared).to_string(), "--yes", "--no-save"]).await;
    ran.assert(1, &["messages have an id that begins with", "expected more characters of the id"]);
    assert_eq!(stack.drain("unrouted").await.len(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_cannot_be_saved_are_not_deleted() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    for id in 0..40 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    let file = folder.path("existing");
    fs::write(&file, "mine").unwrap();
    let delete = ["parked", "delete", "--reason", "unknown_type", "--yes", "--save"];
    let ran = stack.run(&[&delete[..], &[&file]].concat()).await;
    ran.assert(1, &["cannot be written", "choose another file with --save", "0 messages deleted, 40 stay"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    // The file system is full after the first messages.
    let file = folder.path("full.jsonl");
    let mut shell = command(&[], &[]);
    let binary = shell.get_program().to_str().unwrap().to_owned();
    let env_file = stack.env_file.to_str().unwrap();
    let line =
        format!("trap '' XFSZ; ulimit -f 4; exec {binary} {} {file} --env-file {env_file}", delete.join(" "));
    shell = std::process::Command::new("sh");
    shell.args(["-c", &line]).env_clear().env("HOME", "/nonexistent");
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cannot be written (File too large"), "{text}");
    assert!(text.contains("0 messages deleted, 40 stay"), "{text}");
    assert!(!Path::new(&file).exists(), "all of its messages are in the queue");
    assert_eq!(stack.drain("unrouted").await.len(), 40, "all visible at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_another_reader_holds_is_reported_and_stays() {
    let stack = Stack::without(&[]).await;
    for id in 0..3 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    let held = held_by_another(&stack, 1).await.remove(0);
    let id = held.message_id().unwrap();
    let ran = stack.run(&["parked", "delete", id, "--yes", "--no-save"]).await;
    ran.assert(1, &["no visible message has an id", "another reader holds about 1 message now"]);
    let ran = stack.run(&["parked", "delete", "--reason", "unknown_type", "--yes", "--no-save"]).await;
    ran.assert(0, &["about 1 message not looked at: another reader holds them now", "2 messages deleted"]);
    let url = EmbeddedSqs::queue_url_prefix(&stack.queue("unrouted"));
    let release = stack.sqs.client().change_message_visibility().queue_url(url).visibility_timeout(0);
    release.receipt_handle(held.receipt_handle().unwrap()).send().await.unwrap();
    assert_eq!(stack.drain("unrouted").await[0].message_id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_another_reader_received_meanwhile_is_not_held_any_more() {
    let stack = Stack::without(&[]).await;
    stack.deliver(unknown(1).as_bytes()).await;
    let aws = Aws { client: stack.sqs.client(), place: "SQS".into(), endpoint_url: None };
    let url = EmbeddedSqs::queue_url_prefix(&stack.queue("unrouted")).into();
    let mut first = Mailbox::new(&aws, &url, 1);
    let ids = vec![first.next().await.unwrap().remove(0).message_id];
    assert!(first.renew(&ids).await.unwrap().is_empty());
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let mut second = Mailbox::new(&aws, &url, 60);
    assert_eq!(second.next().await.unwrap().len(), 1);
    assert_eq!(first.renew(&ids).await.unwrap(), ids);
    assert!(first.remove(&ids).await.is_err(), "it is never deleted by its old handle");
    assert!(second.remove(&ids).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_ends_the_deletion_and_is_named() {
    let stack = Stack::without(&[]).await;
    let folder = Folder::new();
    for id in 0..15 {
        stack.deliver(unknown(id).as_bytes()).await;
    }
    let file = folder.path("saved.jsonl");
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(denied).during("DeleteMessageBatch"));
    let delete = ["parked", "delete", "--reason", "unknown_type", "--yes", "--save"];
    let ran = stack.run(&[&delete[..], &[&file]].concat()).await;
    let error = "stopped early: the parking queue: these credentials may not do that (AccessDenied";
    ran.assert(
        1,
        &[error, "15 messages saved", "15 of them still in the queue", "0 messages deleted, 15 stay"],
    );
    assert!(Path::new(&file).exists(), "nobody knows what SQS did");
    stack
        .run(&[&delete[..3], &["unknown_type", "--yes", "--no-save"]].concat())
        .await
        .assert(0, &["15 messages deleted"]);
}
