//! The table of event types. Every other list of event types is derived from it.

use crate::{Source, open_enum::open_enum};

/// The only list of event types. A row reads
/// `Variant => Source, "wire name", "queue slug", payload type, sample's provenance "page", "meaning";`.
/// The page, below `https://docs.prelude.so/`, documents the type. Its example is the sample if the provenance is
/// `documented`; the sample is made of its members if the provenance is `built`.
///
/// The macro that the caller names receives every row. [`EventType`], [`Event`](crate::Event), the samples and the
/// schemas are such callers. `cargo prelude samples` and `cargo prelude clients` write everything outside this crate.
///
/// A new type needs its row, its payload type, and its sample in `samples/`.
macro_rules! event_types {
    ($callback:ident) => {
        $callback! {
            V1Authentication => VerifyV1, "authentication", "v1-authentication",
                verify_v1::Authentication, documented "verify/v1/documentation/webhook",
                "An authentication was created (deprecated Verify V1).";
            V1Attempt => VerifyV1, "attempt", "v1-attempt",
                verify_v1::Attempt, documented "verify/v1/documentation/webhook",
                "A message was sent to the user (deprecated Verify V1).";
            V1DeliveryStatus => VerifyV1, "delivery_status", "v1-delivery-status",
                verify_v1::DeliveryReport, documented "verify/v1/documentation/webhook",
                "The carrier reported a delivery status (deprecated Verify V1).";

            VerifyAuthentication => Verify, "verify.authentication", "verify-authentication",
                verify::Authentication, documented "verify/v2/documentation/webhook",
                "A verification was created and billed.";
            VerifyAttempt => Verify, "verify.attempt", "verify-attempt",
                verify::Attempt, documented "verify/v2/documentation/webhook",
                "A verification attempt was sent to the user.";
            VerifyDeliveryStatus => Verify, "verify.delivery_status", "verify-delivery-status",
                verify::DeliveryReport, documented "verify/v2/documentation/webhook",
                "The carrier reported the delivery status of an attempt.";

            TransactionalMessageCreated => Notify,
                "transactional.message.created", "transactional-message-created",
                notify::Created, documented "transactional/v2/documentation/webhook",
                "A message was created and accepted.";
            TransactionalMessageSubmitted => Notify,
                "transactional.message.submitted", "transactional-message-submitted",
                notify::Submitted, documented "notify/v2/documentation/webhook",
                "A message was handed to the provider.";
            TransactionalMessagePendingDelivery => Notify,
                "transactional.message.pending_delivery", "transactional-message-pending-delivery",
                notify::Delivery, documented "notify/v2/documentation/webhook",
                "A message is pending delivery.";
            TransactionalMessageDelivered => Notify,
                "transactional.message.delivered", "transactional-message-delivered",
                notify::Delivery, built "notify/v2/documentation/webhook",
                "A message was delivered.";
            TransactionalMessageFailed => Notify,
                "transactional.message.failed", "transactional-message-failed",
                notify::Delivery, documented "notify/v2/documentation/webhook",
                "The delivery of a message failed; status and reason say how. Prelude may still try again.";
            TransactionalMessageUnknown => Notify,
                "transactional.message.unknown", "transactional-message-unknown",
                notify::Delivery, built "notify/v2/documentation/webhook",
                "The delivery of a message cannot be determined.";
            MarketingSubscriptionStop => Notify, "marketing.subscription.stop", "marketing-subscription-stop",
                subscription::Change, documented "notify/v2/documentation/subscription-management",
                "A user opted out by the STOP keyword.";
            MarketingSubscriptionStart => Notify,
                "marketing.subscription.start", "marketing-subscription-start",
                subscription::Change, built "notify/v2/documentation/subscription-management",
                "A user opted back in by the START keyword.";
            MarketingSubscriptionHelp => Notify, "marketing.subscription.help", "marketing-subscription-help",
                subscription::Change, built "notify/v2/documentation/subscription-management",
                "A user asked for help by the HELP keyword.";
            MarketingSubscriptionCarrierDisconnect => Notify,
                "marketing.subscription.carrier_disconnect", "marketing-subscription-carrier-disconnect",
                subscription::Change, built "notify/v2/documentation/subscription-management",
                "The carrier reported a number as disconnected; it was unsubscribed automatically.";
            InboundMessageReceived => Notify, "inbound.message.received", "inbound-message-received",
                inbound::Message, built "notify/v2/documentation/whatsapp",
                "A user sent a message to your WhatsApp Business number.";

            UserCreated => Session, "user.created", "user-created",
                session::UserCreated, built "session/documentation/webhooks/events/user-created",
                "A user was created, from the frontend or the management API.";
            UserDeleted => Session, "user.deleted", "user-deleted",
                session::UserDeleted, built "session/documentation/webhooks/events/user-deleted",
                "A user was deleted.";
            UserProfileUpdated => Session, "user.profile.updated", "user-profile-updated",
                session::UserProfileUpdated,
                built "session/documentation/webhooks/events/user-profile-updated",
                "A user's profile was updated.";
            UserIdentifierCreated => Session, "user.identifier.created", "user-identifier-created",
                session::UserIdentifierCreated,
                built "session/documentation/webhooks/events/user-identifier-created",
                "An identifier was added to a user.";
            UserIdentifierDeleted => Session, "user.identifier.deleted", "user-identifier-deleted",
                session::UserIdentifierDeleted,
                built "session/documentation/webhooks/events/user-identifier-deleted",
                "An identifier of a user was deleted.";
            UserSessionCreated => Session, "user.session.created", "user-session-created",
                session::UserSessionCreated,
                built "session/documentation/webhooks/events/user-session-created",
                "A user's session was created.";
            UserSessionRevoked => Session, "user.session.revoked", "user-session-revoked",
                session::UserSessionRevoked,
                built "session/documentation/webhooks/events/user-session-revoked",
                "A user's session was revoked.";
            UserPasskeyRegistered => Session, "user.passkey.registered", "user-passkey-registered",
                session::UserPasskeyRegistered,
                built "auth/documentation/webhooks/events/user-passkey-registered",
                "A user registered a passkey.";
            UserPasskeyDeleted => Session, "user.passkey.deleted", "user-passkey-deleted",
                session::UserPasskeyDeleted, built "auth/documentation/webhooks/events/user-passkey-deleted",
                "A user's passkey was deleted.";
            UserPasskeyAssertionFailed => Session,
                "user.passkey.assertion_failed", "user-passkey-assertion-failed",
                session::UserPasskeyAssertionFailed,
                built "auth/documentation/webhooks/events/user-passkey-assertion-failed",
                "A passkey assertion failed.";
            MigrationHookFailed => Session, "migration.hook_failed", "migration-hook-failed",
                session::MigrationHookFailed,
                built "auth/documentation/webhooks/events/migration-hook-failed",
                "A call of your migration hook could not be completed.";
            StepUpHookFailed => Session, "step_up.hook_failed", "step-up-hook-failed",
                session::StepUpHookFailed, built "auth/documentation/webhooks/events/step-up-hook-failed",
                "A call of your step-up delegation hook could not be completed.";
        }
    };
}
pub(crate) use event_types;

macro_rules! define_event_type {
    ($(
        $variant:ident => $source:ident, $wire:literal, $slug:literal,
        $payload:ty, $provenance:ident $page:literal, $meaning:literal;
    )+) => {
        open_enum! {
            /// The type of an event, by its name in the JSON.
            ///
            /// ```
            /// use prelude_events::{EventType, Source};
            ///
            /// let event_type = EventType::from("verify.delivery_status");
            /// assert_eq!(event_type, EventType::VerifyDeliveryStatus);
            /// assert_eq!(event_type.source(), Some(Source::Verify));
            /// assert_eq!(event_type.queue_slug(), Some("verify-delivery-status"));
            ///
            /// let newer = EventType::from("verify.something_new");
            /// assert_eq!(newer.as_str(), "verify.something_new");
            /// assert_eq!(newer.source(), None);
            /// ```
            EventType {
                $( #[doc = $meaning] $variant => $wire, )+
            }
        }

        impl EventType {
            /// The source that sends this type; `None` for an unknown type.
            pub fn source(&self) -> Option<Source> {
                match self {
                    $( Self::$variant => Some(Source::$source), )+
                    Self::Unknown(_) => None,
                }
            }

            /// The end of the name of this type's queue, e.g. `verify-attempt`; `None` for an unknown type.
            ///
            /// The slug is the name of the type with `-` for `.` and `_`. The types of Verify V1 are bare words, so
            /// their slugs have the prefix `v1-`.
            pub fn queue_slug(&self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some($slug), )+
                    Self::Unknown(_) => None,
                }
            }

            /// One sentence about the event; `None` for an unknown type.
            pub fn meaning(&self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some($meaning), )+
                    Self::Unknown(_) => None,
                }
            }
        }
    };
}
event_types! { define_event_type }

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_holds_every_type_once() {
        let names: BTreeSet<_> = EventType::ALL.iter().map(EventType::as_str).collect();
        assert_eq!(names.len(), EventType::ALL.len());
    }

    #[test]
    fn slugs_follow_the_rule_and_are_distinct() {
        let mut seen = BTreeSet::new();
        for event_type in EventType::ALL {
            let rule = event_type.as_str().replace(['.', '_'], "-");
            let rule = match event_type.source() {
                Some(Source::VerifyV1) => format!("v1-{rule}"),
                _ => rule,
            };
            assert_eq!(event_type.queue_slug(), Some(rule.as_str()));
            assert!(seen.insert(rule), "{event_type} shares its slug");
        }
    }

    #[test]
    fn every_source_sends_something() {
        for source in Source::ALL {
            assert!(EventType::ALL.iter().any(|known| known.source() == Some(*source)), "{source}");
        }
    }

    #[test]
    fn meanings_are_sentences() {
        for event_type in EventType::ALL {
            assert!(event_type.meaning().unwrap().ends_with('.'), "{event_type}");
        }
        assert_eq!(EventType::from("nobody.knows").meaning(), None);
    }

    #[test]
    fn names_survive_both_directions() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::known(event_type.as_str()).as_ref(), Some(event_type));
            let json = serde_json::to_string(event_type).unwrap();
            assert_eq!(json, format!("\"{event_type}\""));
            assert_eq!(&serde_json::from_str::<EventType>(&json).unwrap(), event_type);
        }
        assert_eq!(EventType::known("verify.Attempt"), None);
        assert_eq!("check".parse(), Ok(EventType::Unknown("check".to_owned())));
    }
}
