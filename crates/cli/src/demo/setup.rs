//! Inputs of the demo: events, queues, addresses, and the receiver's configuration.

use std::collections::BTreeSet;

use prelude_events::{EventType, samples};
use serde_json::json;

use crate::{catalogue::Authentication, random::random_token};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::{ADDRESSES, KeyError, LocalPrelude},
};

/// Inputs of a demo. [`Setup::new`] fits [`LocalPrelude::shared`].
#[derive(Debug, Clone)]
pub struct Setup {
    /// Prefix of every queue's name.
    pub queue_prefix: String,
    /// Secret last segment of the endpoint's path.
    pub path_token: String,
    /// App whose events are delivered.
    pub app_id: String,
    /// App whose key signs another app's batch.
    pub other_app_id: String,
    /// Address on the allow-list.
    pub allowed_address: String,
    /// Address that is not on the allow-list.
    pub foreign_address: String,
    /// One event of each type.
    pub events: Vec<DemoEvent>,
}

/// An event to deliver.
#[derive(Debug, Clone)]
pub struct DemoEvent {
    /// Wire name of its type.
    pub event_type: String,
    /// Authentication of its source.
    pub authentication: Authentication,
    /// Its queue's name without the prefix.
    pub queue_slug: String,
    /// JSON of the event; for a Session event, the element of the batch.
    pub raw: String,
}

/// Samples of all event types.
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
    /// Creates the default setup for these events, with a new path token.
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

    /// Path of the endpoint.
    pub fn path(&self) -> String {
        format!("/webhooks/{}", self.path_token)
    }

    /// Name of the parking queue.
    pub fn parking_queue(&self) -> String {
        format!("{}unrouted", self.queue_prefix)
    }

    /// Names of all queues.
    pub fn queue_names(&self) -> BTreeSet<String> {
        let of_events = self.events.iter().map(|event| format!("{}{}", self.queue_prefix, event.queue_slug));
        of_events.chain([self.parking_queue()]).collect()
    }

    /// Configuration of the receiver, as environment variables. `jwks_url` returns the URL of an app's key set.
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
