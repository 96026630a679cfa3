//! Messages on their way, and the calls that carry them.

use tokio::time::Instant;

use super::{
    encoding::Encoding,
    failure::{Failure, SqsFailure},
    message::Message,
    send_batch::Acknowledgement,
};
use crate::parking::Reason;

/// A message to send, and the event that it carries.
pub(super) struct Draft {
    pub(super) event: usize,
    pub(super) message: Message,
    /// Reason and first encoding of a parked message; `None` on its way to its type's queue.
    pub(super) parked: Option<(Reason, Encoding)>,
    /// The event is an element of an array and was not sent in this attempt: a slice of the array may carry it instead.
    pub(super) sliceable: bool,
    /// Number of answers in which this entry failed.
    pub(super) failures: u32,
    /// Number of those with a code that is in no list.
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
    /// Half of a call that was refused for its content: nothing joins it, so that the entry at fault is found.
    pub(super) is_suspect: bool,
}

/// A call that ended.
pub(super) struct Ended {
    pub(super) call: Call,
    /// Number of calls that had started before it.
    pub(super) number: u64,
    pub(super) result: Result<Vec<Acknowledgement>, SqsFailure>,
}

/// What a queue has to know when one of its calls ended.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    /// Number of calls that have started by now, to any queue.
    pub(super) started: u64,
    /// The parking queue works, as far as is known.
    pub(super) may_park: bool,
    pub(super) request_id: &'a str,
}

impl Call {
    /// Gives every message back.
    pub(super) fn refused(self, failure: Failure) -> impl Iterator<Item = Refused> {
        self.drafts.into_iter().map(move |draft| Refused { draft, failure })
    }
}
