//! The demo: sends every kind of delivery once through the real receiver, and then reads the queues.
//!
//! A row of the report is right only if both the answer and the messages are as expected. [`Deliver`] is the port to
//! the receiver.

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

/// Sends all deliveries, reads all queues, and compares.
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

/// Error that ends the demo early. Faults of the receiver are in the report instead.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A queue could not be read.
    #[error(transparent)]
    Sqs(#[from] EmbeddedSqsError),
    /// A body could not be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The setup names an app that the local Prelude does not have.
    #[error("the local Prelude has no app `{0}`")]
    UnknownApp(String),
    /// The operating system provides no random bytes.
    #[error("the system provides no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

#[cfg(test)]
mod tests;
