//! Result of a search for the messages of one request.

use serde::Serialize;

use super::{peek::Placed, post::Sent};

/// Search for the messages of an accepted request.
#[derive(Debug, Clone, Serialize)]
pub struct Search {
    /// Address of the SQS, whose queues were all looked at.
    pub searched: String,
    /// Number of events whose message was not seen.
    pub not_seen: usize,
    /// Other messages were parked meanwhile. They can hold the events in another form: in slices, in parts, or encoded.
    pub others_parked: bool,
    /// Name of the queue that these events usually go to, if it is the same for all.
    #[serde(skip)]
    pub(super) usual_queue: Option<String>,
}

/// Messages that a search found.
pub(super) struct Found {
    /// Messages in the order of their events.
    pub(super) placed: Vec<Placed>,
    /// Events without a message.
    pub(super) not_seen: Vec<Sent>,
    /// Other messages were parked meanwhile.
    pub(super) has_others_parked: bool,
}

impl Found {
    /// Result for the SQS at this address.
    pub(super) fn search(&self, endpoint: &str) -> Search {
        Search {
            searched: endpoint.to_owned(),
            not_seen: self.not_seen.len(),
            others_parked: self.has_others_parked,
            usual_queue: self.usual_queue(),
        }
    }

    fn usual_queue(&self) -> Option<String> {
        let mut queues = self.not_seen.iter().map(Sent::usual_queue);
        let first = queues.next()??;
        queues.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use prelude_events::EventType;

    use super::*;

    #[test]
    fn the_usual_queue_is_named_if_it_is_the_same_for_all() {
        use EventType::{UserCreated, UserDeleted};
        let created = Some("prelude-webhooks-user-created");
        for (types, queue) in [
            (&[Some(UserCreated), Some(UserCreated)][..], created),
            (&[Some(UserCreated), Some(UserDeleted)], None),
            (&[Some(UserCreated), None], None),
            (&[None, Some(UserCreated)], None),
            (&[], None),
        ] {
            let sent =
                |event_type: &Option<EventType>| Sent { event_type: event_type.clone(), raw: String::new() };
            let not_seen: Vec<_> = types.iter().map(sent).collect();
            let found = Found { placed: Vec::new(), not_seen, has_others_parked: false };
            let search = found.search("http://127.0.0.1:9324");
            assert_eq!((search.not_seen, search.usual_queue.as_deref()), (types.len(), queue), "{types:?}");
        }
    }
}
