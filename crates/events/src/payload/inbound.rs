//! Messages that users send to you.
//!
//! Source: <https://docs.prelude.so/notify/v2/documentation/whatsapp>.

use super::{Channel, payload};
use crate::{Personal, Timestamp};

payload! {
    /// `inbound.message.received`: a user sent a message to your WhatsApp Business number.
    ///
    /// The page describes these members without naming them all, so some names here are inferred. Further members
    /// remain in [`Envelope::payload`](crate::Envelope::payload).
    Message {
        /// The inbound message, `im_…`, to which a reply refers.
        id: String,
        /// The channel of the message, currently always WhatsApp.
        channel: Channel,
        /// The user's number, E.164. A reply must go to this number.
        from: Personal<String>,
        /// Your number.
        to: Personal<String>,
        /// The text that the user wrote.
        text: Personal<String>,
        /// The end of the 24 hours in which a reply is allowed.
        expires_at: Timestamp,
    }
}
