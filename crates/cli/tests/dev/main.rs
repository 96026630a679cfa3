//! Runs `prelude dev` like its users, and checks its page in a browser.

mod browser;
mod page;
mod running;

use std::{fs, net::TcpListener, path::Path};

use prelude_events::{EventType, Source};
use prelude_local::{aws::sqs::EmbeddedSqs, prelude::samples};
use prelude_webhooks::route::QueueUrl;
use running::{Running, accepted_samples, prelude, scratch, text};
use serde_json::Value;

#[tokio::test]
async fn all_samples_are_accepted_and_an_sdk_reads_them_from_every_queue() {
    let mut running = Running::start(&[]);
    let mut sent = 0;
    for (path, event) in accepted_samples() {
        let answer = running.send(&event).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        sent += 1;
    }
    assert_eq!(sent, 1 + EventType::ALL.len() + 1);

    let client = running.sqs();
    let (mut queues, mut dead_letter_queues) = (0, 0);
    for url in client.list_queues().send().await.unwrap().queue_urls() {
        let received = client.receive_message().queue_url(url).max_number_of_messages(10);
        let received = received.message_attribute_names("All").send().await.unwrap();
        let name = QueueUrl::name_in(url);
        if name.ends_with("-dlq") {
            assert!(received.messages().is_empty(), "{name}");
            dead_letter_queues += 1;
            continue;
        }
        for message in received.messages() {
            let attributes = message.message_attributes().unwrap();
            let event_type = attributes["event_type"].string_value().unwrap();
            assert!(name.ends_with(&event_type.replace(['.', '_'], "-")), "{name}: {event_type}");
            let delete = client.delete_message().queue_url(url);
            delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
        // Session events came alone and in the batch.
        let is_session = session().any(|known| known.queue_slug() == name.strip_prefix("prelude-webhooks-"));
        let expected = if name.ends_with("unrouted") { 0 } else { 1 + usize::from(is_session) };
        assert_eq!(received.messages().len(), expected, "{name}");
        queues += usize::from(expected > 0);
    }
    assert_eq!((queues, dead_letter_queues), (EventType::ALL.len(), EventType::ALL.len()));

    let lines = running.lines(1 + sent);
    assert_eq!(lines[0]["verdict"], "activated", "the activation at the start: {}", lines[0]);
    assert!(lines.iter().all(|line| line["status"] == 200));
    assert_eq!(lines.last().unwrap()["messages"].as_array().unwrap().len(), session().count());
    let all = lines.iter().map(Value::to_string).collect::<String>();
    for secret in [samples::PATH_TOKEN, "rsassa-pss", "+33", "@", "payload"] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert_eq!(running.stop(), 0);
}

#[tokio::test]
async fn refusals_are_answered_and_logged_with_their_code() {
    let mut running = Running::start(&[]);
    let files = samples::files().unwrap().into_iter();
    // This refusal cannot come from a socket, where no body is marked as base64.
    let refused = files
        .filter(|file| file.path.starts_with("rejected/") && !file.path.ends_with("body_not_base64.json"));
    let mut codes = vec!["challenge_answered".to_owned()];
    for file in refused {
        let answer = running.send(&serde_json::from_str(&file.text).unwrap()).await;
        assert!(answer.status >= 400 && answer.text().starts_with(r#"{"error":""#), "{}", file.path);
        codes.push(Path::new(&file.path).file_stem().unwrap().to_str().unwrap().to_owned());
    }
    let lines = running.lines(codes.len());
    assert_eq!(lines.iter().map(|line| line["code"].as_str().unwrap()).collect::<Vec<_>>(), codes);
}

#[tokio::test]
async fn kept_messages_are_restored_in_the_next_run() {
    let folder = scratch();
    let file = folder.join("queues.json");
    let keep = ["--keep", file.to_str().unwrap()];
    let (_, event) = accepted_samples().find(|(path, _)| path == "verify.attempt.json").unwrap();
    let url = EmbeddedSqs::queue_url_prefix("prelude-webhooks-verify-attempt");

    let mut running = Running::start(&keep);
    assert_eq!(running.ready_line["restored"], 0);
    assert_eq!(running.send(&event).await.status, 200);
    assert_eq!(running.stop(), 0, "SIGTERM is not a failure");

    let mut running = Running::start(&keep);
    assert_eq!(running.ready_line["restored"], 1);
    let client = running.sqs();
    let received =
        client.receive_message().queue_url(&url).message_attribute_names("All").send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!(message.body(), event["body"].as_str());
    assert_eq!(message.message_attributes().unwrap()["event_type"].string_value(), Some("verify.attempt"));
    client
        .delete_message()
        .queue_url(&url)
        .receipt_handle(message.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(running.stop(), 0);

    let mut running = Running::start(&keep);
    assert_eq!(running.ready_line["restored"], 0, "deleted messages do not come back");
    running.kill();
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn messages_that_a_consumer_fails_on_are_redriven() {
    let mut running = Running::start(&[]);
    let (_, event) = accepted_samples().find(|(path, _)| path == "user.created.json").unwrap();
    assert_eq!(running.send(&event).await.status, 200);
    let client = running.sqs();
    let url = EmbeddedSqs::queue_url_prefix("prelude-webhooks-user-created");
    let fail = async || {
        let received = client.receive_message().queue_url(&url).send().await.unwrap();
        for message in received.messages() {
            let give_back = client.change_message_visibility().queue_url(&url).visibility_timeout(0);
            give_back.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
        received.messages().len()
    };
    for _ in 0..5 {
        assert_eq!(fail().await, 1);
    }
    assert_eq!(fail().await, 0);

    let folder = scratch();
    let file = folder.join("printed.env");
    fs::write(&file, prelude(&["dev", "--print-settings"]).stdout).unwrap();
    let (file, sqs) = (file.to_str().unwrap(), running.ready["sqs"].as_str().unwrap());
    let redriven = prelude(&["redrive", "user.created", "--env-file", file, "--endpoint-url", sqs]);
    let page = text(&redriven.stdout);
    assert!(
        page.contains("✓ prelude-webhooks-user-created-dlq: about 1 moved"),
        "{page}{}",
        text(&redriven.stderr)
    );
    assert_eq!(fail().await, 1);
    fs::remove_dir_all(folder).unwrap();
    running.kill();
}

#[tokio::test]
async fn a_boto3_consumer_reads_the_sent_event() {
    let Some(python) = std::env::var_os("PRELUDE_CLI_TEST_BOTO3") else {
        prelude_local::coverage::skipped(
            "the boto3 consumer: PRELUDE_CLI_TEST_BOTO3 names no Python that has boto3",
        );
        return;
    };
    let mut running = Running::start(&[]);
    let (_, event) = accepted_samples().find(|(path, _)| path == "user.created.json").unwrap();
    assert_eq!(running.send(&event).await.status, 200);
    let output = std::process::Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dev/consumer.py"))
        .arg(running.ready["sqs"].as_str().unwrap())
        .arg(EmbeddedSqs::queue_url_prefix("prelude-webhooks-user-created"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "user.created session signature, then nothing\n");
    running.kill();
}

#[tokio::test]
async fn keys_rotate_and_the_first_one_stays() {
    let mut running = Running::start(&["--rotate-every", "1s"]);
    let jwks = running.ready["jwks"].as_str().unwrap().to_owned();
    let ids = loop {
        let key_set: Value = serde_json::from_slice(&running.get(&jwks).await.body).unwrap();
        let keys = key_set["keys"].as_array().unwrap();
        if keys.len() >= 3 {
            break keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!(ids.last().unwrap(), "app");
    let (_, event) = accepted_samples().find(|(path, _)| path == "user.created.json").unwrap();
    assert_eq!(running.send(&event).await.status, 200);
    running.kill();
}

#[tokio::test]
async fn printed_settings_start_fifo_queues() {
    let folder = scratch();
    let printed = prelude(&["dev", "--fifo", "--print-settings"]);
    assert!(printed.status.success());
    let settings = text(&printed.stdout);
    assert!(settings.contains("PRELUDE_QUEUE_TYPE='fifo'\n"), "{settings}");
    assert!(settings.contains("AWS_ENDPOINT_URL_SQS='http://127.0.0.1:9324'\n"), "{settings}");
    let file = folder.join("printed.env");
    // Without apps, because the key server of these settings does not run here.
    fs::write(&file, settings.replace("PRELUDE_APPS=", "PRELUDE_CLI_APPS=")).unwrap();
    let mut running = Running::start(&["--env-file", file.to_str().unwrap()]);
    let (_, event) = accepted_samples().find(|(path, _)| path == "user.created.json").unwrap();
    assert_eq!(running.send(&event).await.status, 200);
    let url = EmbeddedSqs::queue_url_prefix("prelude-webhooks-user-created.fifo");
    assert_eq!(running.sqs().receive_message().queue_url(url).send().await.unwrap().messages().len(), 1);
    running.kill();
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_pipe_gets_plain_lines_without_colours() {
    let mut running = Running::start_plain();
    let log = running.read_until("activated");
    let queues = format!("{} queues", EventType::ALL.len() + 1);
    for part in ["receiver   http://127.0.0.1:", "inspector  http://127.0.0.1:", &queues, "Ctrl-C stops it."]
    {
        assert!(log.contains(part), "{log}");
    }
    assert!(!log.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(running.stop(), 0);
}

#[tokio::test]
async fn trigger_all_sends_every_type_to_its_queue() {
    let mut running = Running::start(&[]);
    let (receiver, sqs) =
        (running.ready["receiver"].as_str().unwrap(), running.ready["sqs"].as_str().unwrap());
    let output = prelude(&["trigger", "all", "--url", receiver, "--sqs", sqs]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let mut queues = std::collections::BTreeSet::new();
    for line in running.lines(1 + EventType::ALL.len()).iter().skip(1) {
        assert_eq!(
            (&line["verdict"], line["messages"].as_array().unwrap().len()),
            (&"accepted".into(), 1),
            "{line}"
        );
        assert_eq!(line["messages"][0]["event_type"], line["types"][0][0]);
        queues.insert(line["messages"][0]["queue"].as_str().unwrap().to_owned());
    }
    assert_eq!(queues.len(), EventType::ALL.len());
    running.kill();
}

#[tokio::test]
async fn it_stops_even_if_nobody_reads_its_output() {
    let mut running = Running::start(&[]);
    let (_, event) = accepted_samples().find(|(path, _)| path == "session-batch.json").unwrap();
    // More output than a pipe holds.
    for _ in 0..60 {
        assert_eq!(running.send(&event).await.status, 200);
    }
    assert_eq!(running.stop(), 0);
}

#[test]
fn a_port_in_use_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flag in ["--port", "--inspector-port", "--prelude-port", "--sqs-port"] {
        let mut arguments = vec!["dev"];
        for other in ["--port", "--inspector-port", "--prelude-port", "--sqs-port"] {
            arguments.extend([other, if other == flag { &port } else { "0" }]);
        }
        let output = prelude(&arguments);
        assert_eq!(output.status.code(), Some(1), "{flag}");
        let error = text(&output.stderr);
        assert!(error.starts_with(&format!("prelude: port {port} cannot be used")), "{error}");
        assert!(error.trim_end().ends_with(flag) && error.lines().count() == 1, "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn unusable_settings_and_files_are_refused() {
    let folder = scratch();
    let write = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = write("broken.env", "PRELUDE_PATH_TOKEN='s3cret\n");
    let wrong = write("wrong.env", "PRELUDE_IP_CHECK=perhaps\nPRELUDE_QUEUE_TYP=fifo\n");
    let foreign = write("foreign.json", "{}");
    for (arguments, complaints) in [
        (["--env-file", "/nowhere/.env"], &["/nowhere/.env cannot be read", "--env-file"][..]),
        (["--env-file", &broken], &["NAME=value"]),
        (["--env-file", &wrong], &["PRELUDE_IP_CHECK", "PRELUDE_QUEUE_TYP", "--print-settings"]),
        (["--keep", &foreign], &["is not a file of `prelude dev --keep`"]),
        (["--keep", "/nowhere/queues.json"], &["/nowhere/queues.json cannot be read or written"]),
    ] {
        let ports = ["--port", "0", "--inspector-port", "0", "--prelude-port", "0", "--sqs-port", "0"];
        let output = prelude(&[&["dev"][..], &ports, &arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(complaints.iter().all(|complaint| error.contains(complaint)), "{error}");
        assert!(!error.contains("s3cret") && !error.contains("panicked"), "{error}");
    }
    fs::remove_dir_all(folder).unwrap();
}

fn session() -> impl Iterator<Item = &'static EventType> {
    EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session))
}
