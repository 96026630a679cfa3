//! One arm for each type of event that the function handles.

use prelude_consumer::{Message, RecordError};
use prelude_events::{Envelope, Event};

use crate::{authentication::Authentication, cost::Charge, data_table::DataTable, subscription::Change};

pub struct Jobs {
    pub table: DataTable,
}

impl Jobs {
    /// Handles one event. May run twice for it, because no table covers a crash after its effect. Therefore the effects are
    /// idempotent, too.
    pub async fn handle(&self, message: Message) -> Result<(), RecordError> {
        let envelope = &message.received.envelope;
        let authentication = Authentication::of(&message.record)?;
        match &message.received.event {
            // Applied unsigned, too, because it only protects the user.
            Event::MarketingSubscriptionStop(keyword) => {
                self.table.apply(&Change::of(keyword, false, envelope)?).await
            }
            Event::MarketingSubscriptionStart(keyword) => {
                if authentication != Authentication::Signature {
                    return Err(RecordError::new("START is unsigned: expected the authentication signature"));
                }
                self.table.apply(&Change::of(keyword, true, envelope)?).await
            }
            event => match Charge::of(event, envelope, authentication)? {
                Some(charge) => self.table.add(&charge).await,
                None => {
                    ignored(envelope);
                    Ok(())
                }
            },
        }
    }
}

/// Logs an event without work for this function. Newer types come here, too.
fn ignored(envelope: &Envelope) {
    tracing::info!(event_type = envelope.event_type.as_str(), event_id = envelope.id, "event ignored");
}

#[cfg(test)]
mod tests;
