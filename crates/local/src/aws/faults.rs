//! Faults that tests inject into the embedded SQS: throttling, outages, denied queues, failed entries, delays.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Fault of the next sending calls, or of the next calls of one other action.
#[derive(Debug, Clone)]
pub struct Fault {
    queue: Option<String>,
    action: Option<String>,
    kind: FaultKind,
    times: usize,
}

/// Kind of failure.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// Fails the whole call with this status and error code.
    Call {
        /// HTTP status, such as 400, 403 or 503.
        status: u16,
        /// Error code, such as `RequestThrottled`, `AccessDenied` or `KMS.AccessDeniedException`.
        code: String,
    },
    /// Fails each entry whose body contains a text. [`Fault::times`] counts entries.
    Entries {
        /// Text to look for; an empty text matches every entry.
        containing: String,
        /// Error code, such as `InternalError`.
        code: String,
        /// Value of `SenderFault` in the answer.
        sender_fault: bool,
    },
    /// Handles the call after this time.
    Delay(Duration),
}

impl Fault {
    /// Fault that happens once, on any queue.
    pub fn once(kind: FaultKind) -> Self {
        Self { queue: None, action: None, kind, times: 1 }
    }

    /// Limits the fault to the queue of this name.
    pub fn on(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Limits the fault to calls of this action, such as `DeleteMessageBatch`, in place of sending calls.
    pub fn during(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Makes the fault happen this many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Makes the fault happen every time.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn meets(&self, action: Option<&str>, queue: &str) -> bool {
        let is_there = self.queue.as_deref().is_none_or(|name| name == queue);
        self.times > 0 && self.action.as_deref() == action && is_there
    }
}

/// Faults that have not happened yet.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Takes the next fault of a whole call on this queue.
    pub(crate) fn for_call(&self, queue: &str) -> Option<FaultKind> {
        self.take(|fault| fault.meets(None, queue) && !matches!(fault.kind, FaultKind::Entries { .. }))
    }

    /// Takes the next fault of this action on this queue.
    pub(crate) fn for_action(&self, action: &str, queue: &str) -> Option<FaultKind> {
        self.take(|fault| fault.meets(Some(action), queue))
    }

    /// Takes the next fault of an entry with this body: the error code, and the value of `SenderFault`.
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
