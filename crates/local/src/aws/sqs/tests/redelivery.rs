//! Messages that a consumer receives and does not delete.

use prelude_events::EventType;
use prelude_webhooks::route::QueueType;

use super::*;

#[tokio::test]
async fn a_moved_message_is_recorded_in_the_dead_letter_queue_at_once() {
    let sqs = EmbeddedSqs::start(["dead", "q"]).await.unwrap();
    let url = EmbeddedSqs::queue_url_prefix("q");
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":1}"#;
    let set = sqs.client().set_queue_attributes().queue_url(&url);
    set.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();
    send(&sqs, "q", [entry("1", "one").message_attributes("a", text("b"))]).await.unwrap();
    let receive = || sqs.client().receive_message().queue_url(&url).visibility_timeout(1).send();
    assert_eq!(receive().await.unwrap().messages().len(), 1);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(receive().await.unwrap().messages().is_empty(), "moved");
    assert!(sqs.peek("q").is_empty());
    let moved = &sqs.peek("dead")[0];
    assert_eq!((moved.attribute("a"), moved.received), (Some("b"), 1));
    let dead = EmbeddedSqs::queue_url_prefix("dead");
    sqs.client().receive_message().queue_url(dead).send().await.unwrap();
    assert_eq!(sqs.peek("dead")[0].received, 2, "receipts of all queues count");
}

#[tokio::test]
async fn an_undeleted_message_goes_to_the_dead_letter_queue_and_back() {
    for queue_type in [QueueType::Standard, QueueType::Fifo] {
        let routes = Routes::new(&EmbeddedSqs::queue_url_prefix("p-"), queue_type, Vec::new()).unwrap();
        let sqs = EmbeddedSqs::start_for(&routes).await.unwrap();
        let suffix = queue_type.suffix();
        let queue = format!("p-user-created{suffix}");
        let url = EmbeddedSqs::queue_url_prefix(&queue);
        let send = sqs.client().send_message().queue_url(&url).message_body("{}");
        let send = send.message_attributes("a", text("b"));
        let send = match queue_type {
            QueueType::Standard => send,
            QueueType::Fifo => send.message_group_id("g").message_deduplication_id("d"),
        };
        send.send().await.unwrap();
        let fail = async || {
            let received = sqs.client().receive_message().queue_url(&url).send().await.unwrap();
            for message in received.messages() {
                let give_back =
                    sqs.client().change_message_visibility().queue_url(&url).visibility_timeout(0);
                give_back.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
            received.messages().len()
        };
        for _ in 0..MAX_RECEIVE_COUNT {
            assert_eq!(fail().await, 1);
        }
        assert_eq!(fail().await, 0, "moved");
        let waiting = |depths: Vec<Depth>| {
            depths.into_iter().filter(|depth| depth.visible > 0).map(|depth| depth.queue).collect::<Vec<_>>()
        };
        assert_eq!(waiting(sqs.depths().await.unwrap()), [format!("p-user-created-dlq{suffix}")]);
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:p-user-created-dlq{suffix}");
        sqs.client().start_message_move_task().source_arn(arn).send().await.unwrap();
        assert_eq!(sqs.drain(&queue).await.unwrap()[0].attribute("a"), Some("b"));
        let names: Vec<_> = sqs.depths().await.unwrap().into_iter().map(|depth| depth.queue).collect();
        let dead = names.iter().filter(|name| name.ends_with(&format!("-dlq{suffix}")));
        let types = EventType::ALL.len();
        assert_eq!(
            (names.len(), dead.count()),
            (2 * types + 1, types),
            "every queue but the parking queue has one"
        );
    }
}

#[test]
fn the_receive_count_is_the_templates() {
    let template = include_str!("../../../../../../template.yaml");
    let parameter = template.split("\n  MaxReceiveCount:\n").nth(1).unwrap();
    let default = parameter.lines().find_map(|line| line.trim().strip_prefix("Default: ")).unwrap();
    assert_eq!(default, MAX_RECEIVE_COUNT.to_string());
}

#[tokio::test]
async fn a_message_that_was_given_back_counts_as_visible() {
    let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
    let url = EmbeddedSqs::queue_url_prefix("q");
    let counts = async || {
        let depth = sqs.depths().await.unwrap().remove(0);
        (depth.visible, depth.in_flight)
    };
    sqs.client().send_message().queue_url(&url).message_body("{}").send().await.unwrap();
    assert_eq!(counts().await, (1, 0));
    for _ in 0..2 {
        let received = sqs.client().receive_message().queue_url(&url).send().await.unwrap();
        assert_eq!(counts().await, (0, 1));
        let give_back = sqs.client().change_message_visibility().queue_url(&url).visibility_timeout(0);
        give_back.receipt_handle(received.messages()[0].receipt_handle().unwrap()).send().await.unwrap();
        assert_eq!(counts().await, (1, 0));
    }
    sqs.drain("q").await.unwrap();
    assert_eq!(counts().await, (0, 0));
}
