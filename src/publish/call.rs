//! Messages to send, and the calls that carry them.

use prelude_events::Encoding;
use tokio::time::Instant;

use super::{
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
    /// A slice of the array may carry the event: it is an element that was not sent in this attempt.
    pub(super) sliceable: bool,
    /// The message failed in a call and may be sent again, so its next call is a retry.
    pub(super) awaits_retry: bool,
    /// Number of answers in which this entry failed.
    pub(super) failures: u32,
    /// Number of those answers with an unlisted code.
    pub(super) unlisted: u32,
}

/// A draft that its queue refused for good.
pub(super) struct Refused {
    pub(super) draft: Draft,
    pub(super) failure: Failure,
}

/// Entries of one call.
pub(super) struct Call {
    pub(super) drafts: Vec<Draft>,
    /// The call is half of a call that was refused for its content. No entry joins it, so that the fault is found.
    pub(super) is_suspect: bool,
}

/// A call that ended.
pub(super) struct Ended {
    pub(super) call: Call,
    /// Number of calls that had started before it.
    pub(super) number: u64,
    pub(super) result: Result<Vec<Acknowledgement>, SqsFailure>,
}

/// Facts for the decision of a queue whose call ended.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    /// Number of calls to all queues that have started.
    pub(super) started: u64,
    /// The parking queue works, as far as known.
    pub(super) may_park: bool,
    pub(super) request_id: &'a str,
}

impl Call {
    /// Reports whether the call repeats a failed one, and forgets it: a half of the call is not another retry.
    pub(super) fn take_retry(&mut self) -> bool {
        let awaited = self.drafts.iter_mut().map(|draft| std::mem::take(&mut draft.awaits_retry));
        awaited.fold(false, |any, awaits| any | awaits)
    }

    /// Returns every message as refused.
    pub(super) fn refused(self, failure: Failure) -> impl Iterator<Item = Refused> {
        self.drafts.into_iter().map(move |draft| Refused { draft, failure })
    }
}
