//! The third check: the request's authentication. It is a signature, or, for sources that are accepted unsigned, the
//! secret path from a listed address.

pub mod challenge;
mod key_server;
pub mod keys;
pub mod public_key;
pub mod signature;
#[cfg(test)]
pub(crate) mod test_keys;

use bytes::Bytes;
use prelude_events::Source;

pub use self::key_server::{FetchError, FetchKeySet, MAX_KEY_SET, is_key_server, is_loopback};
use self::{
    keys::{Hint, KeyRing},
    public_key::PublicKey,
    signature::{HeaderFault, Trial, Unverified, Verified},
};
use crate::{
    endpoint::PathProof,
    gate::Caller,
    inbound::{Body, Inbound},
    rejection::Rejection,
};

/// An authentic delivery.
#[derive(Debug)]
pub enum Delivery {
    /// A configured key signed these bytes.
    Signed(Verified),
    /// The caller knows the secret path and calls from a listed address, without a signature.
    Unsigned(Vouched),
}

/// An unsigned body that came through the secret path from a listed address. Only [`Authenticator::authenticate`]
/// makes one.
pub struct Vouched {
    body: Bytes,
    sources: Vec<Source>,
}

impl Vouched {
    /// The exact bytes that were received.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Reports whether unsigned events of this source are accepted.
    #[must_use]
    pub fn covers(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }
}

impl std::fmt::Debug for Vouched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vouched").field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// Step of checking a signature, as [`Authenticator::authenticate`] reports it.
#[derive(Debug)]
pub enum SignatureStep<'a> {
    /// The signature header was read. A request without one has no such step.
    Header(Result<&'a Unverified, HeaderFault>),
    /// A key was tried.
    Key(&'a PublicKey, Trial),
}

/// Decides whether a delivery is authentic.
pub struct Authenticator<F> {
    /// The configured keys.
    pub keys: KeyRing<F>,
    /// Sources whose events are accepted without a signature. The configuration demands a path token and an address
    /// check for them.
    pub accept_unsigned: Vec<Source>,
}

impl<F: FetchKeySet> Authenticator<F> {
    /// Verifies the signature, or vouches for an unsigned body by its caller and path. Reports each step.
    ///
    /// A signature header that is present, even an empty one, must verify.
    ///
    /// # Errors
    /// Reason of the refusal.
    pub async fn authenticate(
        &self,
        inbound: Inbound,
        caller: &Caller,
        path: PathProof,
        mut report: impl FnMut(SignatureStep<'_>),
    ) -> Result<Delivery, Rejection> {
        let Inbound { headers, body, .. } = inbound;
        let unverified = match headers.single(SIGNATURE) {
            Ok(None) => return self.vouch(body, caller, path).map(Delivery::Unsigned),
            Ok(Some(header)) => Unverified::new(body.into_bytes()?, header.as_bytes()),
            Err(_repeated) => Err(HeaderFault::Repeated),
        };
        report(SignatureStep::Header(unverified.as_ref().map_err(|fault| *fault)));
        let unverified = unverified?;
        let hint = Hint { key_id: headers.single(KEY_ID).ok().flatten(), may_refetch: caller.is_listed() };
        let report = |key: &PublicKey, trial| report(SignatureStep::Key(key, trial));
        self.keys.verify(unverified, hint, report).await.map(Delivery::Signed)
    }

    fn vouch(&self, body: Body, caller: &Caller, path: PathProof) -> Result<Vouched, Rejection> {
        if self.accept_unsigned.is_empty() || path == PathProof::Public {
            return Err(Rejection::SignatureMissing);
        }
        if !caller.is_listed() {
            return Err(Rejection::UnsignedFromUnlistedAddress);
        }
        if path == PathProof::Short {
            return Err(Rejection::UnsignedTokenShort);
        }
        Ok(Vouched { body: body.into_bytes()?, sources: self.accept_unsigned.clone() })
    }
}

/// `X-Webhook-Signature: rsassa-pss-sha256=<base64url>`.
pub const SIGNATURE: &str = "x-webhook-signature";
/// `X-Webhook-Signature-Key-Id`: names the key to try first. Prelude documents it for hooks only.
pub const KEY_ID: &str = "x-webhook-signature-key-id";
