//! The inspector in a real browser, if `PRELUDE_CLI_TEST_CHROMIUM` names the path of Chromium.
//!
//! With `PRELUDE_CLI_TEST_SCREENSHOT=<file>` it also writes the picture of the documentation.
#![cfg(test)]

mod agrees;
mod looks;
mod states;

use std::{ffi::OsString, path::Path};

use prelude_local::aws::sqs::EmbeddedSqs;
use serde_json::json;

use super::{
    browser::Browser,
    running::{Running, accepted_samples, scratch},
};

const CHROMIUM: &str = "PRELUDE_CLI_TEST_CHROMIUM";
const SCREENSHOT: &str = "PRELUDE_CLI_TEST_SCREENSHOT";

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_deliveries_and_sends_samples() {
    let Some((mut running, mut browser)) = opened(1280, 800) else { return };
    assert_eq!(browser.value("document.querySelector('#rows .what').textContent"), "activation");

    // A delivery from outside, while the page is open.
    let (_, event) = accepted_samples().find(|(path, _)| path == "verify.attempt.json").unwrap();
    assert_eq!(running.send(&event).await.status, 200);
    browser.wait_for("document.querySelector('#rows .what').textContent === 'verify.attempt'");
    assert_eq!(browser.value("document.querySelector('#rows .chip').textContent"), "accepted");
    browser.wait_for("document.querySelector('#status').textContent === 'verify.attempt accepted'");
    browser.wait_for("document.querySelector('#waiting').textContent === '1'");

    // The form: a sample, tampered with.
    browser.value("document.querySelector('#tamper').value = 'signature'");
    browser.value("document.querySelector('#trigger button').click()");
    browser.wait_for("document.querySelector('#result')?.textContent === 'refused'");
    browser.wait_for("document.querySelector('#reason').textContent.startsWith('signature_wrong')");
    let failed = "document.querySelector('.steps .failed').innerText.replace(/\\s+/g, ' ')";
    let step = browser.value(failed);
    assert!(step.as_str().unwrap().contains("Signature failed"), "{step}");

    browser.wait_for("document.querySelectorAll('#why h3').length === 2");
    let tried = browser.value("document.querySelector('#why table').textContent");
    assert!(tried.as_str().unwrap().contains("(2048 bits): failed"), "{tried}");

    // Hostile input is shown as text.
    let hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let mut markup = event.clone();
    markup["body"] = json!(format!("{{\"type\":{}}}", json!(hostile)));
    assert_eq!(running.send(&markup).await.status, 401);
    browser.wait_for("document.querySelector('#rows .what').textContent.startsWith('<img')");
    browser.value("document.querySelector('#rows .row').click()");
    browser.wait_for("document.querySelector('#detail h2').textContent.startsWith('<img')");
    assert_eq!(browser.value("document.querySelectorAll('img, #rows script, #detail script').length"), 0);
    assert_eq!(browser.value("document.title"), "prelude dev");

    // By keyboard: down the list, into the details, and a replay.
    browser.value("document.querySelector('#rows .row').focus()");
    for (key, title) in [
        ("ArrowDown", "user.created"),
        ("ArrowDown", "verify.attempt"),
        ("k", "user.created"),
        ("j", "verify.attempt"),
    ] {
        browser.press(key);
        browser.wait_for(&format!("document.querySelector('#detail h2').firstChild.data === '{title}'"));
        browser
            .wait_for(&format!("document.activeElement.querySelector('.what')?.textContent === '{title}'"));
    }
    let outline = browser.value("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid", "the focus is visible");
    browser.press("Enter");
    browser.wait_for("document.activeElement.id === 'detail'");
    browser.press("r");
    browser.wait_for("document.querySelector('#rows .row[aria-current]')?.dataset.number === '5'");
    browser.wait_for("document.querySelectorAll('.steps .passed').length === 6");
    browser.press("/");
    browser.wait_for("document.activeElement.id === 'filter'");
    browser.call("Input.insertText", json!({"text": "refused"}));
    browser.wait_for("document.querySelectorAll('#rows .row').length === 2");
    browser.value(
        "{ const f = document.querySelector('#filter'); f.value = ''; f.dispatchEvent(new Event('input')); }",
    );

    // A body is indented without a change of its values, and shown raw when asked.
    let raw = "[...document.querySelectorAll('.views button')].filter((b) => b.textContent === 'Raw')";
    let shown = "document.querySelector('[aria-label=\"Request body\"]').textContent";
    let pretty = browser.value(shown);
    assert!(pretty.as_str().unwrap().contains("\"amount\": 0.03,\n"), "{pretty}");
    browser.value(&format!("{raw}.forEach((button) => button.click())"));
    assert_eq!(browser.value(shown), event["body"]);
    assert_eq!(browser.value(r#"indented('{"a":12345678901234567890.10,"b":[],"c":{"d":"{,}"}}').map((part) => part.textContent ?? part).join("")"#), "{\n  \"a\": 12345678901234567890.10,\n  \"b\": [],\n  \"c\": {\n    \"d\": \"{,}\"\n  }\n}");

    // The link to the queue.
    browser.value("document.querySelector('.inside a').click()");
    browser
        .wait_for("document.querySelector('#detail h2').textContent === 'prelude-webhooks-verify-attempt'");
    browser.wait_for("document.querySelectorAll('#detail details').length === 2");
    browser.wait_for("document.querySelector('#rows .row.queue .count.some').textContent === '2'");

    metrics(&running, &mut browser).await;

    // Every control has a name, and the page fits a phone.
    let unnamed = "[...document.querySelectorAll('button, select, input, a')].filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length";
    assert_eq!(browser.value(unnamed), 0);
    browser.look(390, 780, true);
    for place in
        ["#/queues", "#/deliveries", "#/deliveries/5", "#/metrics", "#/metrics/RefusedKeysUnavailable"]
    {
        browser.value(&format!("location.hash = '{place}'"));
        browser.wait_for("document.querySelector('#rows .row')");
        let overflow = "document.documentElement.scrollWidth - innerWidth";
        assert!(browser.value(overflow).as_i64().unwrap() <= 0, "{place}");
        if place == "#/metrics" {
            let rows = "[...document.querySelectorAll('#rows :is(.row.dead, .row.parking)')].filter((row) => row.checkVisibility()).length";
            assert_eq!(browser.value(rows), 2, "trouble stands out on a phone, too");
        }
    }

    // The command for a terminal sends the same request again.
    let made = browser.value("ask('/api/deliveries/2').then((delivery) => curl(delivery.request))");
    let script = made.as_str().unwrap().replacen("curl -i", "curl -s", 1);
    match std::process::Command::new("sh").args(["-c", &script]).output() {
        Ok(sent) if sent.status.success() => assert_eq!(sent.stdout, br#"{"accepted":1}"#, "{script}"),
        _ => prelude_local::coverage::skipped("a command of the inspector: curl is not installed"),
    }

    assert_eq!(browser.complaints, Vec::<String>::new());
    assert_eq!(running.stop(), 0);
    browser.wait_for("document.querySelector('#live.off')");

    let mut running = Running::start(&[]);
    browser.open(running.ready["inspector"].as_str().unwrap());
    browser.wait_for("document.querySelector('#rows .row')");
    pictures(&mut browser);
    assert_eq!(running.stop(), 0);
}

/// The figures of the receiver's lines; dead letters and parked messages in front of them, in their own colours.
async fn metrics(running: &Running, browser: &mut Browser) {
    browser.value("location.hash = '#/metrics'");
    browser.wait_for("document.querySelector('#detail h2').textContent === 'Metrics'");
    browser.wait_for("document.querySelector('#calm') && document.querySelector('#alerts').hidden");
    assert_eq!(browser.value("document.querySelector('#detail').textContent.includes('null')"), false);
    let sum = |name: &str| {
        format!(
            "[...document.querySelectorAll('#detail .figures tr')].find((row) => row.firstChild.textContent === '{name}')?.children[1].textContent"
        )
    };
    for (name, expected) in
        [("Challenges", "1"), ("Deliveries", "4"), ("EventsAccepted", "2"), ("RefusedSignature", "2")]
    {
        browser.wait_for(&format!("{} === '{expected}'", sum(name)));
    }

    // While the page is open, an event is parked and a consumer fails too often.
    browser.value("document.querySelector('#sample').value = 'unknown-type'");
    browser.value("change('/api/trigger', { name: 'unknown-type', tamper: 'none' })");
    let dead_letters = EmbeddedSqs::queue_url_prefix("prelude-webhooks-verify-attempt-dlq");
    running.sqs().send_message().queue_url(dead_letters).message_body("{}").send().await.unwrap();
    browser.wait_for(&format!("{} === '1'", sum("EventsParked")));
    browser.wait_for("document.querySelector('#alerts').textContent === '2'");
    let alerts = browser.value("[...document.querySelectorAll('#detail .alert')].map((one) => [one.className, one.querySelector('a').textContent, one.querySelector('pre').textContent])");
    let port = |server: &str| running.ready[server].as_str().unwrap().split([':', '/']).nth(4).unwrap();
    let settings = format!(
        "cargo prelude dev --print-settings \\\n  --prelude-port {} \\\n  --sqs-port {} > dev.env\n",
        port("jwks"),
        port("sqs")
    );
    assert_eq!(
        alerts,
        json!([
            [
                "alert dead",
                "1 dead letter in prelude-webhooks-verify-attempt-dlq",
                format!("{settings}cargo prelude redrive verify.attempt --env-file dev.env")
            ],
            [
                "alert parking",
                "1 parked message in prelude-webhooks-unrouted",
                format!("{settings}cargo prelude parked list --env-file dev.env")
            ],
        ])
    );
    let colour = |of: &str| format!("getComputedStyle(document.querySelector('{of}')).backgroundColor");
    let colours =
        [".row.dead", ".row.parking", ".row.queue:not(.dead, .parking)"].map(|of| browser.value(&colour(of)));
    assert!(colours[0] != colours[1] && colours[0] != colours[2] && colours[1] != colours[2], "{colours:?}");
    assert_eq!(browser.value("document.querySelector('#alerts').className"), "count dead");

    browser.value("[...document.querySelectorAll('#rows .row')].find((row) => row.textContent.startsWith('Duration')).click()");
    browser.wait_for("document.querySelector('#detail h2').textContent === 'Duration'");
    assert_eq!(browser.value("document.querySelectorAll('#detail .figures tbody tr').length"), 5);
    browser.value("document.querySelector('#detail details summary').click()");
    browser
        .wait_for("document.querySelector('#detail details pre').textContent.includes('CloudWatchMetrics')");
    browser.value("document.querySelector('#rows .row.dead').click()");
    browser.wait_for(
        "document.querySelector('#detail h2').textContent === 'prelude-webhooks-verify-attempt-dlq'",
    );
}

/// The dev stack, and its inspector in a window of this size, after the activation. `None` without Chromium.
fn opened(width: u32, height: u32) -> Option<(Running, Browser)> {
    opened_with(width, height, &[])
}

/// The same with arguments of the stack.
fn opened_with(width: u32, height: u32, arguments: &[&str]) -> Option<(Running, Browser)> {
    let chromium = chromium()?;
    let running = Running::start(arguments);
    let mut browser = Browser::start(Path::new(&chromium), scratch());
    browser.look(width, height, false);
    browser.open(running.ready["inspector"].as_str().unwrap());
    browser.wait_for("document.querySelector('#live.on')");
    browser.wait_for("document.querySelectorAll('#rows .row').length === 1");
    Some((running, browser))
}

/// Path of Chromium. Without it, the test is reported as skipped.
fn chromium() -> Option<OsString> {
    let chromium = std::env::var_os(CHROMIUM);
    if chromium.is_none() {
        prelude_local::coverage::skipped(format_args!(
            "the inspector in a browser: {CHROMIUM} names no Chromium"
        ));
    }
    chromium
}

/// Checks the light and dark colours, and takes the picture for the documentation.
fn pictures(browser: &mut Browser) {
    for (name, tamper) in [
        ("attempt", "none"),
        ("verify.attempt", "signature"),
        ("transactional.message.delivered", "none"),
        ("unknown-type", "none"),
        ("session-batch", "none"),
        ("inbound.message.received", "address"),
        ("user.created", "none"),
    ] {
        let before = browser.value("location.hash");
        browser.value(&format!("document.querySelector('#sample').value = '{name}'"));
        browser.value(&format!("document.querySelector('#tamper').value = '{tamper}'"));
        browser.value("document.querySelector('#trigger button').click()");
        browser.wait_for(&format!("location.hash !== {before}"));
        browser.wait_for("!document.querySelector('#trigger button').disabled");
    }
    browser.wait_for("document.querySelector('#detail h2').firstChild.data === 'user.created'");
    browser.wait_for("document.querySelector('#rows .row[aria-current]')?.dataset.number === '8'");
    browser.wait_for("document.querySelector('#waiting').textContent === '16'");
    let brightness = "(() => { const [r, g, b] = getComputedStyle(document.querySelector('#detail')).backgroundColor.match(/\\d+/g).map(Number); return r + g + b; })()";
    let mut shots = Vec::new();
    for dark in [true, false] {
        browser.look(1280, 800, dark);
        let sum = browser.value(brightness).as_i64().unwrap();
        assert!(if dark { sum < 150 } else { sum > 600 }, "dark: {dark}, brightness: {sum}");
        shots.push(browser.screenshot());
    }
    let [dark, light] = <[_; 2]>::try_from(shots).unwrap();
    assert!(light != dark && light.starts_with(b"\x89PNG"));
    assert!(light.len() < 200_000, "{} bytes", light.len());
    if let Some(file) = std::env::var_os(SCREENSHOT) {
        std::fs::write(&file, light).unwrap();
    }
}
