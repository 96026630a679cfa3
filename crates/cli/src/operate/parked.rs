//! Lists, shows, replays and deletes the messages of the parking queue. Only a replay and a deletion remove a message.

pub mod delete;
pub mod letter;
pub mod letters;
pub mod list;
pub mod mailbox;
pub mod parts;
pub mod replay;
pub mod report;
pub mod saved;
pub mod show;

use prelude_webhooks::{
    config::Config,
    parking::Reason,
    publish::sqs::SqsSender,
    replay::Replay,
    route::QueueUrl,
    route::{PARKING_SLUG, QueueType},
};

use self::saved::{Saved, SavedError};
use super::aws::{Aws, AwsError};
use crate::{
    environment::{Environment, EnvironmentError},
    terminal::counted,
};

/// A receiver's parking queue, and the receiver's own sender to all queues.
pub struct Parking {
    /// Access to SQS.
    pub aws: Aws,
    /// Finds the destinations of parked events, and sends the events there.
    pub replay: Replay<SqsSender>,
    /// File of messages that are read in place of the queue.
    pub saved: Option<Saved>,
}

impl Parking {
    /// Connects to the queues of the receiver with these settings.
    ///
    /// # Errors
    /// The settings are invalid, or there is no region, or there are no credentials.
    pub async fn of(
        settings: &Environment,
        endpoint_url: Option<&str>,
        saved: Option<Saved>,
    ) -> Result<Self, ParkingError> {
        let Config { routes, .. } = settings.config()?;
        let aws = Aws::connect(settings, routes.parking(), endpoint_url).await?;
        let replay = Replay::new(aws.sender(), routes);
        Ok(Self { aws, replay, saved })
    }

    /// URL of the parking queue.
    pub fn queue_url(&self) -> &QueueUrl {
        self.replay.routes().parking()
    }

    /// Reports whether the queues are FIFO queues.
    pub fn is_fifo(&self) -> bool {
        self.replay.routes().queue_type() == QueueType::Fifo
    }

    /// Reports whether a message that stays hides the messages behind it in its group.
    pub fn hides_groups(&self) -> bool {
        self.is_fifo() && self.saved.is_none()
    }

    /// Finds the URL of a queue by its URL, its name or its slug.
    ///
    /// # Errors
    /// The queue is the parking queue, or has the wrong type.
    pub fn queue_named(&self, queue: &str) -> Result<QueueUrl, ParkingError> {
        let parking = self.queue_url();
        let suffix = self.replay.routes().queue_type().suffix();
        let bare = queue.strip_suffix(suffix).unwrap_or(queue);
        // The URL is `…/<prefix>unrouted`, so the text before the slug is the prefix.
        let prefix = parking
            .as_str()
            .strip_suffix(suffix)
            .and_then(|url| url.strip_suffix(PARKING_SLUG))
            .unwrap_or_default();
        let name_prefix = QueueUrl::name_in(prefix);
        let url: QueueUrl = if queue.contains("://") {
            queue.into()
        } else if !name_prefix.is_empty() && bare.starts_with(name_prefix) {
            format!("{}{bare}{suffix}", prefix.strip_suffix(name_prefix).unwrap_or(prefix)).into()
        } else {
            format!("{prefix}{bare}{suffix}").into()
        };
        if url == *parking {
            return Err(ParkingError::ToItself);
        }
        if url.as_str().ends_with(QueueType::Fifo.suffix()) != self.is_fifo() {
            return Err(ParkingError::OtherKind);
        }
        Ok(url)
    }
}

/// Selection of parked messages.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only messages that were parked for this reason.
    pub reason: Option<Reason>,
    /// Only events of this type.
    pub event_type: Option<String>,
    /// At most this many messages. A slice counts as one.
    pub limit: Option<usize>,
}

/// Error of a whole command.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    /// The receiver would not start with these settings.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A call to SQS failed.
    #[error("the parking queue: {0}")]
    Aws(#[from] AwsError),
    /// No message has an id with this beginning.
    #[error("no visible message has an id that begins with `{0}`: `prelude parked list` shows the ids")]
    NoMessage(String),
    /// No visible message has an id with this beginning, but another reader holds messages.
    #[error(
        "no visible message has an id that begins with `{0}`, and another reader holds about {1} now: run it again later"
    )]
    Held(String, String),
    /// Several messages have an id with this beginning.
    #[error("{1} have an id that begins with `{0}`: expected more characters of the id")]
    Ambiguous(String, String),
    /// A file of saved messages cannot be read or written.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// `--to` names the parking queue.
    #[error("--to names the parking queue itself: expected another queue")]
    ToItself,
    /// `--to` names a FIFO queue and the receiver has standard ones, or the reverse.
    #[error("--to names a queue of the wrong type: expected standard or FIFO, like the receiver's queues")]
    OtherKind,
}

impl ParkingError {
    fn no_message(message_id: &str, in_flight: usize) -> Self {
        match in_flight {
            0 => Self::NoMessage(message_id.to_owned()),
            count => Self::Held(message_id.to_owned(), counted(count, "message")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parking(queue_type: &str) -> Parking {
        let settings = Environment::of_variables(
            [
                ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-"),
                ("PRELUDE_QUEUE_TYPE", queue_type),
                ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"t"}]"#),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        Parking::of(&settings, Some("http://127.0.0.1:1"), None).await.unwrap()
    }

    #[tokio::test]
    async fn a_queue_is_named_by_slug_name_or_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-users";
        let standard = parking("standard").await;
        for name in ["users", "prelude-users", url] {
            assert_eq!(standard.queue_named(name).unwrap().as_str(), url, "{name}");
        }
        let fifo = parking("fifo").await;
        for name in ["users", "users.fifo", "prelude-users.fifo", "prelude-users"] {
            assert_eq!(fifo.queue_named(name).unwrap().as_str(), format!("{url}.fifo"), "{name}");
        }
        assert!(matches!(standard.queue_named("unrouted"), Err(ParkingError::ToItself)));
        assert!(matches!(fifo.queue_named("prelude-unrouted.fifo"), Err(ParkingError::ToItself)));
        assert!(matches!(fifo.queue_named(url), Err(ParkingError::OtherKind)));
        assert!(matches!(standard.queue_named("users.fifo"), Err(ParkingError::OtherKind)));
    }
}
