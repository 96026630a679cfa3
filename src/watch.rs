//! Observers of the pipeline, for the metrics, `prelude explain`, `prelude verify` and the inspector.

use crate::{
    authenticate::{
        Delivery, SignatureStep,
        public_key::PublicKey,
        signature::{HeaderFault, Trial, Unverified},
    },
    event::Batch,
    gate::Caller,
    rejection::Rejection,
    respond::Outcome,
};

/// Observes the steps of one request, in order. `()` ignores them.
pub trait Watch: Send {
    /// Observes one step.
    fn see(&mut self, step: Step<'_>);
}

impl Watch for () {
    fn see(&mut self, _step: Step<'_>) {}
}

impl<W: Watch> Watch for &mut W {
    fn see(&mut self, step: Step<'_>) {
        W::see(self, step);
    }
}

impl<W: Watch> Watch for Option<W> {
    fn see(&mut self, step: Step<'_>) {
        if let Some(watch) = self {
            watch.see(step);
        }
    }
}

impl<V: Watch, W: Watch> Watch for (V, W) {
    fn see(&mut self, step: Step<'_>) {
        self.0.see(step);
        self.1.see(step);
    }
}

/// One step of the pipeline and its result. After a refusal only [`Step::Ended`] follows.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The caller was identified, listed or not.
    Caller(&'a Caller),
    /// The caller's address was admitted.
    Admitted,
    /// The path and its token are the endpoint's.
    Found,
    /// The signature header was read. A request without one has no such step.
    Header(Result<&'a Unverified, HeaderFault>),
    /// A key was tried.
    Key(&'a PublicKey, Trial),
    /// The request is authentic.
    Authenticated(&'a Delivery),
    /// The events were read, and the key proves their source.
    Parsed(&'a Batch),
    /// A call to SQS starts that repeats a failed call, or failed entries of one.
    Retried,
    /// The pipeline ended with the result that determines the answer.
    Ended(&'a Result<Outcome, Rejection>),
}

impl<'a> From<SignatureStep<'a>> for Step<'a> {
    fn from(step: SignatureStep<'a>) -> Self {
        match step {
            SignatureStep::Header(header) => Self::Header(header),
            SignatureStep::Key(key, trial) => Self::Key(key, trial),
        }
    }
}
