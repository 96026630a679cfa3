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
    assert!(matches!(sorter.put(part("2 again", 2, &b)), Sorted::Waiting), "not durable: not superfluous");
}

#[test]
fn events_of_one_id_are_not_mixed_and_an_incomplete_one_is_reported() {
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
fn unreadable_letters_are_sorted_out() {
    let mut sorter = Sorter::default();
    let why = |sorted| match sorted {
        Sorted::Unreadable(_, why) => why,
        _ => panic!("unreadable"),
    };
    assert!(why(sorter.put(letter("1", Some("rot13".into()), "x"))).contains("encoding is unknown"));
    assert!(why(sorter.put(letter("1", Some("base64".into()), "{}"))).contains("not what its encoding says"));
    let mut foreign = letter("1", None, "x");
    foreign.attributes.remove("reason");
    assert!(why(sorter.put(foreign)).contains("`reason`"));
    let [a, b, _] = parts(b"an event that is long enough to be cut");
    sorter.put(part("1", 1, &a));
    sorter.put(part("2", 2, &b));
    assert!(why(sorter.put(part("3", 3, &a))).contains("not what its encoding says"));
}
