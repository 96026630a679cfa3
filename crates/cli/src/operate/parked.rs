//! What lies in the parking queue: looking at it without consuming it, and moving it to where it belongs now.

pub mod letter;
pub mod list;
pub mod mailbox;
pub mod parts;
pub mod replay;
pub mod report;
pub mod show;

use prelude_webhooks::{
    config::Config,
    parking::Reason,
    publish::sqs::SqsSender,
    replay::Replay,
    route::QueueUrl,
    route::{PARKING_SLUG, QueueType},
};

use self::mailbox::{Depth, Mailbox};
use super::aws::{Aws, AwsError};
use crate::environment::{Environment, EnvironmentError};

/// A receiver's parking queue, and the receiver's own way to every other queue.
pub struct Parking {
    /// SQS.
    pub aws: Aws,
    /// Decides where things belong, and sends them there.
    pub replay: Replay<SqsSender>,
}

impl Parking {
    /// Reaches the queues of the receiver with these settings.
    ///
    /// # Errors
    /// The settings can not be used, or SQS can not be reached with them.
    pub async fn of(settings: &Environment, endpoint_url: Option<&str>) -> Result<Self, ParkingError> {
        let Config { routes, .. } = settings.config()?;
        let aws = Aws::connect(settings, routes.parking(), endpoint_url).await?;
        let replay = Replay::new(aws.sender(), routes);
        Ok(Self { aws, replay })
    }

    /// The parking queue's URL.
    pub fn queue_url(&self) -> &QueueUrl {
        self.replay.routes().parking()
    }

    /// The parking queue in numbers.
    ///
    /// # Errors
    /// It is not there, or may not be asked.
    pub async fn depth(&self) -> Result<Depth, ParkingError> {
        Ok(Mailbox::new(&self.aws, self.queue_url(), 0).depth().await?)
    }

    /// Whether the queues keep order.
    pub fn is_fifo(&self) -> bool {
        self.replay.routes().queue_type() == QueueType::Fifo
    }

    /// The URL of a queue that is given by its URL, its name or its slug.
    ///
    /// # Errors
    /// It is the parking queue, or of the other kind.
    pub fn queue_named(&self, queue: &str) -> Result<QueueUrl, ParkingError> {
        let parking = self.queue_url();
        let suffix = self.replay.routes().queue_type().suffix();
        let bare = queue.strip_suffix(suffix).unwrap_or(queue);
        // `…/<prefix>unrouted`, so that what stands before the slug is the prefix.
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

/// What is chosen of all that is parked.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only what was parked for this reason.
    pub reason: Option<Reason>,
    /// Only events of this type.
    pub event_type: Option<String>,
    /// At most this many, parts and slices counted as one each.
    pub limit: Option<usize>,
}

/// Why nothing could be done at all.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    /// The receiver would not start with these settings either.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// SQS can not be used.
    #[error("the parking queue: {0}")]
    Aws(#[from] AwsError),
    /// No message has the id.
    #[error(
        "no message that can be seen now has an id that begins with `{0}`: `prelude parked list` shows the ids"
    )]
    NoMessage(String),
    /// `--to` names the parking queue.
    #[error("--to names the parking queue itself")]
    ToItself,
    /// `--to` names a queue of the other kind.
    #[error("--to names a FIFO queue where the receiver's are standard ones, or the other way round")]
    OtherKind,
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
        Parking::of(&settings, Some("http://127.0.0.1:1")).await.unwrap()
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
