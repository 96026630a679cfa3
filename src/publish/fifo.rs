//! Deduplication id and group id of messages in FIFO queues.

use prelude_events::{EventType, Source};
use sha2::{Digest, Sha256};

use crate::{
    event::{Destination, Event},
    json::{Member, Members},
    secret::hex,
};

/// `MessageDeduplicationId` and `MessageGroupId` of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FifoIds {
    /// Deduplication id. Different events have different ones, even if their event ids are equal.
    pub deduplication_id: Box<str>,
    /// Group id. Events about the same user, verification, message or phone number have the same one.
    pub group_id: Box<str>,
}

impl FifoIds {
    pub(super) fn of(event: &Event, source: Option<Source>, app_id: Option<&str>, part: &str) -> Self {
        let event_type = event.type_name.as_deref().unwrap_or_default();
        let source = source.map_or("", Source::as_str);
        let mut deduplication = Sha256::new();
        for field in [source, app_id.unwrap_or_default(), event_type, &event.event_id, part] {
            // Lengths come first, so that two lists of fields never hash the same text.
            deduplication.update(field.len().to_be_bytes());
            deduplication.update(field);
        }
        deduplication.update(&event.raw);
        let (kind, entity) = entity(event).unwrap_or(("event", event.event_id.to_string()));
        let mut group = Sha256::new();
        // Users of two apps are two entities, even with the same id.
        for field in [app_id.unwrap_or_default(), kind, &entity] {
            group.update(field.len().to_be_bytes());
            group.update(field);
        }
        Self {
            deduplication_id: hex(&deduplication.finalize()).into(),
            group_id: hex(&group.finalize()).into(),
        }
    }
}

/// Entity of the event: the first of user, verification, message, phone number that it names.
fn entity(event: &Event) -> Option<(&'static str, String)> {
    let members = Members::of(std::str::from_utf8(&event.raw).ok()?)?;
    let payload = members.payload.object().or_else(|| members.data.object()).unwrap_or(members);
    // Only this type's payload id is the message's. In other types it belongs to a status or an attempt.
    let created = matches!(&event.destination, Destination::Route(EventType::TransactionalMessageCreated));
    let candidates = [
        ("user", payload.user_id),
        ("verification", payload.verification_id),
        ("verification", payload.auth_uuid),
        ("message", payload.message_id),
        ("message", if created { payload.id } else { Member::Absent }),
        ("phone", payload.from),
        ("phone", payload.recipient_phone_number),
    ];
    candidates.into_iter().find_map(|(kind, member)| Some((kind, member.text()?.into_owned())))
}
