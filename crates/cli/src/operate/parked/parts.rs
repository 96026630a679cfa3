//! Joins letters into whole items, and sorts out the unreadable ones.

use std::collections::BTreeMap;

use bytes::Bytes;
use prelude_webhooks::replay::{Encoding, Parked};
use sha2::{Digest as _, Sha256};

use super::letter::Letter;

/// A whole parked item: one message, or all parts of one event.
pub struct Item {
    /// Attributes of the message, or of the first part.
    pub parked: Parked,
    /// Exact bytes that the receiver got.
    pub raw: Bytes,
    /// Description for people.
    pub label: Label,
}

/// Description of an item for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// Ids of all its messages, also of copies of parts.
    pub message_ids: Vec<String>,
    /// The attribute `reason`.
    pub reason: Option<String>,
    /// The attribute `event_type`.
    pub event_type: Option<String>,
    /// The attribute `event_id`.
    pub event_id: Option<String>,
}

/// Result of adding a letter.
pub enum Sorted {
    /// The letter completes an item.
    Whole(Box<Item>),
    /// The letter is a part, and other parts are missing.
    Waiting,
    /// The letter is a copy of a part of an event that is already joined.
    Copy(Label),
    /// This version cannot read the letter, for this reason.
    Unreadable(Label, String),
}

/// Collects parts until an event has all of them.
#[derive(Default)]
pub struct Sorter {
    sets: BTreeMap<Key, Vec<Set>>,
    joined: BTreeMap<Key, Vec<BTreeMap<usize, [u8; 32]>>>,
}

/// Key of an event's parts. Different events have different keys, unless their ids collide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: Option<String>,
    app_id: Option<String>,
    event_type: Option<String>,
    event_id: Option<String>,
    count: usize,
}

struct Set {
    parts: BTreeMap<usize, Letter>,
    copies: Vec<String>,
}

impl Sorter {
    /// Adds a letter.
    pub fn put(&mut self, letter: Letter) -> Sorted {
        let label = Label::of(&letter);
        let (parked, encoding) = match (letter.parked(), letter.encoding()) {
            (Ok(parked), Ok(encoding)) => (parked, encoding),
            (Err(error), _) => return Sorted::Unreadable(label, error.to_string()),
            (_, Err(error)) => return Sorted::Unreadable(label, error.to_string()),
        };
        match encoding {
            Encoding::GzipPart { index, count } => self.put_part(letter, index, count),
            encoding => whole(parked, encoding, letter.body, label),
        }
    }

    fn put_part(&mut self, letter: Letter, index: usize, count: usize) -> Sorted {
        let text = |name| letter.attribute(name).map(str::to_owned);
        let [source, app_id, event_type, event_id] = ["source", "app_id", "event_type", "event_id"].map(text);
        let key = Key { source, app_id, event_type, event_id, count };
        let digest = digest(&letter);
        let is_copy = |parts: &BTreeMap<usize, [u8; 32]>| parts.get(&index) == Some(&digest);
        if self.joined.get(&key).is_some_and(|joined| joined.iter().any(is_copy)) {
            return Sorted::Copy(Label::of(&letter));
        }
        let sets = self.sets.entry(key.clone()).or_default();
        let fits = |set: &Set| set.parts.get(&index).is_none_or(|known| known.body == letter.body);
        let place = sets.iter().position(fits).unwrap_or_else(|| {
            sets.push(Set { parts: BTreeMap::new(), copies: Vec::new() });
            sets.len() - 1
        });
        let Some(set) = sets.get_mut(place) else { return Sorted::Waiting };
        if set.parts.contains_key(&index) {
            set.copies.push(letter.message_id);
            return Sorted::Waiting;
        }
        set.parts.insert(index, letter);
        if set.parts.len() < count {
            return Sorted::Waiting;
        }
        let set = sets.remove(place);
        let digests = set.parts.iter().map(|(index, letter)| (*index, self::digest(letter))).collect();
        let sorted = join(set);
        if matches!(sorted, Sorted::Whole(_)) {
            self.joined.entry(key).or_default().push(digests);
        }
        sorted
    }

    /// Forgets a joined event. It did not become durable, so a copy of its parts is not superfluous.
    pub fn forget(&mut self, label: &Label) {
        self.joined.retain(|key, _| (&key.event_type, &key.event_id) != (&label.event_type, &label.event_id));
    }

    /// Takes the incomplete events. Each has its label, its number of present parts, and its number of all parts.
    pub fn take_incomplete(&mut self) -> Vec<(Label, usize, usize)> {
        let sets = std::mem::take(&mut self.sets);
        let labelled = |(key, sets): (Key, Vec<Set>)| {
            sets.into_iter().filter_map(move |set| {
                let mut label = Label::of(set.parts.values().next()?);
                label.message_ids = set.message_ids();
                Some((label, set.parts.len(), key.count))
            })
        };
        sets.into_iter().flat_map(labelled).collect()
    }
}

impl Set {
    fn message_ids(&self) -> Vec<String> {
        let parts = self.parts.values().map(|letter| letter.message_id.clone());
        parts.chain(self.copies.iter().cloned()).collect()
    }
}

impl Label {
    /// Label of one message.
    pub fn of(letter: &Letter) -> Self {
        let text = |name| letter.attribute(name).map(str::to_owned);
        Self {
            message_ids: vec![letter.message_id.clone()],
            reason: text("reason"),
            event_type: text("event_type"),
            event_id: text("event_id"),
        }
    }
}

fn digest(letter: &Letter) -> [u8; 32] {
    Sha256::digest(&letter.body).into()
}

fn join(set: Set) -> Sorted {
    let message_ids = set.message_ids();
    let mut letters = set.parts.into_values();
    let Some(first) = letters.next() else { return Sorted::Waiting };
    let label = Label { message_ids, ..Label::of(&first) };
    let parked = match first.parked() {
        Ok(parked) => parked,
        Err(error) => return Sorted::Unreadable(label, error.to_string()),
    };
    let body = letters.fold(first.body, |body, letter| body + &letter.body);
    whole(parked, Encoding::Gzip, body, label)
}

fn whole(parked: Parked, encoding: Encoding, body: String, label: Label) -> Sorted {
    match encoding.unpack(body) {
        Ok(raw) => Sorted::Whole(Box::new(Item { parked, raw: raw.into(), label })),
        Err(error) => Sorted::Unreadable(label, error.to_string()),
    }
}

#[cfg(test)]
mod tests;
