//! States that a user must notice: dead letters, parked messages, batches, expired deliveries, filters without a match.

use std::process::Command;

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use http::{HeaderMap, HeaderValue, Method};
use prelude_local::{
    aws::sqs::{EmbeddedSqs, MAX_RECEIVE_COUNT},
    http_client::Client,
};
use serde_json::{Value, json};

use super::{
    super::{
        browser::Browser,
        running::{Running, scratch, shell, text},
    },
    opened,
};

/// More messages than one receipt returns.
const MESSAGES: usize = 12;
const QUEUE: &str = "prelude-webhooks-user-created";

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_attention_stands_out() {
    let Some((mut running, mut browser)) = opened(1280, 800) else { return };
    dead_letters(&running, &mut browser).await;
    parked(&mut browser);
    batch(&mut browser);
    filter(&mut browser);
    command(&mut browser);
    expired(&running, &mut browser).await;
    assert_eq!(
        browser.complaints.iter().filter(|text| !text.contains("404")).count(),
        0,
        "{:?}",
        browser.complaints
    );
    assert_eq!(running.stop(), 0);
}

pub(super) fn trigger(browser: &mut Browser, name: &str) {
    browser.value(&format!("change('/api/trigger', {}).then(() => null)", json!({ "name": name })));
}

/// A consumer that fails: the page follows its messages, and counts what it lists.
async fn dead_letters(running: &Running, browser: &mut Browser) {
    for _ in 0..MESSAGES {
        trigger(browser, "user.created");
    }
    browser.value(&format!("location.hash = '#/queues/{QUEUE}'"));
    shows(browser, &format!("{MESSAGES} visible"), MESSAGES);
    let current = "['deliveries', 'queues'].map((view) => $('to-' + view).getAttribute('aria-current'))";
    assert_eq!(browser.value(current), json!([null, "true"]));

    let (client, url) = (running.sqs(), EmbeddedSqs::queue_url_prefix(QUEUE));
    for round in 0..=MAX_RECEIVE_COUNT {
        loop {
            let received = client.receive_message().queue_url(&url).max_number_of_messages(10);
            let received = received.wait_time_seconds(0).visibility_timeout(100).send().await.unwrap();
            if received.messages().is_empty() {
                break;
            }
            if round == 0 {
                let hidden = received.messages().len();
                browser.wait_for(&format!("$('counts').textContent.includes('{hidden} in flight')"));
                browser.wait_for(
                    "[...document.querySelectorAll('#detail summary .side')].some((side) => side.textContent.startsWith('in flight'))",
                );
            }
            let entries = received.messages().iter().enumerate().map(|(index, message)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                let entry = entry.receipt_handle(message.receipt_handle().unwrap());
                entry.visibility_timeout(if round == 0 { 1 } else { 0 }).build().unwrap()
            });
            let change = client.change_message_visibility_batch().queue_url(&url);
            change.set_entries(Some(entries.collect())).send().await.unwrap();
            if round > 0 {
                break;
            }
        }
        if round == 0 {
            // The timeouts end without a call.
            shows(browser, &format!("{MESSAGES} visible"), MESSAGES);
        }
    }
    // Each receipt returned the oldest ten, so two are left.
    while !client
        .receive_message()
        .queue_url(&url)
        .wait_time_seconds(0)
        .send()
        .await
        .unwrap()
        .messages()
        .is_empty()
    {}
    browser.wait_for("document.querySelector('#alerts').className === 'count dead'");
    let row = |queue: &str| {
        format!(
            "[...document.querySelectorAll('#rows .row')].find((row) => row.dataset.to.endsWith('/{queue}'))"
        )
    };
    let dead = format!("{QUEUE}-dlq");
    let moved = browser
        .value(&format!("Number({}.querySelector('.count').textContent)", row(&dead)))
        .as_u64()
        .unwrap();
    assert_eq!(moved, 10);
    assert_eq!(browser.value("$('alerts').textContent"), json!("10"));
    assert_eq!(
        browser.value(&format!("{} === document.querySelector('#rows .row')", row(&dead))),
        true,
        "first"
    );
    assert_eq!(browser.value(&format!("{}.innerText.includes('dead letters')", row(&dead))), true);
    shows(browser, "0 visible, 2 in flight", 2);
    browser.value(&format!("{}.click()", row(&dead)));
    shows(browser, "10 visible", 10);
    let ground = |of: &str| format!("getComputedStyle(document.querySelector('{of}')).backgroundColor");
    assert_ne!(browser.value(&ground("#rows .row.dead")), browser.value(&ground("#rows .row.empty")));
    redriven(running, browser, &dead).await;
    browser.value("{ confirm = () => true; document.querySelector('#detail .buttons button').click(); }");
    shows(browser, "0 visible", 0);
    browser.wait_for("$('alerts').hidden");
}

/// The command of one dead-letter queue moves its messages, and leaves those of another one.
async fn redriven(running: &Running, browser: &mut Browser, dead: &str) {
    let other = "prelude-webhooks-verify-attempt-dlq";
    let url = EmbeddedSqs::queue_url_prefix(other);
    running.sqs().send_message().queue_url(url).message_body("{}").send().await.unwrap();
    let shown = browser.value("document.querySelector('#detail .alert.dead pre').textContent");
    let folder = scratch();
    let moved = shell(shown.as_str().unwrap(), &folder);
    std::fs::remove_dir_all(folder).unwrap();
    assert!(moved.status.success(), "{shown}: {}", text(&moved.stderr));
    assert_eq!(browser.value("location.hash"), format!("#/queues/{dead}"));
    shows(browser, "0 visible", 0);
    browser.value(&format!("location.hash = '#/queues/{QUEUE}'"));
    shows(browser, "10 visible, 2 in flight", 12);
    browser.value(&format!("location.hash = '#/queues/{other}'"));
    shows(browser, "1 visible", 1);
}

/// Waits until the page of a queue shows these counts and this number of messages.
fn shows(browser: &mut Browser, counts: &str, messages: usize) {
    browser.wait_for(&format!(
        "$('counts')?.textContent === '{counts}' && document.querySelectorAll('#detail details').length === {messages}"
    ));
    browser.wait_for(&format!(
        "document.querySelector('#rows [aria-current=true] .count').textContent === '{}'",
        counts.split(' ').next().unwrap()
    ));
}

/// The reason in words, and the parking queue in its own colour.
fn parked(browser: &mut Browser) {
    trigger(browser, "unknown-type");
    browser.wait_for("$('alerts').className === 'count parking' && $('alerts').textContent === '1'");
    assert_eq!(browser.value("document.querySelector('#rows .row').classList.contains('parking')"), true);
    browser.value("location.hash = '#/deliveries/14'");
    browser.wait_for("$('reason')?.textContent === 'the type is unknown, or belongs to another source'");
    browser.wait_for("document.querySelector('#rows .why').textContent.endsWith(' · the type is unknown, or belongs to another source')");
    let texts = browser.value("document.querySelector('#rows').textContent + document.querySelector('#detail .steps').textContent + document.querySelector('#detail summary').textContent");
    assert!(!texts.as_str().unwrap().contains("unknown_type"), "{texts}");
}

/// One row that opens, with an id on each message.
fn batch(browser: &mut Browser) {
    trigger(browser, "session-batch");
    browser.value("location.hash = '#/deliveries/15'");
    browser.wait_for("document.querySelectorAll('#detail details.batch').length === 1");
    let count = browser
        .value("Number.parseInt(document.querySelector('.batch summary').textContent)")
        .as_u64()
        .unwrap();
    assert!(count > 10, "{count}");
    assert_eq!(browser.value("document.querySelector('.batch').open"), false);
    browser.value("document.querySelector('.batch summary').click()");
    browser.wait_for(&format!("document.querySelectorAll('.batch details').length === {count}"));
    let without_id = "[...document.querySelectorAll('.batch details')].filter((row) => !/ · \\S{8,}$/.test(row.querySelector('.why').textContent)).length";
    assert_eq!(browser.value(without_id), 0);
}

fn filter(browser: &mut Browser) {
    let set = |text: &str| {
        format!("{{ $('filter').value = '{text}'; $('filter').dispatchEvent(new Event('input')); }}")
    };
    browser.value(&set("nosuch"));
    browser.wait_for(
        "$('nothing').checkVisibility() && $('nothing').textContent.startsWith('No match for “nosuch”')",
    );
    browser.value("document.querySelector('#nothing button').click()");
    browser.wait_for("$('nothing').hidden && document.querySelectorAll('#rows .row').length === 15");
}

/// The shown command, copied by its button, in a shell that knows nothing else.
fn command(browser: &mut Browser) {
    browser.value("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
    browser.value(&format!("location.hash = '#/queues/{QUEUE}'"));
    browser.wait_for(
        "[...document.querySelectorAll('.command pre')].some((pre) => pre.textContent.includes('aws sqs'))",
    );
    browser.value("[...document.querySelectorAll('.command')].find((one) => one.textContent.includes('aws sqs')).querySelector('button').click()");
    browser.wait_for("window.copied");
    let copied = browser.value("window.copied");
    assert_eq!(
        browser.value(
            "[...document.querySelectorAll('.command pre')].some((pre) => pre.textContent === window.copied)"
        ),
        true
    );
    let is_installed =
        Command::new("aws").arg("--version").output().is_ok_and(|asked| asked.status.success());
    if !is_installed {
        prelude_local::coverage::skipped("a command of the inspector: the AWS CLI is not installed");
        return;
    }
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        shell.env_remove(name);
    }
    let received = shell.env("AWS_PAGER", "").args(["-c", copied.as_str().unwrap()]).output().unwrap();
    assert!(received.status.success(), "{}", String::from_utf8_lossy(&received.stderr));
    let received: Value = serde_json::from_slice(&received.stdout).unwrap();
    assert_eq!(received["Messages"][0]["MessageAttributes"]["event_type"]["StringValue"], "user.created");
}

/// Large deliveries displace the first one.
async fn expired(running: &Running, browser: &mut Browser) {
    let client = Client::new().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for _ in 0..12 {
        let url = running.ready["receiver"].as_str().unwrap();
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(4_000_000));
        client.send(Method::POST, url, headers.clone(), body).await.unwrap();
    }
    browser.value("location.hash = '#/deliveries/1'");
    browser.wait_for(
        "$('result')?.textContent === 'expired' && $('reason').textContent.includes('has expired')",
    );
    browser.value("location.hash = '#/deliveries/999'");
    browser.wait_for("$('result')?.textContent === 'unknown'");
}
