//! What the demo is played with: events, queues, addresses, and the receiver's configuration for them.

use std::collections::BTreeSet;

use prelude_events::{EventType, samples};
use serde_json::json;

use crate::{catalogue::Authentication, random::random_token};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::{ADDRESSES, KeyError, LocalPrelude},
};

/// The inputs of a demo; the defaults of [`Setup::new`] suit [`LocalPrelude::shared`].
#[derive(Debug, Clone)]
pub struct Setup {
    /// What every queue's name begins with.
    pub queue_prefix: String,
    /// The secret last segment of the endpoint's path.
    pub path_token: String,
    /// The app whose events are delivered.
    pub app_id: String,
    /// The app whose key signs what it must not.
    pub other_app_id: String,
    /// An address on the receiver's list.
    pub allowed_address: String,
    /// An address that is not on it.
    pub foreign_address: String,
    /// One event of each type.
    pub events: Vec<DemoEvent>,
}

/// An event to deliver.
#[derive(Debug, Clone)]
pub struct DemoEvent {
    /// Its wire name.
    pub event_type: String,
    /// How its source is authenticated.
    pub authentication: Authentication,
    /// Its queue's name without the prefix.
    pub queue_slug: String,
    /// Its JSON; of a Session event, the element of the batch.
    pub raw: String,
}

/// The sample of every event type in the table.
pub fn sample_events() -> Vec<DemoEvent> {
    let event = |event_type: &EventType| {
        Some(DemoEvent {
            event_type: event_type.as_str().to_owned(),
            authentication: Authentication::of(event_type.source()?),
            queue_slug: event_type.queue_slug()?.to_owned(),
            raw: samples::sample(event_type)?.to_owned(),
        })
    };
    EventType::ALL.iter().filter_map(event).collect()
}

impl Setup {
    /// The usual demo of these events, with a new path token.
    pub fn new(events: Vec<DemoEvent>) -> Result<Self, getrandom::Error> {
        let [allowed_address, ..] = ADDRESSES;
        Ok(Self {
            queue_prefix: "prelude-webhooks-".to_owned(),
            path_token: random_token()?,
            app_id: "app1".to_owned(),
            other_app_id: "app2".to_owned(),
            allowed_address: allowed_address.to_owned(),
            foreign_address: "198.51.100.7".to_owned(),
            events,
        })
    }

    /// The endpoint's path.
    pub fn path(&self) -> String {
        format!("/webhooks/{}", self.path_token)
    }

    /// The queue of what has no queue of its own.
    pub fn parking_queue(&self) -> String {
        format!("{}unrouted", self.queue_prefix)
    }

    /// Every queue that has to exist.
    pub fn queue_names(&self) -> BTreeSet<String> {
        let of_events = self.events.iter().map(|event| format!("{}{}", self.queue_prefix, event.queue_slug));
        of_events.chain([self.parking_queue()]).collect()
    }

    /// The receiver's configuration, as environment variables; `jwks_url` says where an app's key set is.
    pub fn environment(
        &self,
        prelude: &LocalPrelude,
        jwks_url: impl Fn(&str) -> String,
    ) -> Result<Vec<(String, String)>, KeyError> {
        let apps: Vec<_> = prelude
            .apps
            .iter()
            .map(|app| {
                let (id, token) = (&app.app_id, &app.verification_token);
                json!({"app_id": id, "verification_token": token, "jwks_url": jwks_url(id)})
            })
            .collect();
        let variables = [
            ("PRELUDE_QUEUE_URL_PREFIX", EmbeddedSqs::queue_url_prefix(&self.queue_prefix)),
            ("PRELUDE_APPS", json!(apps).to_string()),
            ("PRELUDE_PUBLIC_KEYS", prelude.account_key.public_key_pem()?),
            ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1".to_owned()),
            ("PRELUDE_ALLOWED_IPS", ADDRESSES.join(",")),
            ("PRELUDE_PATH_TOKEN", self.path_token.clone()),
        ];
        Ok(variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
