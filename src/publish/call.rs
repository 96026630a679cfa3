//! Messages on their way, and the calls that carry them.

use tokio::time::{Duration, Instant};

use super::{
    Acknowledgement,
    failure::{Failure, SqsFailure},
    message::Message,
};
use crate::parking::{Form, Reason};

/// A message to send, and the event that it carries.
pub(super) struct Draft {
    pub(super) event: usize,
    pub(super) message: Message,
    /// Why and how it is parked; `None` on its way to its type's queue.
    pub(super) parked: Option<(Reason, Form)>,
    /// The event is an element of an array and was not sent in this attempt: a slice of the array may carry it instead.
    pub(super) sliceable: bool,
    /// Number of answers with a code that is in no list.
    pub(super) unlisted: u32,
}

/// A draft that its queue will not take, however often it is sent.
pub(super) struct Refused {
    pub(super) draft: Draft,
    pub(super) failure: Failure,
}

/// The entries of one call.
pub(super) struct Call {
    pub(super) drafts: Vec<Draft>,
    pub(super) failures: u32,
    /// End of the pause after an answer that settled other entries of the call.
    pub(super) not_before: Option<Instant>,
}

/// A call that ended.
pub(super) struct Ended {
    pub(super) call: Call,
    /// Number of calls that had started before it.
    pub(super) number: u64,
    pub(super) took: Duration,
    pub(super) result: Result<Vec<Acknowledgement>, SqsFailure>,
}

impl Call {
    /// Gives every message back.
    pub(super) fn refused(self, failure: Failure) -> impl Iterator<Item = Refused> {
        self.drafts.into_iter().map(move |draft| Refused { draft, failure })
    }
}
