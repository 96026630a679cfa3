//! Faults that tests ask the embedded SQS for: throttling, outages, denied queues, failed entries, slowness.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A fault of the next calls that send to a queue, or of those of one other action.
#[derive(Debug, Clone)]
pub struct Fault {
    queue: Option<String>,
    action: Option<String>,
    kind: FaultKind,
    times: usize,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// The whole call is answered with this status and error code.
    Call {
        /// The HTTP status, such as 400, 403 or 503.
        status: u16,
        /// Such as `RequestThrottled`, `AccessDenied`, `KMS.AccessDeniedException`.
        code: String,
    },
    /// The entries whose body holds a text are answered as failed; a time is one entry.
    Entries {
        /// The text; every entry when it is empty.
        containing: String,
        /// Such as `InternalError`.
        code: String,
        /// What the answer says of the blame.
        sender_fault: bool,
    },
    /// The call is handled, but only after this time.
    Delay(Duration),
}

impl Fault {
    /// A fault that happens once, on any queue.
    pub fn once(kind: FaultKind) -> Self {
        Self { queue: None, action: None, kind, times: 1 }
    }

    /// Limits the fault to the queue of this name.
    pub fn on(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Makes it a fault of this action's calls, such as `DeleteMessageBatch`, in place of those that send.
    pub fn during(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Makes the fault happen this many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Makes the fault happen for ever.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn meets(&self, action: Option<&str>, queue: &str) -> bool {
        let is_there = self.queue.as_deref().is_none_or(|name| name == queue);
        self.times > 0 && self.action.as_deref() == action && is_there
    }
}

/// The faults still to happen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The next fault of a whole call on this queue, used up by asking.
    pub(crate) fn for_call(&self, queue: &str) -> Option<FaultKind> {
        self.take(|fault| fault.meets(None, queue) && !matches!(fault.kind, FaultKind::Entries { .. }))
    }

    /// The next fault that was injected for this action, used up by asking.
    pub(crate) fn for_action(&self, action: &str, queue: &str) -> Option<FaultKind> {
        self.take(|fault| fault.meets(Some(action), queue))
    }

    /// The next fault of an entry with this body: its code and whether the sender is blamed.
    pub(crate) fn for_entry(&self, queue: &str, body: &str) -> Option<(String, bool)> {
        let holds = |fault: &Fault| match &fault.kind {
            FaultKind::Entries { containing, .. } => body.contains(containing),
            _ => false,
        };
        match self.take(|fault| fault.meets(None, queue) && holds(fault))? {
            FaultKind::Entries { code, sender_fault, .. } => Some((code, sender_fault)),
            _ => None,
        }
    }

    fn take(&self, meets: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.iter_mut().find(|fault| meets(fault))?;
        fault.times = if fault.times == usize::MAX { usize::MAX } else { fault.times - 1 };
        Some(fault.kind.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up_and_stays_on_its_queue() {
        let faults = Faults::default();
        let throttled = FaultKind::Call { status: 400, code: "RequestThrottled".into() };
        faults.inject(Fault::once(throttled).on("a").times(2));
        assert!(faults.for_call("b").is_none());
        assert!(faults.for_call("a").is_some());
        assert!(faults.for_call("a").is_some());
        assert!(faults.for_call("a").is_none());
    }

    #[test]
    fn a_fault_of_one_action_leaves_the_others_alone() {
        let faults = Faults::default();
        let broken = FaultKind::Call { status: 500, code: "InternalError".into() };
        faults.inject(Fault::once(broken).during("DeleteMessageBatch").on("a"));
        assert!(faults.for_call("a").is_none() && faults.for_entry("a", "").is_none());
        assert!(faults.for_action("DeleteMessage", "a").is_none());
        assert!(faults.for_action("DeleteMessageBatch", "b").is_none());
        assert!(faults.for_action("DeleteMessageBatch", "a").is_some());
        assert!(faults.for_action("DeleteMessageBatch", "a").is_none());
    }

    #[test]
    fn an_entry_fault_picks_its_entries_by_their_text() {
        let faults = Faults::default();
        let kind = FaultKind::Entries {
            containing: "evt_2".into(),
            code: "InternalError".into(),
            sender_fault: false,
        };
        faults.inject(Fault::once(kind).always());
        assert!(faults.for_call("a").is_none());
        assert!(faults.for_entry("a", "evt_1").is_none());
        assert_eq!(faults.for_entry("a", "evt_2"), Some(("InternalError".into(), false)));
        assert_eq!(faults.for_entry("a", "evt_2"), Some(("InternalError".into(), false)));
    }
}
