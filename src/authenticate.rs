//! The third check: what proof does the request carry? A signature, or, for sources that are listed as unsigned,
//! the secret path from a listed address.

pub mod challenge;
pub mod keys;
pub mod signature;
#[cfg(test)]
pub(crate) mod test_keys;

use bytes::Bytes;
use prelude_events::Source;

use self::{
    keys::{Hint, KeyRing, cache::FetchKeySet},
    signature::{HeaderFault, Unverified, Verified},
};
use crate::{
    endpoint::PathProof,
    gate::Caller,
    inbound::{Body, Inbound},
    rejection::Rejection,
    watch::{Step, Watch},
};

/// Who a key belongs to: the two kinds of keys prove different families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The account: Verify and Notify.
    Account,
    /// One Session app, by its place in the configuration.
    App(usize),
}

/// A delivery whose origin is proven, as far as it can be.
#[derive(Debug)]
pub enum Delivery {
    /// A configured key signed these bytes.
    Signed(Verified),
    /// No signature; the caller knows the secret path and calls from a listed address.
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

    /// Whether unsigned events of this source are accepted.
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

/// Decides whether a delivery is authentic.
pub struct Authenticator<F> {
    /// The configured keys.
    pub keys: KeyRing<F>,
    /// Sources whose events are accepted without a signature. The configuration makes sure that a path token and
    /// an address check go with it.
    pub accept_unsigned: Vec<Source>,
}

impl<F: FetchKeySet> Authenticator<F> {
    /// Verifies the signature, or vouches for an unsigned body that came from `caller` through a path that proves
    /// `path`.
    ///
    /// A signature header that is present, even empty, must verify.
    ///
    /// # Errors
    /// The reason why the request is not believed.
    pub async fn authenticate(
        &self,
        inbound: Inbound,
        caller: &Caller,
        path: PathProof,
        watch: &mut impl Watch,
    ) -> Result<Delivery, Rejection> {
        let Inbound { headers, body, .. } = inbound;
        let unverified = match headers.single(SIGNATURE) {
            Ok(None) => return self.vouch(body, caller, path).map(Delivery::Unsigned),
            Ok(Some(header)) => Unverified::new(body.into_bytes()?, header.as_bytes()),
            Err(_repeated) => Err(HeaderFault::Repeated),
        };
        watch.see(Step::Header(unverified.as_ref().map_err(|fault| *fault)));
        let unverified = unverified?;
        let hint = Hint { key_id: headers.single(KEY_ID).ok().flatten(), may_refetch: caller.is_listed() };
        self.keys.verify(unverified, hint, watch).await.map(Delivery::Signed)
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
/// `X-Webhook-Signature-Key-Id`: documented for hooks only; where sent, the key that is tried first.
pub const KEY_ID: &str = "x-webhook-signature-key-id";
