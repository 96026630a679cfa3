//! Queues of moto, created and read through the AWS SDK without the proxy.

use std::{collections::BTreeMap, time::SystemTime};

use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
};
use prelude_events::EventType;

/// Queues of one test. Other tests use the same server.
pub(super) struct Moto {
    client: Client,
    prefix: String,
    suffix: &'static str,
}

/// Message that a consumer received.
pub(super) struct Received {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl Received {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl Moto {
    /// Creates every queue.
    pub(super) async fn start(url: &str, queue_type: &str) -> Self {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "moto"))
            .endpoint_url(url)
            .build();
        let unique = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        let suffix = if queue_type == "fifo" { ".fifo" } else { "" };
        let moto = Self { client: Client::from_conf(config), prefix: format!("it-{unique}-"), suffix };
        for slug in slugs() {
            let create = moto.client.create_queue().queue_name(format!("{}{slug}{suffix}", moto.prefix));
            let mut create = create.attributes(QueueAttributeName::MaximumMessageSize, "1048576");
            if queue_type == "fifo" {
                create = create.attributes(QueueAttributeName::FifoQueue, "true");
            }
            create.send().await.unwrap();
        }
        moto
    }

    /// Prefix of every queue's URL, in the form of AWS for any endpoint.
    pub(super) fn queue_url_prefix(&self) -> String {
        format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{}", self.prefix)
    }

    fn queue_url(&self, slug: &str) -> String {
        format!("{}{slug}{}", self.queue_url_prefix(), self.suffix)
    }

    pub(super) async fn delete_queue(&self, slug: &str) {
        self.client.delete_queue().queue_url(self.queue_url(slug)).send().await.unwrap();
    }

    /// Receives and deletes every message of a queue, in its order.
    pub(super) async fn receive(&self, slug: &str) -> Vec<Received> {
        let mut all = Vec::new();
        loop {
            let receive = self
                .client
                .receive_message()
                .queue_url(self.queue_url(slug))
                .max_number_of_messages(10)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All);
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                let delete = self.client.delete_message().queue_url(self.queue_url(slug));
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
                all.push(received(message));
            }
        }
    }

    /// Messages of all queues by slug. Omits queues without a message.
    pub(super) async fn receive_all(&self) -> BTreeMap<&'static str, Vec<Received>> {
        let mut all = BTreeMap::new();
        for slug in slugs() {
            let messages = self.receive(slug).await;
            if !messages.is_empty() {
                all.insert(slug, messages);
            }
        }
        all
    }
}

fn slugs() -> impl Iterator<Item = &'static str> {
    EventType::ALL.iter().map(|event_type| event_type.queue_slug().unwrap()).chain(["unrouted"])
}

fn received(message: Message) -> Received {
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    Received {
        body: message.body.unwrap(),
        attributes: attributes.map(|(name, value)| (name, value.string_value.unwrap())).collect(),
    }
}
