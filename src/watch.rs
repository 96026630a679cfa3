//! What a request meets on its way, told step by step to whoever has to explain a decision: one pipeline decides, and
//! nobody needs a second opinion. The function itself has no watcher, and pays nothing for this.

use crate::{
    authenticate::{
        Delivery,
        signature::{HeaderFault, PublicKey, Trial, Unverified},
    },
    gate::Caller,
    parse::Batch,
    rejection::Rejection,
    respond::Outcome,
};

/// Sees the steps of one request, in order. `()` looks away.
pub trait Watch: Send {
    /// One step was taken.
    fn see(&mut self, step: Step<'_>);
}

impl Watch for () {
    fn see(&mut self, _step: Step<'_>) {}
}

/// A step, and what it found. A request that is refused takes no more steps but the last one.
#[derive(Debug)]
pub enum Step<'a> {
    /// The caller was found, listed or not.
    Caller(&'a Caller),
    /// The address is admitted.
    Admitted,
    /// The path, and its token, are the endpoint's.
    Found,
    /// The signature header could be read, or not; there is no such step without one.
    Header(Result<&'a Unverified, HeaderFault>),
    /// A key was compared with the signature.
    Key(&'a PublicKey, Trial),
    /// The request is authentic.
    Authenticated(&'a Delivery),
    /// The family's own proof is there, and the events are told apart.
    Parsed(&'a Batch),
    /// The result, from which the answer is made.
    Ended(&'a Result<Outcome, Rejection>),
}
