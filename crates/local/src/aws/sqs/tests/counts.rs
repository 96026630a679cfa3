//! Counts and lists of the queues, which must agree after every call.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use prelude_webhooks::route::QueueType;

use super::*;

/// More messages than one receipt returns.
const MESSAGES: usize = 43;

struct Bench {
    sqs: EmbeddedSqs,
    queue: String,
    dead: String,
}

impl Bench {
    async fn start(queue_type: QueueType) -> Self {
        let routes = Routes::new(&EmbeddedSqs::queue_url_prefix("p-"), queue_type, Vec::new()).unwrap();
        let sqs = EmbeddedSqs::start_for(&routes).await.unwrap();
        let name = |slug| format!("p-{slug}{}", queue_type.suffix());
        Self { sqs, queue: name("user-created"), dead: name("user-created-dlq") }
    }

    async fn send(&self, range: std::ops::Range<usize>) {
        for index in range {
            let send = self.sqs.client().send_message().queue_url(EmbeddedSqs::queue_url_prefix(&self.queue));
            let send = send.message_body(index.to_string());
            let send = match self.queue.ends_with(".fifo") {
                true => send.message_group_id("g").message_deduplication_id(index.to_string()),
                false => send,
            };
            send.send().await.unwrap();
        }
    }

    async fn receive(&self, queue: &str, hidden_for: i32) -> Vec<Message> {
        let receive = self.sqs.client().receive_message().queue_url(EmbeddedSqs::queue_url_prefix(queue));
        let receive = receive.max_number_of_messages(10).visibility_timeout(hidden_for).wait_time_seconds(0);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    /// Receives until the queue is empty, without deletion. Returns the receipt handles.
    async fn receive_all(&self, queue: &str, hidden_for: i32) -> Vec<String> {
        let mut handles = Vec::new();
        loop {
            let messages = self.receive(queue, hidden_for).await;
            self.agrees().await;
            if messages.is_empty() {
                return handles;
            }
            handles.extend(messages.into_iter().filter_map(|message| message.receipt_handle));
        }
    }

    async fn give_back(&self, queue: &str, handles: &[String]) {
        for handles in handles.chunks(10) {
            let change = self.sqs.client().change_message_visibility_batch();
            let entries = handles.iter().enumerate().map(|(index, handle)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(handle).visibility_timeout(0).build().unwrap()
            });
            let change = change.queue_url(EmbeddedSqs::queue_url_prefix(queue));
            change.set_entries(Some(entries.collect())).send().await.unwrap();
            self.agrees().await;
        }
    }

    /// Compares the counts of every queue with its list. Returns the numbers that are not zero.
    async fn agrees(&self) -> BTreeMap<String, [usize; 3]> {
        let mut full = BTreeMap::new();
        for depth in self.sqs.depths().await.unwrap() {
            let listed = self.sqs.peek(&depth.queue);
            assert_eq!(depth, Depth::of(&depth.queue, &listed));
            let Depth { queue, visible, in_flight, delayed } = depth;
            let counts = [visible, in_flight, delayed];
            assert_eq!(listed.len(), counts.iter().sum::<usize>());
            if counts != [0; 3] {
                full.insert(queue, counts);
            }
        }
        full
    }

    async fn is(&self, queue: [usize; 3], dead: [usize; 3]) {
        let expected = [(self.queue.clone(), queue), (self.dead.clone(), dead)];
        let full = expected.into_iter().filter(|(_, counts)| *counts != [0; 3]);
        assert_eq!(self.agrees().await, full.collect());
    }
}

#[tokio::test]
async fn counts_and_lists_of_standard_queues_agree_after_every_call() {
    counts_and_lists_agree_after_every_call(QueueType::Standard).await;
}

#[tokio::test]
async fn counts_and_lists_of_fifo_queues_agree_after_every_call() {
    counts_and_lists_agree_after_every_call(QueueType::Fifo).await;
}

async fn counts_and_lists_agree_after_every_call(queue_type: QueueType) {
    let bench = Bench::start(queue_type).await;
    bench.send(0..MESSAGES).await;
    bench.is([MESSAGES, 0, 0], [0; 3]).await;
    for _ in 0..MAX_RECEIVE_COUNT {
        let handles = bench.receive_all(&bench.queue, 100).await;
        bench.is([0, MESSAGES, 0], [0; 3]).await;
        bench.give_back(&bench.queue, &handles).await;
        bench.is([MESSAGES, 0, 0], [0; 3]).await;
    }
    // One receipt moves the messages, and returns the new ones behind them.
    bench.send(MESSAGES..MESSAGES + 2).await;
    assert_eq!(bench.receive(&bench.queue, 100).await.len(), 2);
    bench.is([0, 2, 0], [MESSAGES, 0, 0]).await;
    assert!(bench.sqs.peek(&bench.dead).iter().all(|held| held.received == MAX_RECEIVE_COUNT));

    // A redrive moves only visible messages back.
    let dead = bench.receive(&bench.dead, 100).await;
    bench.is([0, 2, 0], [MESSAGES - 10, 10, 0]).await;
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{}", bench.dead);
    bench.sqs.client().start_message_move_task().source_arn(arn).send().await.unwrap();
    bench.is([MESSAGES - 10, 2, 0], [0, 10, 0]).await;

    // A receipt handle of the dead-letter queue deletes there.
    let delete = bench.sqs.client().delete_message().queue_url(EmbeddedSqs::queue_url_prefix(&bench.dead));
    delete.receipt_handle(dead[0].receipt_handle().unwrap()).send().await.unwrap();
    bench.is([MESSAGES - 10, 2, 0], [0, 9, 0]).await;
    assert_eq!(bench.sqs.drain(&bench.queue).await.unwrap().len(), MESSAGES - 10);
    bench.is([0, 2, 0], [0, 9, 0]).await;
    for queue in [&bench.queue, &bench.dead] {
        let purge = bench.sqs.client().purge_queue().queue_url(EmbeddedSqs::queue_url_prefix(queue));
        purge.send().await.unwrap();
    }
    bench.is([0; 3], [0; 3]).await;
}

#[tokio::test]
async fn a_message_counts_again_when_its_timeout_ends() {
    let bench = Bench::start(QueueType::Standard).await;
    bench.send(0..1).await;
    let delayed = bench.sqs.client().send_message().queue_url(EmbeddedSqs::queue_url_prefix(&bench.queue));
    delayed.message_body("late").delay_seconds(1).send().await.unwrap();
    assert_eq!(bench.receive(&bench.queue, 1).await.len(), 1);
    bench.is([0, 1, 1], [0; 3]).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    bench.is([2, 0, 0], [0; 3]).await;
}

#[tokio::test]
async fn a_duplicate_of_a_deleted_message_is_not_listed() {
    let bench = Bench::start(QueueType::Fifo).await;
    bench.send(0..1).await;
    bench.sqs.drain(&bench.queue).await.unwrap();
    bench.send(0..1).await;
    bench.is([0; 3], [0; 3]).await;
    assert!(bench.sqs.peek(&bench.queue).is_empty());
}
