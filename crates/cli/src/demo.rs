//! The demo: every kind of delivery once, through the real receiver, and then a look into the queues.
//!
//! A row of its report is right only if the answer and what lies in the queues are both as they must be. The
//! receiver is reached through one seam, [`Deliver`].

mod check;
mod mail;
mod plan;
pub mod setup;
pub mod table;

use std::future::Future;

use serde_json::Value;

use crate::local::{
    prelude::{KeyError, LocalPrelude},
    sqs::{EmbeddedSqs, EmbeddedSqsError},
};
use mail::Mail;
use setup::Setup;
use table::Report;

/// Whoever answers API Gateway events: the receiver, or something that stands in for it.
pub trait Deliver {
    /// Invokes the function with one event and waits for its answer.
    fn deliver(&self, event: Value) -> impl Future<Output = Answer> + Send;
}

/// What the sender sees of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The stable log code of a refusal, which the sender does not see; shown when it is known.
    pub cause: Option<String>,
}

/// Delivers everything, reads all queues back and compares.
pub async fn run(
    setup: &Setup,
    sqs: &EmbeddedSqs,
    prelude: &LocalPrelude,
    receiver: &impl Deliver,
) -> Result<Report, DemoError> {
    let mut answered = Vec::new();
    for delivery in plan::deliveries(setup, prelude)? {
        let answer = receiver.deliver(delivery.event.clone()).await;
        answered.push((delivery, answer));
    }
    let mut mail = Mail::default();
    for queue in setup.queue_names() {
        mail.put(&queue, sqs.drain(&queue).await?);
    }
    let mut rows = Vec::new();
    for (delivery, answer) in &answered {
        rows.extend(delivery.rows.iter().map(|row| check::judge(row, &delivery.expected, answer, &mut mail)));
    }
    rows.extend(mail.left_over().map(|(queue, message)| check::unexpected(queue, &message)));
    Ok(Report { queue_prefix: setup.queue_prefix.clone(), rows })
}

/// The demo could not be played to its end; what the receiver does wrong is in the report instead.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The queues could not be read.
    #[error(transparent)]
    Sqs(#[from] EmbeddedSqsError),
    /// Something could not be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The setup names an app that the local Prelude does not have.
    #[error("the local Prelude has no app `{0}`")]
    UnknownApp(String),
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

#[cfg(test)]
mod tests;
