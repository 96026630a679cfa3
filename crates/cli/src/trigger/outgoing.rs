//! What is sent as if by Prelude: a sample that is another event each time, signed, and wrong where it is to be.

mod fresh;
mod json;
mod tamper;

use std::time::SystemTime;

use prelude_events::{EventType, samples};

pub use self::{
    fresh::event_id,
    json::Json,
    tamper::{Tamper, flipped},
};
use crate::trigger::sign::{SaltLength, SignError, header_value};
use prelude_local::prelude::{PreludeKey, samples::Keys};

/// A type's sample as it is documented; none for a type without one.
pub fn sample(event_type: &EventType) -> Option<Json> {
    Json::parse(samples::sample(event_type)?).ok()
}

/// A type's sample with new ids and times: another event each time.
pub fn fresh_sample(event_type: &EventType) -> Option<Json> {
    let mut event = sample(event_type)?;
    fresh::renew(&mut event, SystemTime::now());
    Some(event)
}

/// A request's body and the value of its signature header.
pub struct Outgoing {
    /// What is posted.
    pub body: Vec<u8>,
    /// Absent where there is no such header.
    pub signature: Option<String>,
}

impl Outgoing {
    /// Signs a body by this key, unless it is `never_signed`, and makes wrong what is to be.
    ///
    /// Verify V1 has no signatures to tamper with: it gets the key's, which the receiver takes as well.
    ///
    /// # Errors
    /// The key can not sign.
    pub fn new(
        body: Vec<u8>,
        key: &PreludeKey,
        never_signed: bool,
        tamper: Tamper,
    ) -> Result<Self, SignError> {
        let sign = |key: &PreludeKey, salt| header_value(&body, key, salt).map(Some);
        let signature = match tamper {
            Tamper::Unsigned => None,
            Tamper::None | Tamper::Address if never_signed => None,
            Tamper::None | Tamper::Address | Tamper::Body => sign(key, SaltLength::Digest)?,
            Tamper::Salt => sign(key, SaltLength::Longest)?,
            Tamper::Key => sign(&Keys::read()?.other, SaltLength::Digest)?,
            Tamper::Signature => {
                sign(key, SaltLength::Digest)?.map(|header| flipped(&header, header.len() / 2))
            }
        };
        let body = if tamper == Tamper::Body { tamper::altered(&body) } else { body };
        Ok(Self { body, signature })
    }
}
