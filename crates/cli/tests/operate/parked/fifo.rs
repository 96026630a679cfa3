//! FIFO queues.

use crate::support::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_message_has_the_ids_that_the_receiver_would_give_it() {
    let stack = Stack::start(&["user-created"], true).await;
    let events: Vec<_> = (0..12)
        .map(|id| {
            format!(r#"{{"id":"evt_{id}","type":"user.created","payload":{{"user_id":"usr_{}"}}}}"#, id % 3)
        })
        .collect();
    stack.deliver_batch(&events).await;
    stack.sqs.create_queue(&stack.queue("user-created"), 1_048_576).await.unwrap();
    stack
        .run(&["parked", "replay"])
        .await
        .assert(0, &["12 events moved to prelude-webhooks-user-created.fifo"]);
    assert!(stack.drain("unrouted").await.is_empty());
    let ids = |stack: &Stack| {
        let recorded =
            stack.sqs.recorded().into_iter().filter(|entry| entry.queue.ends_with("user-created.fifo"));
        recorded.map(|entry| (entry.body, entry.group_id, entry.deduplication_id)).collect::<Vec<_>>()
    };
    let replayed = ids(&stack);
    assert_eq!(replayed.len(), 12);
    let of_group = |group: &Option<String>| {
        replayed
            .iter()
            .filter(|(_, other, _)| other == group)
            .map(|(body, ..)| body.as_str())
            .collect::<Vec<_>>()
    };
    for (_, group, _) in &replayed {
        let bodies = of_group(group);
        assert!(bodies.is_sorted_by_key(|body| events.iter().position(|event| event == body)), "in order");
    }

    // The queue drops the same events of a delivery, because it deduplicates within five minutes.
    stack.deliver_batch(&events).await;
    let mut delivered = ids(&stack).split_off(12);
    let mut replayed = replayed;
    delivered.sort_unstable();
    replayed.sort_unstable();
    assert_eq!(replayed, delivered);
    assert_eq!(stack.drain("user-created").await.len(), 12);
}
