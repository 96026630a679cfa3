//! Every state of the page at every size, in both schemes. With `PRELUDE_CLI_TEST_LOOKS=<folder>` it writes pictures.

use std::path::Path;

use prelude_local::aws::sqs::EmbeddedSqs;
use serde_json::json;

use super::{super::browser::Browser, opened};

const LOOKS: &str = "PRELUDE_CLI_TEST_LOOKS";

/// Sizes of a window: a screen, a half of one, and a phone.
const SIZES: [(u32, u32); 3] = [(1440, 900), (900, 900), (390, 844)];

/// Elements that wrapped onto a line of their own, while another line of the same parent holds several.
const ALONE: &str = "[...document.querySelectorAll('body *')].filter((parent) => parent.checkVisibility() && getComputedStyle(parent).flexWrap === 'wrap').flatMap((parent) => {
    const lines = [];
    for (const child of parent.children) {
        const { top, bottom, width } = child.getBoundingClientRect();
        if (width === 0) continue;
        const line = lines.find((one) => top < one.bottom && bottom > one.top);
        if (line) line.children.push(child); else lines.push({ top, bottom, children: [child] });
    }
    return lines.length > 1 ? lines.filter((line) => line.children.length === 1).map((line) => line.children[0].outerHTML.slice(0, 120)) : [];
})";

/// Targets that are smaller than a fingertip.
const SMALL: &str = "[...document.querySelectorAll('a, button, select, input, summary')].filter((target) => target.checkVisibility()).filter((target) => {
    const { width, height } = target.getBoundingClientRect();
    return width < 44 || height < 44;
}).map((target) => target.outerHTML.slice(0, 120))";

/// Buttons and links of one line whose text takes two.
const BROKEN: &str = "[...document.querySelectorAll('button.action, nav a, .chip, .count')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height > 50).map((one) => one.outerHTML.slice(0, 120))";

#[tokio::test(flavor = "multi_thread")]
async fn every_state_fits_every_size() {
    let Some((mut running, mut browser)) = opened(1440, 900) else { return };
    let intro = "document.querySelector('#detail h2').checkVisibility() && document.querySelector('#detail .command').checkVisibility()";
    look(&mut browser, "empty-deliveries", "#/deliveries", intro);
    let intro = "document.querySelector('#detail h2').checkVisibility() && document.querySelector('#detail .meta').textContent.includes('are empty')";
    look(&mut browser, "empty-queues", "#/queues", intro);
    let queue = "document.querySelector('#counts').textContent === '0 visible' && document.querySelector('#detail .command')";
    look(&mut browser, "empty-queue", "#/queues/prelude-webhooks-user-created", queue);
    let calm = "document.querySelector('#calm') && document.querySelector('#rows .row')";
    look(&mut browser, "empty-metrics", "#/metrics", calm);

    for (name, tamper) in [
        ("attempt", "none"),
        ("verify.attempt", "signature"),
        ("transactional.message.delivered", "none"),
        ("unknown-type", "none"),
        ("session-batch", "none"),
        ("inbound.message.received", "address"),
        ("user.created", "none"),
    ] {
        let made = json!({"name": name, "tamper": tamper});
        browser.value(&format!("change('/api/trigger', {made}).then(() => null)"));
    }
    let dead_letters = EmbeddedSqs::queue_url_prefix("prelude-webhooks-verify-attempt-dlq");
    for _ in 0..3 {
        running.sqs().send_message().queue_url(&dead_letters).message_body("{}").send().await.unwrap();
    }
    browser.wait_for("document.querySelector('#alerts').textContent === '4'");
    look(
        &mut browser,
        "busy-deliveries",
        "#/deliveries",
        "document.querySelectorAll('#rows .row').length === 8",
    );
    let batch = "(() => { const batch = document.querySelector('#detail details.batch'); if (batch) batch.open = true; return batch && document.querySelectorAll('.batch details').length > 2; })()";
    look(&mut browser, "busy-batch", "#/deliveries/6", batch);
    look(
        &mut browser,
        "busy-parked",
        "#/deliveries/5",
        "document.querySelector('#result')?.textContent === 'parked'",
    );
    look(&mut browser, "busy-refused", "#/deliveries/3", "document.querySelector('#why')");
    look(
        &mut browser,
        "busy-unknown",
        "#/deliveries/99",
        "document.querySelector('#result')?.textContent === 'unknown'",
    );
    look(&mut browser, "busy-queues", "#/queues", "document.querySelectorAll('#detail .alert').length === 2");
    let alert = "document.querySelectorAll('#detail .alert').length === 1";
    look(&mut browser, "busy-parking", "#/queues/prelude-webhooks-unrouted", alert);
    look(&mut browser, "busy-dead", "#/queues/prelude-webhooks-verify-attempt-dlq", alert);
    look(
        &mut browser,
        "busy-metrics",
        "#/metrics",
        "document.querySelectorAll('#detail .alert').length === 2 && document.querySelectorAll('#rows .row:is(.dead, .parking)').length === 2",
    );
    look(
        &mut browser,
        "busy-metric",
        "#/metrics/RefusedKeysUnavailable",
        "document.querySelectorAll('#detail .figures tbody tr').length === 5",
    );
    browser.value("{ $('filter').value = 'nosuch'; drawList(); }");
    look(&mut browser, "busy-nothing", "#/deliveries", "!$('nothing').hidden");
    browser.value("document.querySelector('#nothing button').click()");

    let complaints = browser.complaints.iter().filter(|text| !text.contains("404 (Not Found)"));
    assert_eq!(complaints.collect::<Vec<_>>(), Vec::<&String>::new(), "only the unknown delivery is missing");
    assert_eq!(running.stop(), 0);
    browser.wait_for("document.querySelector('#live.off')");
    browser.value("document.querySelector('#trigger button').click()");
    browser.wait_for("!$('toast').hidden && $('toast').textContent.includes('is prelude dev running?')");
    look(
        &mut browser,
        "broken-deliveries",
        "#/deliveries",
        "document.querySelector('#detail h2').textContent === 'Nothing selected'",
    );
    browser.value("document.querySelector('#trigger button').click()");
    browser.wait_for("!$('toast').hidden && $('toast').textContent.includes('is prelude dev running?')");
    look(
        &mut browser,
        "broken-queues",
        "#/queues",
        "document.querySelectorAll('#detail .alert').length === 2",
    );
}

/// Opens a place, and checks it at every size in both schemes.
fn look(browser: &mut Browser, name: &str, place: &str, ready: &str) {
    browser.value(&format!("location.hash = '{place}'"));
    for (width, height) in SIZES {
        for dark in [false, true] {
            browser.look(width, height, dark);
            browser.wait_for(&format!("place().view === '{}' && {ready}", place.split('/').nth(1).unwrap()));
            let scheme = if dark { "dark" } else { "light" };
            let picture = format!("{name}-{width}-{scheme}");
            if let Some(folder) = std::env::var_os(LOOKS) {
                std::fs::write(Path::new(&folder).join(format!("{picture}.png")), browser.screenshot())
                    .unwrap();
            }
            let overflow = browser.value("document.documentElement.scrollWidth - innerWidth");
            assert!(overflow.as_i64().unwrap() <= 0, "{picture}: wider than the window by {overflow}");
            assert_eq!(browser.value(BROKEN), json!([]), "{picture}");
            if width == 900 {
                assert_eq!(browser.value(ALONE), json!([]), "{picture}");
            }
            if width == 390 {
                assert_eq!(browser.value(SMALL), json!([]), "{picture}");
            }
        }
    }
}
