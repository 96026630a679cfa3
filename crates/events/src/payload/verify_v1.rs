//! Verify V1 (formerly "Ding"), deprecated: flat events without an envelope, so the payload is the whole
//! event.
//!
//! Source: <https://docs.prelude.so/verify/v1/documentation/webhook>.
//!
//! The documented examples of all three types share one `id`, and several delivery reports share one
//! `attempt_uuid`: neither distinguishes duplicates from new events. The message attributes `source`, `app_id`, `event_type`
//! and `event_id` together do.

pub use super::verify::DeliveryStatus;
use super::{Price, payload};
use crate::{Personal, Timestamp};

payload! {
    /// `authentication`: an authentication was created.
    Authentication {
        /// The event's id, a UUID.
        id: String,
        /// The authentication, a UUID.
        auth_uuid: String,
        /// The user's number.
        recipient_phone_number: Personal<String>,
        /// The fee of the authentication.
        price: Price,
        /// The time of the event, with an offset of `+0000`.
        time: Timestamp,
        /// Your own identifier.
        correlation_id: String,
    }

    /// `attempt`: a message was sent to the user.
    Attempt {
        /// The event's id, a UUID.
        id: String,
        /// The authentication, a UUID.
        auth_uuid: String,
        /// The attempt, a UUID.
        attempt_uuid: String,
        /// The user's number.
        recipient_phone_number: Personal<String>,
        /// The progress of the message.
        delivery_status: DeliveryStatus,
        /// The price of the message.
        price: Price,
        /// The time of the event, with an offset of `+0000`.
        time: Timestamp,
        /// Mobile country code; digits with leading zeros.
        mcc: String,
        /// Mobile network code; digits with leading zeros.
        mnc: String,
        /// Your own identifier.
        correlation_id: String,
    }

    /// `delivery_status`: the carrier reported on an attempt.
    DeliveryReport {
        /// The event's id, a UUID.
        id: String,
        /// The authentication, a UUID.
        auth_uuid: String,
        /// The attempt, a UUID.
        attempt_uuid: String,
        /// The user's number.
        recipient_phone_number: Personal<String>,
        /// The progress of the message.
        delivery_status: DeliveryStatus,
        /// The time of the event, with an offset of `+0000`.
        time: Timestamp,
        /// Mobile country code; digits with leading zeros.
        mcc: String,
        /// Mobile network code; digits with leading zeros.
        mnc: String,
        /// Your own identifier.
        correlation_id: String,
    }
}
