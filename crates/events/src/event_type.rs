//! The event types, in one table from which everything that depends on the list is derived.

use crate::{Source, open_enum::open_enum};

/// The only list of event types. Each line reads
/// `Variant => Source, "wire name", "queue slug", payload type, sample's provenance, "meaning";`
/// and the macro named by the caller receives all of them: [`EventType`] is one such caller,
/// [`Event`](crate::Event) and the samples are the others.
macro_rules! event_types {
    ($callback:ident) => {
        $callback! {
            V1Authentication => VerifyV1, "authentication", "v1-authentication",
                verify_v1::Authentication, documented,
                "An authentication was created (deprecated Verify V1).";
            V1Attempt => VerifyV1, "attempt", "v1-attempt",
                verify_v1::Attempt, documented, "A message was sent to the user (deprecated Verify V1).";
            V1DeliveryStatus => VerifyV1, "delivery_status", "v1-delivery-status",
                verify_v1::DeliveryReport, documented,
                "The carrier reported a delivery status (deprecated Verify V1).";

            VerifyAuthentication => Verify, "verify.authentication", "verify-authentication",
                verify::Authentication, documented, "A verification was created and billed.";
            VerifyAttempt => Verify, "verify.attempt", "verify-attempt",
                verify::Attempt, documented, "A verification attempt was sent to the user.";
            VerifyDeliveryStatus => Verify, "verify.delivery_status", "verify-delivery-status",
                verify::DeliveryReport, documented, "The carrier reported the delivery status of an attempt.";

            TransactionalMessageCreated => Notify,
                "transactional.message.created", "transactional-message-created",
                notify::Created, documented, "A message was created and accepted.";
            TransactionalMessageSubmitted => Notify,
                "transactional.message.submitted", "transactional-message-submitted",
                notify::Submitted, documented, "A message was handed to the provider.";
            TransactionalMessagePendingDelivery => Notify,
                "transactional.message.pending_delivery", "transactional-message-pending-delivery",
                notify::Delivery, documented, "A message is pending delivery.";
            TransactionalMessageDelivered => Notify,
                "transactional.message.delivered", "transactional-message-delivered",
                notify::Delivery, built, "A message was delivered.";
            TransactionalMessageFailed => Notify,
                "transactional.message.failed", "transactional-message-failed",
                notify::Delivery, documented,
                "The delivery of a message failed; status and reason say how. Prelude may still try again.";
            TransactionalMessageUnknown => Notify,
                "transactional.message.unknown", "transactional-message-unknown",
                notify::Delivery, built, "The delivery of a message cannot be determined.";
            MarketingSubscriptionStop => Notify, "marketing.subscription.stop", "marketing-subscription-stop",
                subscription::Change, documented, "A user opted out by the STOP keyword.";
            MarketingSubscriptionStart => Notify,
                "marketing.subscription.start", "marketing-subscription-start",
                subscription::Change, built, "A user opted back in by the START keyword.";
            MarketingSubscriptionHelp => Notify, "marketing.subscription.help", "marketing-subscription-help",
                subscription::Change, built, "A user asked for help by the HELP keyword.";
            MarketingSubscriptionCarrierDisconnect => Notify,
                "marketing.subscription.carrier_disconnect", "marketing-subscription-carrier-disconnect",
                subscription::Change, built,
                "The carrier reported a number as disconnected; it was unsubscribed automatically.";
            InboundMessageReceived => Notify, "inbound.message.received", "inbound-message-received",
                inbound::Message, built, "A user sent a message to your WhatsApp Business number.";

            UserCreated => Session, "user.created", "user-created",
                session::UserCreated, built, "A user was created, from the frontend or the management API.";
            UserDeleted => Session, "user.deleted", "user-deleted",
                session::UserDeleted, built, "A user was deleted.";
            UserProfileUpdated => Session, "user.profile.updated", "user-profile-updated",
                session::UserProfileUpdated, built, "A user's profile was updated.";
            UserIdentifierCreated => Session, "user.identifier.created", "user-identifier-created",
                session::UserIdentifierCreated, built, "An identifier was added to a user.";
            UserIdentifierDeleted => Session, "user.identifier.deleted", "user-identifier-deleted",
                session::UserIdentifierDeleted, built, "An identifier of a user was deleted.";
            UserSessionCreated => Session, "user.session.created", "user-session-created",
                session::UserSessionCreated, built, "A user's session was created.";
            UserSessionRevoked => Session, "user.session.revoked", "user-session-revoked",
                session::UserSessionRevoked, built, "A user's session was revoked.";
            UserPasskeyRegistered => Session, "user.passkey.registered", "user-passkey-registered",
                session::UserPasskeyRegistered, built, "A user registered a passkey.";
            UserPasskeyDeleted => Session, "user.passkey.deleted", "user-passkey-deleted",
                session::UserPasskeyDeleted, built, "A user's passkey was deleted.";
            UserPasskeyAssertionFailed => Session,
                "user.passkey.assertion_failed", "user-passkey-assertion-failed",
                session::UserPasskeyAssertionFailed, built, "A passkey assertion failed.";
            MigrationHookFailed => Session, "migration.hook_failed", "migration-hook-failed",
                session::MigrationHookFailed, built, "A call of your migration hook could not be completed.";
            StepUpHookFailed => Session, "step_up.hook_failed", "step-up-hook-failed",
                session::StepUpHookFailed, built,
                "A call of your step-up delegation hook could not be completed.";
        }
    };
}
pub(crate) use event_types;

macro_rules! define_event_type {
    ($(
        $variant:ident => $source:ident, $wire:literal, $slug:literal,
        $payload:ty, $provenance:ident, $meaning:literal;
    )+) => {
        open_enum! {
            /// What happened, by the name that Prelude gives it on the wire.
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
            /// The product that sends this type; `None` for an unknown type.
            pub fn source(&self) -> Option<Source> {
                match self {
                    $( Self::$variant => Some(Source::$source), )+
                    Self::Unknown(_) => None,
                }
            }

            /// The end of the name of this type's queue, e.g. `verify-attempt`; `None` for an unknown type.
            ///
            /// It is the wire name with `-` for `.` and `_`; those of Verify V1, which are bare words, get
            /// the prefix `v1-`.
            pub fn queue_slug(&self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some($slug), )+
                    Self::Unknown(_) => None,
                }
            }

            /// One sentence that says what happened; `None` for an unknown type.
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
        assert_eq!(EventType::ALL.len(), 29);
        let names: BTreeSet<_> = EventType::ALL.iter().map(EventType::as_str).collect();
        assert_eq!(names.len(), 29);
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
        for (source, count) in
            [(Source::VerifyV1, 3), (Source::Verify, 3), (Source::Notify, 11), (Source::Session, 12)]
        {
            assert_eq!(
                EventType::ALL.iter().filter(|t| t.source() == Some(source)).count(),
                count,
                "{source}"
            );
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
