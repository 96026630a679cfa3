//! Requests in Prelude's name: a sample with new ids and times, signed, and tampered with on request.

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

/// Documented sample of a type; `None` for a type without one.
pub fn sample(event_type: &EventType) -> Option<Json> {
    Json::parse(samples::sample(event_type)?).ok()
}

/// Sample of a type with new ids and times, so that each call makes another event.
pub fn fresh_sample(event_type: &EventType) -> Option<Json> {
    let mut event = sample(event_type)?;
    fresh::renew(&mut event, SystemTime::now());
    Some(event)
}

/// Body and signature header of a request.
pub struct Outgoing {
    /// Body to post.
    pub body: Vec<u8>,
    /// Value of the signature header; `None` without the header.
    pub signature: Option<String>,
}

impl Outgoing {
    /// Signs a body with this key, unless its source is `never_signed`, and tampers with the request.
    ///
    /// Verify V1 has no signature to tamper with, so it gets one by the key, which the receiver also accepts.
    ///
    /// # Errors
    /// The key cannot sign.
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
