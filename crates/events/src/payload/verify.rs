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
    /// How far a message has come, in the order of progress. Events arrive in any order: see
    /// [`follows`](Self::follows).
    ///
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
    /// Neither of two final statuses follows the other, e.g. `delivered` and `undeliverable`: compare their times.
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
