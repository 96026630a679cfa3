//! The page agrees with the stack that it shows: its commands work as they are, and its counts match its lists.

use prelude_events::EventType;
use prelude_local::aws::sqs::EmbeddedSqs;

use super::{
    super::{
        browser::Browser,
        running::{scratch, shell, text},
    },
    opened, opened_with,
    states::trigger,
};

/// The hint for the first delivery works as it is, on ports of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_hint_sends_to_this_stack() {
    for arguments in [&[][..], &["--fifo"]] {
        let Some((mut running, mut browser)) = opened_with(1280, 800, arguments) else { return };
        let hint = browser.value("document.querySelector('#detail .command pre').textContent");
        let folder = scratch();
        let sent = shell(hint.as_str().unwrap(), &folder);
        let printed = text(&sent.stdout);
        assert!(sent.status.success() && printed.contains("→ prelude-webhooks-user-created"), "{printed}");
        assert_eq!(text(&sent.stderr), "", "the queues were checked");
        browser.wait_for("document.querySelector('#rows .what').textContent === 'user.created'");

        // The printed settings name the queues and the ports of this stack.
        trigger(&mut browser, "unknown-type");
        browser.value("location.hash = '#/queues'");
        browser.wait_for("document.querySelector('#detail .alert.parking')");
        let listed = browser.value("document.querySelector('#detail .alert.parking pre').textContent");
        let listed = shell(listed.as_str().unwrap(), &folder);
        std::fs::remove_dir_all(folder).unwrap();
        assert!(text(&listed.stdout).contains("unknown_type"), "{listed:?}");
        assert_eq!(running.stop(), 0);
    }
}

/// The list, its head and the text beside it count the same queues.
#[tokio::test(flavor = "multi_thread")]
async fn counts_agree_with_the_list() {
    let Some((mut running, mut browser)) = opened(1280, 800) else { return };
    browser.value("location.hash = '#/queues'");
    let total = browser.value("queues.length").as_u64().unwrap();
    let says = |browser: &mut Browser, head: String, text: String| {
        browser.wait_for(&format!("$('shown').textContent === '{head}'"));
        browser
            .wait_for(&format!("document.querySelector('#detail .meta')?.textContent.startsWith('{text}')"));
    };
    let all = format!("{total} queues, {} of them for dead letters.", EventType::ALL.len());
    says(&mut browser, format!("{total} queues"), format!("{all} All are empty."));
    assert_eq!(browser.value("document.querySelectorAll('#rows .row').length"), total);
    for name in ["user.created", "unknown-type"] {
        trigger(&mut browser, name);
    }
    let dead_letters = EmbeddedSqs::queue_url_prefix("prelude-webhooks-verify-attempt-dlq");
    running.sqs().send_message().queue_url(dead_letters).message_body("{}").send().await.unwrap();
    let in_three = format!("{all} Messages: 3 visible, in 3 queues.");
    says(&mut browser, format!("{total} queues"), in_three.clone());
    assert_eq!(browser.value("document.querySelectorAll('#rows .row:not(.empty)').length"), 3);
    browser.value("{ $('filter').value = '-dlq'; drawList(); }");
    let dead = browser.value("document.querySelectorAll('#rows .row').length").as_u64().unwrap();
    assert_eq!(dead, u64::try_from(EventType::ALL.len()).unwrap());
    says(&mut browser, format!("{dead} of {total} queues"), in_three);
    assert_eq!(running.stop(), 0);
}
