//! Letters to whole items: parts of one event are joined, what can not be read is told apart.

use std::collections::BTreeMap;

use bytes::Bytes;
use prelude_webhooks::replay::{Encoding, Parked};
use sha2::{Digest as _, Sha256};

use super::letter::Letter;

/// Something that was parked, whole: one message, or all parts of one event.
pub struct Item {
    /// What its message, or its first part, says.
    pub parked: Parked,
    /// The exact bytes that were received.
    pub raw: Bytes,
    /// What people are told about it.
    pub label: Label,
}

/// What people are told about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// All messages that it is made of, copies of parts too.
    pub message_ids: Vec<String>,
    /// The attribute `reason`.
    pub reason: Option<String>,
    /// The attribute `event_type`.
    pub event_type: Option<String>,
    /// The attribute `event_id`.
    pub event_id: Option<String>,
}

/// What one more letter makes.
pub enum Sorted {
    /// Something whole.
    Whole(Box<Item>),
    /// A part; others are still to come.
    Waiting,
    /// A copy of a part of an event that is already durable elsewhere.
    Copy(Label),
    /// Nothing that this version can read, and why.
    Unreadable(Label, String),
}

/// Collects parts until an event has all of them.
#[derive(Default)]
pub struct Sorter {
    sets: BTreeMap<Key, Vec<Set>>,
    joined: BTreeMap<Key, Vec<BTreeMap<usize, [u8; 32]>>>,
}

/// Parts of different events never share all of that, unless their ids collide.
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
    /// Takes one more letter.
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

    /// Forgets what was joined: it did not become durable, so a copy of its parts is not superfluous.
    pub fn forget(&mut self, label: &Label) {
        self.joined.retain(|key, _| (&key.event_type, &key.event_id) != (&label.event_type, &label.event_id));
    }

    /// The parts whose event is not whole: what is told of each event, with how many parts are there, and of how many.
    pub fn take_incomplete(&mut self) -> Vec<(Label, usize, usize)> {
        let sets = std::mem::take(&mut self.sets);
        let told = |(key, sets): (Key, Vec<Set>)| {
            sets.into_iter().filter_map(move |set| {
                let mut label = Label::of(set.parts.values().next()?);
                label.message_ids = set.message_ids();
                Some((label, set.parts.len(), key.count))
            })
        };
        sets.into_iter().flat_map(told).collect()
    }
}

impl Set {
    fn message_ids(&self) -> Vec<String> {
        let parts = self.parts.values().map(|letter| letter.message_id.clone());
        parts.chain(self.copies.iter().cloned()).collect()
    }
}

impl Label {
    /// Of one message.
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
        Ok(raw) => Sorted::Whole(Box::new(Item { parked, raw, label })),
        Err(error) => Sorted::Unreadable(label, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// `raw` in three parts, as the receiver cuts them.
    fn parts(raw: &[u8]) -> [String; 3] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(raw).unwrap();
        let text = STANDARD.encode(encoder.finish().unwrap());
        let length = (text.len() / 3).next_multiple_of(4);
        let (first, rest) = text.split_at(length);
        let (second, third) = rest.split_at(length);
        [first, second, third].map(str::to_owned)
    }

    fn letter(message_id: &str, encoding: Option<String>, body: &str) -> Letter {
        let mut attributes: BTreeMap<_, _> = [
            ("reason", "oversize"),
            ("source", "notify"),
            ("event_id", "e"),
            ("authentication", "signature"),
            ("received_at", "2026-11-21T01:45:00Z"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        attributes.extend(encoding.map(|encoding| ("encoding".to_owned(), encoding)));
        let message = aws_sdk_sqs::types::Message::builder().message_id(message_id).body(body).build();
        Letter { attributes, ..Letter::of(message).0 }
    }

    fn part(message_id: &str, index: usize, body: &str) -> Letter {
        letter(message_id, Some(format!("gzip+base64;part={index}/3")), body)
    }

    #[track_caller]
    fn whole_of(sorted: Sorted) -> Item {
        let Sorted::Whole(item) = sorted else { panic!("whole") };
        *item
    }

    #[test]
    fn parts_are_joined_in_any_order_with_their_copies() {
        let [a, b, c] = parts(b"an event that is long enough to be cut");
        let mut sorter = Sorter::default();
        assert!(matches!(sorter.put(part("3", 3, &c)), Sorted::Waiting));
        assert!(matches!(sorter.put(part("1", 1, &a)), Sorted::Waiting));
        assert!(matches!(sorter.put(part("1 again", 1, &a)), Sorted::Waiting));
        let item = whole_of(sorter.put(part("2", 2, &b)));
        assert_eq!(item.raw, &b"an event that is long enough to be cut"[..]);
        assert_eq!(item.label.message_ids, ["1", "2", "3", "1 again"]);
        let Sorted::Copy(label) = sorter.put(part("2 again", 2, &b)) else { panic!("a copy") };
        assert_eq!(label.message_ids, ["2 again"]);
        sorter.forget(&label);
        assert!(
            matches!(sorter.put(part("2 again", 2, &b)), Sorted::Waiting),
            "not durable: not superfluous"
        );
    }

    #[test]
    fn events_of_one_id_are_not_mixed_and_an_incomplete_one_is_told() {
        let [a, b, c] = parts(b"an event that is long enough to be cut");
        let [x, y, z] = parts(b"another of the same id, of the same size");
        let mut sorter = Sorter::default();
        for (id, index, body) in [("1", 1, &a), ("x", 1, &x), ("2", 2, &b), ("y", 2, &y)] {
            assert!(matches!(sorter.put(part(id, index, body)), Sorted::Waiting));
        }
        let item = whole_of(sorter.put(part("3", 3, &c)));
        assert_eq!(item.label.message_ids, ["1", "2", "3"]);
        let incomplete = sorter.take_incomplete();
        assert_eq!(incomplete.len(), 1);
        assert_eq!(
            (&*incomplete[0].0.message_ids, incomplete[0].1, incomplete[0].2),
            (&["x".into(), "y".into()][..], 2, 3)
        );
        assert!(!z.is_empty() && sorter.take_incomplete().is_empty());
    }

    /// Prelude's own examples reuse one id for several types.
    #[test]
    fn parts_of_two_types_with_one_id_are_not_mixed() {
        let [a, b, c] = parts(b"an event that is long enough to be cut");
        let [x, y, z] = parts(b"one of another type, of the same size");
        let of_type = |event_type: &str, message_id: &str, index, body: &str| {
            let mut letter = part(message_id, index, body);
            letter.attributes.insert("event_type".to_owned(), event_type.to_owned());
            letter
        };
        let mut sorter = Sorter::default();
        for letter in [
            of_type("user.created", "1", 1, &a),
            of_type("user.deleted", "y", 2, &y),
            of_type("user.deleted", "z", 3, &z),
            of_type("user.created", "2", 2, &b),
        ] {
            assert!(matches!(sorter.put(letter), Sorted::Waiting));
        }
        for (letter, ids) in [
            (of_type("user.created", "3", 3, &c), ["1", "2", "3"]),
            (of_type("user.deleted", "x", 1, &x), ["x", "y", "z"]),
        ] {
            assert_eq!(whole_of(sorter.put(letter)).label.message_ids, ids);
        }
    }

    #[test]
    fn what_can_not_be_read_is_told_apart() {
        let mut sorter = Sorter::default();
        let why = |sorted| match sorted {
            Sorted::Unreadable(_, why) => why,
            _ => panic!("unreadable"),
        };
        assert!(why(sorter.put(letter("1", Some("rot13".into()), "x"))).contains("encoding is unknown"));
        assert!(
            why(sorter.put(letter("1", Some("base64".into()), "{}"))).contains("not what its encoding says")
        );
        let mut foreign = letter("1", None, "x");
        foreign.attributes.remove("reason");
        assert!(why(sorter.put(foreign)).contains("`reason`"));
        let [a, b, _] = parts(b"an event that is long enough to be cut");
        sorter.put(part("1", 1, &a));
        sorter.put(part("2", 2, &b));
        assert!(why(sorter.put(part("3", 3, &a))).contains("not what its encoding says"));
    }
}
