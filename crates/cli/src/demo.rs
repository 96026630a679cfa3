//! The demo: every kind of delivery once, through the real receiver, and then a look into the queues.
//!
//! A row of its report is right only if the answer and what lies in the queues are both as they must be. The
//! receiver is reached through one seam, [`Deliver`].

mod check;
mod mail;
mod plan;
pub mod report;
pub mod setup;

use mail::Mail;
use prelude_local::{
    aws::sqs::{EmbeddedSqs, EmbeddedSqsError},
    prelude::{KeyError, LocalPrelude},
    receiver::Deliver,
};
use report::Report;
use setup::Setup;

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
