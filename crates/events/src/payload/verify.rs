//! Verify V2.
//!
//! Source: <https://docs.prelude.so/verify/v2/documentation/webhook>.
//!
//! Order is not promised: in the documented example the attempt is created after its own delivery report. And
//! the price of an attempt stands in both, so adding the two up counts it twice.

use super::{Channel, Identifier, Price, payload};
use crate::{Personal, Timestamp, open_enum::open_enum};

payload! {
    /// `verify.authentication`: a verification was created and billed.
    Authentication {
        /// The verification, `vrf_…`.
        verification_id: String,
        /// What you attached to the verification.
        metadata: Personal<Metadata>,
        /// The fee of the verification.
        price: Price,
        /// Who is verified.
        target: Identifier,
        /// When it happened.
        time: Timestamp,
    }

    /// `verify.attempt`: a verification attempt was sent to the user.
    Attempt {
        /// The attempt, `att_…`.
        id: String,
        /// The verification, `vrf_…`.
        verification_id: String,
        /// How far the attempt has come.
        delivery_status: DeliveryStatus,
        /// Where the number is homed.
        carrier_information: CarrierInformation,
        /// How the attempt was sent. Newer than the rest, and absent from older examples.
        channel: Channel,
        /// What you attached to the verification.
        metadata: Personal<Metadata>,
        /// The price of the attempt.
        price: Price,
        /// Who is verified.
        target: Identifier,
        /// When it happened.
        time: Timestamp,
    }

    /// `verify.delivery_status`: the carrier reported on an attempt.
    DeliveryReport {
        /// The report, `dls_…`.
        id: String,
        /// The attempt, `att_…`.
        attempt_id: String,
        /// The verification, `vrf_…`.
        verification_id: String,
        /// How far the attempt has come.
        status: DeliveryStatus,
        /// Where the number is homed.
        carrier_information: CarrierInformation,
        /// How the attempt was sent. Not in the documented example.
        channel: Channel,
        /// What you attached to the verification.
        metadata: Personal<Metadata>,
        /// The price of the attempt, the same as in its `verify.attempt`.
        price: Price,
        /// Who is verified.
        target: Identifier,
        /// When it happened.
        time: Timestamp,
    }

    /// What you attached to a verification when you created it.
    Metadata {
        /// Your own identifier.
        correlation_id: String,
    }

    /// The mobile network of a phone number.
    CarrierInformation {
        /// Mobile country code; digits, leading zeros count.
        mcc: String,
        /// Mobile network code; digits, leading zeros count.
        mnc: String,
    }
}

open_enum! {
    /// How far a message has come.
    DeliveryStatus {
        /// The message was submitted to the carrier.
        Submitted => "submitted",
        /// The message is in transit to the recipient.
        InTransit => "in_transit",
        /// The message was delivered to the recipient.
        Delivered => "delivered",
        /// The message could not be delivered.
        Undeliverable => "undeliverable",
        /// The status cannot be determined, for lack of information from the carrier or network.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}
