//! The same commands against moto, an independent SQS that holds back FIFO groups like SQS.
//!
//! `PRELUDE_CLI_TEST_MOTO` names moto's server, such as `http://127.0.0.1:5000`. Without it the tests report a skip.

use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName},
};
use prelude_events::{EventType, Source};
use serde_json::Value;

use crate::support::{Folder, run, write_env};

struct Moto {
    client: Client,
    prefix: String,
    url: String,
    fifo: bool,
}

impl Moto {
    /// Creates queues with these slugs, under a prefix of this test.
    async fn with(name: &str, slugs: &[&str], fifo: bool) -> Option<Self> {
        let Ok(url) = std::env::var("PRELUDE_CLI_TEST_MOTO") else {
            prelude_local::coverage::skipped(
                "the operator's commands against moto: PRELUDE_CLI_TEST_MOTO names no server",
            );
            return None;
        };
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(&url)
            .build();
        let prefix = format!("operate-{name}-{}-", std::process::id());
        let moto = Self { client: Client::from_conf(config), prefix, url, fifo };
        for slug in slugs {
            let mut create = moto.client.create_queue().queue_name(moto.queue(slug));
            if fifo {
                create = create.attributes(QueueAttributeName::FifoQueue, "true");
            }
            create.send().await.unwrap();
        }
        Some(moto)
    }

    fn queue(&self, slug: &str) -> String {
        format!("{}{slug}{}", self.prefix, if self.fifo { ".fifo" } else { "" })
    }

    fn queue_url(&self, slug: &str) -> String {
        format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{}", self.queue(slug))
    }

    async fn park(&self, id: usize, event_type: &str, group: &str) {
        let body = format!(r#"{{"id":"evt_{id}","type":"{event_type}"}}"#);
        let attributes = [
            ("event_type", event_type),
            ("event_id", &format!("evt_{id}")),
            ("source", "verify"),
            ("authentication", "signature"),
            ("received_at", "2026-11-21T01:45:00Z"),
            ("reason", "queue_missing"),
        ];
        let mut send = self.client.send_message().queue_url(self.queue_url("unrouted")).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            send = send.message_attributes(name, value.unwrap());
        }
        if self.fifo {
            send = send.message_group_id(group).message_deduplication_id(id.to_string());
        }
        send.send().await.unwrap();
    }

    async fn drain(&self, slug: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let received =
                self.client.receive_message().queue_url(self.queue_url(slug)).max_number_of_messages(10);
            let received = received
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All)
                .send()
                .await
                .unwrap();
            if received.messages().is_empty() {
                return bodies;
            }
            for message in received.messages() {
                bodies.push(message.body().unwrap().to_owned());
                let delete = self.client.delete_message().queue_url(self.queue_url(slug));
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
    }

    async fn run(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let variables = [
            (
                "PRELUDE_QUEUE_URL_PREFIX",
                format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{}", self.prefix),
            ),
            ("PRELUDE_QUEUE_TYPE", if self.fifo { "fifo" } else { "standard" }.to_owned()),
            ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"t"}]"#.to_owned()),
            ("AWS_ENDPOINT_URL_SQS", self.url.clone()),
        ];
        let path = write_env(&variables.map(|(name, value)| (name.to_owned(), value)));
        let ran = run(&[arguments, &["--json", "--env-file", path.to_str().unwrap()]].concat(), &[]).await;
        std::fs::remove_file(path).unwrap();
        (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.all())))
    }
}

#[tokio::test]
async fn parked_messages_are_listed_and_moved() {
    let Some(moto) = Moto::with("standard", &["unrouted", "verify-attempt"], false).await else { return };
    for id in 0..25 {
        moto.park(id, if id == 7 { "made.up" } else { "verify.attempt" }, "").await;
    }
    let (_, listed) = moto.run(&["parked", "list"]).await;
    assert_eq!(listed["messages"].as_array().unwrap().len(), 25);
    assert_eq!((&listed["more"], &listed["approximate_depth"]), (&false.into(), &25.into()));
    let (code, report) = moto.run(&["parked", "replay"]).await;
    assert_eq!((code, report["messages"].as_array().unwrap().len()), (Some(1), 25));
    assert_eq!(moto.drain("verify-attempt").await.len(), 24);
    assert_eq!(moto.drain("unrouted").await, [r#"{"id":"evt_7","type":"made.up"}"#]);
}

#[tokio::test]
async fn a_fifo_group_moves_in_order_and_a_remaining_message_holds_back_the_rest() {
    let Some(moto) = Moto::with("fifo", &["unrouted", "verify-attempt"], true).await else { return };
    for id in 0..25 {
        moto.park(id, "verify.attempt", "one").await;
    }
    for id in 25..45 {
        moto.park(id, if id == 25 { "made.up" } else { "verify.attempt" }, "two").await;
    }
    let (code, report) = moto.run(&["parked", "replay"]).await;
    assert_eq!(code, Some(1), "{report:#}");
    let moved = moto.drain("verify-attempt").await;
    let of_one: Vec<_> =
        (0..25).map(|id| format!(r#"{{"id":"evt_{id}","type":"verify.attempt"}}"#)).collect();
    let moved_of_one: Vec<_> = moved.iter().filter(|body| of_one.contains(body)).cloned().collect();
    assert_eq!(moved_of_one, of_one, "in order");
    let left = moto.drain("unrouted").await;
    assert_eq!(left.first().map(String::as_str), Some(r#"{"id":"evt_25","type":"made.up"}"#));
    assert_eq!(moved.len() + left.len(), 45, "nothing is lost");
    assert_eq!(report["held_back"], left.len() - 1);
}

#[tokio::test]
async fn parked_messages_are_deleted_by_reason_also_behind_others_of_their_group() {
    for fifo in [false, true] {
        let name = if fifo { "delete-fifo" } else { "delete" };
        let Some(moto) = Moto::with(name, &["unrouted"], fifo).await else { return };
        for id in 0..25 {
            moto.park(id, "verify.attempt", "one").await;
        }
        let delete = ["parked", "delete", "--reason", "queue_missing", "--yes", "--no-save"];
        let (code, report) = moto.run(&[&delete[..], &["--dry-run"]].concat()).await;
        assert_eq!((code, &report["ok"]), (Some(0), &true.into()), "{report:#}");
        let (code, report) = moto.run(&delete).await;
        assert_eq!((code, report["messages"].as_array().unwrap().len()), (Some(0), 25), "{report:#}");
        assert_eq!(moto.drain("unrouted").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_deleted_message_is_saved_and_one_that_another_reader_holds_stays() {
    let Some(moto) = Moto::with("held", &["unrouted", "verify-attempt"], false).await else { return };
    for id in 0..2 {
        moto.park(id, "verify.attempt", "").await;
    }
    let receive = moto.client.receive_message().queue_url(moto.queue_url("unrouted"));
    let held = receive.visibility_timeout(60).send().await.unwrap().messages.unwrap().remove(0);
    let folder = Folder::new();
    let file = folder.path("saved.jsonl");
    let delete = ["parked", "delete", "--reason", "queue_missing", "--yes", "--save", &file];
    let (code, report) = moto.run(&delete).await;
    assert_eq!((code, &report["approximately_in_flight"]), (Some(0), &1.into()), "{report:#}");
    let (code, _) = moto.run(&["parked", "replay", "--file", &file]).await;
    assert_eq!((code, moto.drain("verify-attempt").await.len()), (Some(0), 1));
    let release = moto.client.change_message_visibility().queue_url(moto.queue_url("unrouted"));
    release.receipt_handle(held.receipt_handle().unwrap()).visibility_timeout(0).send().await.unwrap();
    assert_eq!(moto.drain("unrouted").await, [held.body().unwrap()]);
}

#[tokio::test]
async fn the_doctor_knows_its_queues() {
    let Some(moto) = Moto::with("doctor", &["unrouted"], false).await else { return };
    let (code, report) = moto.run(&["doctor"]).await;
    assert_eq!(code, Some(1));
    let queues = report["groups"].as_array().unwrap().iter().find(|group| group["name"] == "queues").unwrap();
    let missing =
        queues["findings"].as_array().unwrap().iter().find(|finding| finding["state"] == "fail").unwrap();
    let of_session = EventType::ALL.iter().filter(|event_type| event_type.source() == Some(Source::Session));
    assert_eq!(missing["of"].as_array().unwrap().len(), of_session.count(), "an app expects them");
    assert!(missing["text"].as_str().unwrap().contains("queue_missing"));
}
