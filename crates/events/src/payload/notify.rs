//! Messages sent by the Notify API (formerly "Transactional").
//!
//! Sources: <https://docs.prelude.so/notify/v2/documentation/webhook>,
//! <https://docs.prelude.so/transactional/v2/documentation/webhook>.
//!
//! A `failed` is not final: Prelude tries again until the message expires, so a `delivered` may follow.

use super::{Channel, Price, payload};
use crate::{Personal, RawJson, Timestamp, open_enum::open_enum};

payload! {
    /// `transactional.message.created`: a message was created and accepted.
    Created {
        /// The message, `tx_…`.
        id: String,
        /// The recipient's number.
        to: Personal<String>,
        /// The time at which the message was created.
        created_at: Timestamp,
        /// The time at which Prelude stops trying to deliver the message.
        expires_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// The values for the template: an object of strings, kept as received.
        variables: RawJson,
        /// The fee of the message.
        fee: Price,
        /// The template, `template_…`. Newer than the other members.
        template_id: String,
        /// Your own identifier.
        correlation_id: String,
    }

    /// `transactional.message.submitted`: a message was handed to the provider.
    Submitted {
        /// The message, `tx_…`.
        message_id: String,
        /// The attempt, `att_…`.
        attempt_id: String,
        /// The time at which the message was submitted.
        created_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// The purpose of the message, e.g. `transactional`.
        #[serde(rename = "type")]
        message_type: String,
        /// The channel of the message.
        channel: Channel,
        /// The template, `template_…`.
        template_id: String,
        /// Your own identifier.
        correlation_id: String,
    }

    /// `transactional.message.pending_delivery`, `.delivered`, `.failed` and `.unknown`: the state
    /// of a delivery.
    ///
    /// Prelude documents `pending_delivery` and `failed`. The other two are assumed to have the same members.
    Delivery {
        /// The report, `dls_…`.
        id: String,
        /// The message, `tx_…`.
        message_id: String,
        /// The time of the report.
        created_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// The price of the message.
        price: Price,
        /// The state of the delivery.
        status: MessageStatus,
        /// The reason of the failure. The page announces it, but its example lacks it.
        reason: FailureReason,
        /// Mobile country code; digits with leading zeros.
        mcc: String,
        /// Mobile network code; digits with leading zeros.
        mnc: String,
        /// The number of parts of the text.
        segment_count: u64,
        /// Your own identifier.
        correlation_id: String,
    }
}

open_enum! {
    /// The state of a message's delivery.
    MessageStatus {
        /// The message is on its way.
        Pending => "pending",
        /// The message was delivered.
        Delivered => "delivered",
        /// The message was not delivered; see the reason.
        Failed => "failed",
        /// The message expired before it was delivered.
        Expired => "expired",
        /// The status cannot be determined.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}

open_enum! {
    /// The reason why a message was not delivered.
    FailureReason {
        /// The recipient is temporarily unavailable, e.g. without a cell network.
        Unavailable => "unavailable",
        /// The carrier gave no details.
        Generic => "generic",
        /// The recipient's carrier network is temporarily unreachable.
        Network => "network",
        /// The number is not that of an active line.
        UnknownRecipient => "unknown_recipient",
        /// Your balance is too low for an attempt.
        InsufficientBalance => "insufficient_balance",
        /// The recipient's carrier blocked the message, e.g. because of its content or a missing registration.
        CarrierRejected => "carrier_rejected",
        /// The reason cannot be determined.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}
