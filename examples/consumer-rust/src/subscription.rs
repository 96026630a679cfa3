//! Who is subscribed: the last STOP or START of each user, in the order of events. Messages arrive in any order.

use prelude_consumer::RecordError;
use prelude_events::{Envelope, payload::subscription};

use crate::time;

/// STOP or START of a user.
pub struct Change {
    pub id: String,
    pub is_subscribed: bool,
    /// The time as sent.
    pub as_of: String,
    /// The same in nanoseconds since 1970.
    pub as_of_nanos: i128,
}

impl Change {
    pub fn of(
        keyword: &subscription::Change,
        is_subscribed: bool,
        envelope: &Envelope,
    ) -> Result<Self, RecordError> {
        let (Some(to), Some(from)) = (&keyword.to, &keyword.from) else {
            return Err(RecordError::new("a number is missing: expected `from` and `to`"));
        };
        let (as_of, as_of_nanos) =
            time::first_readable([keyword.received_at.as_ref(), envelope.created_at.as_ref()])?;
        let id = format!("subscription#{}#{}", to.expose(), from.expose());
        Ok(Self { id, is_subscribed, as_of: as_of.to_string(), as_of_nanos })
    }
}

#[cfg(test)]
mod tests {
    use prelude_events::{Event, Received};

    use super::*;

    fn change(members: &str) -> Result<Change, RecordError> {
        let body = format!(r#"{{"type":"marketing.subscription.stop",{members}}}"#);
        let received = Received::parse(body).unwrap();
        let Event::MarketingSubscriptionStop(keyword) = &received.event else { panic!("another type") };
        Change::of(keyword, false, &received.envelope)
    }

    #[test]
    fn the_time_of_the_event_replaces_one_that_cannot_be_read() {
        for received_at in ["null", "\"\"", "\"yesterday\""] {
            let members = format!(
                r#""created_at":"2025-10-24T08:59:10Z","payload":{{"from":"+1","to":36184,"received_at":{received_at}}}"#
            );
            let change = change(&members).unwrap();
            assert_eq!((&*change.id, &*change.as_of), ("subscription#36184#+1", "2025-10-24T08:59:10Z"));
            assert_eq!(change.as_of_nanos, 1_761_296_350_000_000_000);
        }
    }

    #[test]
    fn an_incomplete_change_fails() {
        for members in [
            r#""payload":{"from":"+1","to":"36184"}"#,
            r#""created_at":"2025-10-24T08:59:10Z","payload":{"from":"+1"}"#,
            r#""created_at":"2025-10-24T08:59:10Z","payload":{"to":"36184"}"#,
        ] {
            let error = change(members).err().unwrap().to_string();
            assert!(error.contains("expected") && !error.contains("36184"), "{error}");
        }
    }
}
