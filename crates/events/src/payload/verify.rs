//! Verify V2.
//!
//! Source: <https://docs.prelude.so/verify/v2/documentation/webhook>.
//!
//! Events can come in any order: in the documented example the attempt is created after its own delivery report. Both
//! hold the price of the attempt, so adding the two prices counts it twice.

use super::{Channel, Identifier, Price, payload};
use crate::{Personal, Timestamp, open_enum::open_enum};

payload! {
    /// `verify.authentication`: a verification was created and billed.
    Authentication {
        /// The verification, `vrf_…`.
        verification_id: String,
        /// The metadata that you attached to the verification.
        metadata: Personal<Metadata>,
        /// The fee of the verification.
        price: Price,
        /// The user who is verified.
        target: Identifier,
        /// The time of the event.
        time: Timestamp,
    }

    /// `verify.attempt`: a verification attempt was sent to the user.
    Attempt {
        /// The attempt, `att_…`.
        id: String,
        /// The verification, `vrf_…`.
        verification_id: String,
        /// The progress of the attempt.
        delivery_status: DeliveryStatus,
        /// The home network of the number.
        carrier_information: CarrierInformation,
        /// The channel of the attempt. Newer than the other members, and absent from older examples.
        channel: Channel,
        /// The metadata that you attached to the verification.
        metadata: Personal<Metadata>,
        /// The price of the attempt.
        price: Price,
        /// The user who is verified.
        target: Identifier,
        /// The time of the event.
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
        /// The progress of the attempt.
        status: DeliveryStatus,
        /// The home network of the number.
        carrier_information: CarrierInformation,
        /// The channel of the attempt. Not in the documented example.
        channel: Channel,
        /// The metadata that you attached to the verification.
        metadata: Personal<Metadata>,
        /// The price of the attempt, the same as in its `verify.attempt`.
        price: Price,
        /// The user who is verified.
        target: Identifier,
        /// The time of the event.
        time: Timestamp,
    }

    /// The metadata that you attached to a verification when you created it.
    Metadata {
        /// Your own identifier.
        correlation_id: Personal<String>,
    }

    /// The mobile network of a phone number.
    CarrierInformation {
        /// Mobile country code; digits with leading zeros.
        mcc: String,
        /// Mobile network code; digits with leading zeros.
        mnc: String,
    }
}

open_enum! {
    /// The progress of a message, in order. Events arrive in any order.
    ///
    /// [`follows`](Self::follows) reports whether a status is later.
    /// `silent_started`, `expired`, `silent_verified`, `silent_mismatch` and `read` are words of Prelude's SDKs. No
    /// documented webhook shows them.
    DeliveryStatus {
        /// The message was submitted to the carrier.
        Submitted => "submitted",
        /// The message is in transit to the recipient.
        InTransit => "in_transit",
        /// A silent verification has started.
        SilentStarted => "silent_started",
        /// The message was delivered to the recipient.
        Delivered => "delivered",
        /// The message could not be delivered.
        Undeliverable => "undeliverable",
        /// The message expired before it was delivered.
        Expired => "expired",
        /// A silent verification succeeded.
        SilentVerified => "silent_verified",
        /// A silent verification found another number.
        SilentMismatch => "silent_mismatch",
        /// The recipient read the message. This status comes after `delivered`.
        Read => "read",
        /// The status cannot be determined, for lack of information from the carrier or network.
        ///
        /// Not to be confused with `Unknown`, which is a word that this crate does not know.
        Undetermined => "unknown",
    }
}

impl DeliveryStatus {
    /// Tells whether a report with this status moves a message forward that had the status `earlier`.
    ///
    /// Of two final statuses, neither follows the other, e.g. `delivered` and `undeliverable`: compare their times.
    /// `unknown` and the words that this version does not know follow nothing, and every other status follows them.
    ///
    /// ```
    /// use prelude_events::payload::verify::DeliveryStatus;
    ///
    /// assert!(DeliveryStatus::Read.follows(&DeliveryStatus::Delivered));
    /// assert!(!DeliveryStatus::InTransit.follows(&DeliveryStatus::Delivered));
    /// ```
    pub fn follows(&self, earlier: &Self) -> bool {
        self.stage() > earlier.stage()
    }

    /// `None`, which is the lowest, for a status that says nothing about progress.
    fn stage(&self) -> Option<u8> {
        match self {
            Self::Submitted => Some(0),
            Self::InTransit | Self::SilentStarted => Some(1),
            Self::Delivered
            | Self::Undeliverable
            | Self::Expired
            | Self::SilentVerified
            | Self::SilentMismatch => Some(2),
            Self::Read => Some(3),
            Self::Undetermined | Self::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_follows_only_those_before_it() {
        use DeliveryStatus::{
            Delivered, Expired, InTransit, Read, SilentMismatch, SilentStarted, SilentVerified, Submitted,
            Undeliverable, Undetermined, Unknown,
        };
        let stages: [&[DeliveryStatus]; 5] = [
            &[Undetermined, Unknown("newer".to_owned())],
            &[Submitted],
            &[InTransit, SilentStarted],
            &[Delivered, Undeliverable, Expired, SilentVerified, SilentMismatch],
            &[Read],
        ];
        assert_eq!(stages.concat().len(), DeliveryStatus::ALL.len() + 1);
        for (stage, statuses) in stages.iter().enumerate() {
            for (earlier_stage, earlier) in stages.iter().enumerate() {
                for (status, earlier) in
                    statuses.iter().flat_map(|one| earlier.iter().map(move |other| (one, other)))
                {
                    assert_eq!(status.follows(earlier), stage > earlier_stage, "{status} after {earlier}");
                    // The order of the definition agrees, for all that is known of a message.
                    assert!(stage <= earlier_stage || earlier_stage == 0 || status > earlier);
                }
            }
        }
    }
}
