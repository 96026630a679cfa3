//! Subscriptions to marketing messages.
//!
//! Sources: <https://docs.prelude.so/notify/v2/documentation/subscription-management>,
//! <https://docs.prelude.so/notify/v2/documentation/webhook>.

use super::payload;
use crate::{Personal, Timestamp, open_enum::open_enum};

payload! {
    /// `marketing.subscription.stop`, `.start`, `.help` and `.carrier_disconnect`: a subscription changed, or
    /// help was asked for. Prelude has already acted on it.
    ///
    /// Only the number in `to` identifies the campaign. The members of a carrier disconnect are not documented. No user
    /// sends a keyword there, so expect `action` to be absent.
    Change {
        /// The keyword that the user sent.
        action: SubscriptionAction,
        /// The user's number, E.164.
        from: Personal<String>,
        /// Your short code or long code.
        to: Personal<String>,
        /// The time at which the keyword came in.
        received_at: Timestamp,
    }
}

open_enum! {
    /// A keyword that users send.
    SubscriptionAction {
        /// Unsubscribes from marketing messages.
        Stop => "STOP",
        /// Subscribes again.
        Start => "START",
        /// Asks for information, which Prelude sends automatically.
        Help => "HELP",
    }
}
