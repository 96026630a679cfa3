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
        /// When the message was created.
        created_at: Timestamp,
        /// When Prelude gives up trying to deliver it.
        expires_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// What was filled into the template: an object of strings, kept as received.
        variables: RawJson,
        /// The fee of the message.
        fee: Price,
        /// The template, `template_…`. Newer than the rest.
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
        /// When it was submitted.
        created_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// What the message is for, e.g. `transactional`.
        #[serde(rename = "type")]
        message_type: String,
        /// How the message was sent.
        channel: Channel,
        /// The template, `template_…`.
        template_id: String,
        /// Your own identifier.
        correlation_id: String,
    }

    /// `transactional.message.pending_delivery`, `.delivered`, `.failed` and `.unknown`: how a delivery
    /// stands.
    ///
    /// Documented are pending and failed; the other two are taken to be alike.
    Delivery {
        /// The report, `dls_…`.
        id: String,
        /// The message, `tx_…`.
        message_id: String,
        /// When it was reported.
        created_at: Timestamp,
        /// Your account, a UUID.
        customer_uuid: String,
        /// The price of the message.
        price: Price,
        /// How the delivery stands.
        status: MessageStatus,
        /// Why it failed. Announced for failed deliveries, yet missing from the documented example.
        reason: FailureReason,
        /// Mobile country code; digits, leading zeros count.
        mcc: String,
        /// Mobile network code; digits, leading zeros count.
        mnc: String,
        /// Into how many parts the text was split.
        segment_count: u64,
        /// Your own identifier.
        correlation_id: String,
    }
}

open_enum! {
    /// How the delivery of a message stands.
    MessageStatus {
        /// On its way.
        Pending => "pending",
        /// Arrived.
        Delivered => "delivered",
        /// Not delivered; the reason says why.
        Failed => "failed",
        /// Not delivered before the message expired.
        Expired => "expired",
        /// The status cannot be determined.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}

open_enum! {
    /// Why a message was not delivered.
    FailureReason {
        /// The recipient is unavailable for the moment, e.g. without a cell network.
        Unavailable => "unavailable",
        /// The carrier gave no details.
        Generic => "generic",
        /// The recipient's carrier network is unreachable for the moment.
        Network => "network",
        /// The number is not that of an active line.
        UnknownRecipient => "unknown_recipient",
        /// Your balance does not suffice for an attempt.
        InsufficientBalance => "insufficient_balance",
        /// The recipient's carrier blocked the message, e.g. for lack of registration or for its content.
        CarrierRejected => "carrier_rejected",
        /// The reason cannot be determined.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}
