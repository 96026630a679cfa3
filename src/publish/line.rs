//! Messages that wait for one queue: packed into calls, or pausing.

use std::collections::{HashSet, VecDeque};

use tokio::time::Instant;

use super::{
    call::{Call, Draft},
    pack,
};

/// Waiting messages of a queue, in order. On FIFO queues a message never overtakes an earlier one of its group.
pub(super) struct Line {
    fifo: bool,
    calls: VecDeque<Call>,
    pausing: Vec<Pausing>,
}

/// Messages that failed alone. On FIFO queues the later messages of their groups wait with them.
struct Pausing {
    until: Instant,
    drafts: Vec<Draft>,
}

impl Line {
    pub(super) const fn new(fifo: bool) -> Self {
        Self { fifo, calls: VecDeque::new(), pausing: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.pausing.is_empty()
    }

    /// Approximate number of calls for all messages.
    pub(super) fn calls(&self) -> usize {
        self.calls.len() + self.pausing.len()
    }

    /// Size of all messages, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let calls = self.calls.iter().flat_map(|call| &call.drafts);
        calls
            .chain(self.pausing.iter().flat_map(|pausing| &pausing.drafts))
            .map(|draft| draft.message.size())
            .sum()
    }

    /// Time at which the next call is ready; `None` for at once.
    pub(super) fn ready_at(&self) -> Option<Instant> {
        if self.calls.is_empty() { self.pausing.iter().map(|pausing| pausing.until).min() } else { None }
    }

    /// Adds messages at the end.
    pub(super) fn add(&mut self, mut drafts: Vec<Draft>) {
        if self.fifo {
            for pausing in &mut self.pausing {
                let groups = groups(&pausing.drafts);
                let later: Vec<_> =
                    drafts.extract_if(.., |draft| groups.contains(draft.message.group_id())).collect();
                drop(groups);
                pausing.drafts.extend(later);
            }
        }
        if let Some(last) = self.calls.pop_back_if(|call| !call.is_suspect) {
            drafts.splice(..0, last.drafts);
        }
        let calls = self.pack(drafts);
        self.calls.extend(calls);
    }

    /// Pauses messages that failed alone.
    pub(super) fn pause(&mut self, mut drafts: Vec<Draft>, until: Instant) {
        if self.fifo {
            let groups = groups(&drafts);
            let mut later = Vec::new();
            for call in &mut self.calls {
                later.extend(call.drafts.extract_if(.., |draft| groups.contains(draft.message.group_id())));
            }
            drop(groups);
            self.calls.retain(|call| !call.drafts.is_empty());
            drafts.extend(later);
        }
        self.pausing.push(Pausing { until, drafts });
    }

    /// Puts back a call that failed as a whole: first on FIFO queues, last on others.
    pub(super) fn put_back(&mut self, call: Call) {
        if self.fifo {
            self.calls.push_front(call);
        } else {
            self.calls.push_back(call);
        }
    }

    /// Puts back the halves of a call that was refused for one of its entries.
    pub(super) fn split(&mut self, mut call: Call) {
        let drafts = call.drafts.split_off(call.drafts.len() / 2);
        self.calls.push_front(Call { drafts, is_suspect: true });
        self.calls.push_front(Call { is_suspect: true, ..call });
    }

    /// Takes the first call.
    pub(super) fn next(&mut self, now: Instant) -> Option<Call> {
        self.end_pauses(now);
        self.calls.pop_front()
    }

    /// Takes all messages.
    pub(super) fn drain(&mut self) -> Vec<Draft> {
        let calls = self.calls.drain(..).flat_map(|call| call.drafts);
        calls.chain(self.pausing.drain(..).flat_map(|pausing| pausing.drafts)).collect()
    }

    /// Takes the messages that a slice can carry.
    pub(super) fn take_sliceable(&mut self) -> Vec<Draft> {
        let calls = self.calls.iter_mut().map(|call| &mut call.drafts);
        let lists = calls.chain(self.pausing.iter_mut().map(|pausing| &mut pausing.drafts));
        let sliceable = lists.flat_map(|drafts| drafts.extract_if(.., |draft| draft.sliceable)).collect();
        self.calls.retain(|call| !call.drafts.is_empty());
        self.pausing.retain(|pausing| !pausing.drafts.is_empty());
        sliceable
    }

    /// Puts messages whose pause is over before the others.
    fn end_pauses(&mut self, now: Instant) {
        let over = self.pausing.extract_if(.., |pausing| pausing.until <= now);
        let mut drafts: Vec<_> = over.flat_map(|pausing| pausing.drafts).collect();
        if drafts.is_empty() {
            return;
        }
        let mut suspects = VecDeque::new();
        while let Some(call) = self.calls.pop_front_if(|call| call.is_suspect) {
            suspects.push_back(call);
        }
        if self.fifo {
            // The calls go one after the other, so fewer calls take less time.
            drafts.extend(self.calls.drain(..).flat_map(|call| call.drafts));
        }
        suspects.extend(self.pack(drafts));
        suspects.append(&mut self.calls);
        self.calls = suspects;
    }

    fn pack(&self, drafts: Vec<Draft>) -> impl Iterator<Item = Call> + use<> {
        let size_of = |draft: &Draft| draft.message.size();
        let batches = if self.fifo {
            pack::fifo_batches(drafts, size_of, |draft| draft.message.group_id())
        } else {
            pack::batches(drafts, size_of)
        };
        batches.into_iter().map(|drafts| Call { drafts, is_suspect: false })
    }
}

fn groups(drafts: &[Draft]) -> HashSet<Box<str>> {
    drafts.iter().map(|draft| draft.message.group_id().into()).collect()
}
