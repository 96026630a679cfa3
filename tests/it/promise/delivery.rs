//! Deliveries of every kind, each with the expected place of its events. The generator knows this place, because it
//! made the event. It never reads an event as the receiver does.

use std::fmt::Write;

use prelude_events::{EventType, Source};
use prelude_local::{
    aws::gateway::Request,
    prelude::{PreludeKey, batch},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use sha2::{Digest, Sha256};

use crate::support::faults::{
    CULPRIT,
    rig::{ACCOUNT, APP, APP_ID, post, signed},
};

/// Description of a delivery.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// A batch of the app.
    Batch(Vec<Element>),
    /// Batch of more events than are sent one by one.
    Crowd(usize),
    /// Batch with many events for one queue and one event for each other queue. On FIFO queues, events of one user take
    /// one call each.
    Lopsided { kind: usize, count: usize, users: usize },
    /// One event, signed by the account.
    Single(Single),
    /// Unsigned event of Verify V1.
    Unsigned { kind: usize, number: u8 },
}

/// An element of a batch.
#[derive(Clone, Debug)]
pub(super) enum Element {
    /// Event of a type that has a queue.
    Known { kind: usize, user: u8, id: Id, text: Text },
    /// Event of a type that has no queue, or that belongs to another source.
    Unknown { name: usize, text: Text },
    /// Element that is not an event.
    Shapeless(usize),
    /// Event too large for one message, of a known type or not, and compressible or not.
    Large { known: bool, noise: bool, length: usize },
    /// Copy of an earlier element.
    Again(Index),
}

/// Body that is one event, or not an event.
#[derive(Clone, Debug)]
pub(super) enum Single {
    Known { kind: usize, id: Id, text: Text },
    Unknown { name: usize, text: Text },
    Typeless(usize),
    NotJson(usize),
    Binary(Vec<u8>),
    Large { noise: bool, length: usize },
}

/// An event's id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Id {
    Own,
    /// Id that other events share.
    Shared,
    Absent,
    Empty,
    /// Id longer than an attribute's value may be.
    Long,
    /// Id with a character that no attribute accepts.
    Control,
}

/// A text in an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    length: usize,
    /// Includes [`CULPRIT`], for which a call is refused.
    culprit: bool,
    /// Includes characters that JSON allows and SQS forbids.
    forbidden: bool,
}

/// Request, and the expected places of its events.
pub(super) struct Delivery {
    pub(super) request: Request,
    pub(super) events: Vec<Expected>,
    /// Set if the events come in slices of the batch.
    pub(super) sliced: bool,
    pub(super) source: Option<&'static str>,
    pub(super) app_id: Option<&'static str>,
    pub(super) authentication: &'static str,
}

/// One event and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// Exact bytes of the event.
    pub(super) raw: Vec<u8>,
    pub(super) place: Place,
    pub(super) event_id: String,
    /// Attribute `event_type`.
    pub(super) event_type: Option<String>,
}

/// Place of an event without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Queue with this slug.
    Queue(&'static str),
    /// Parking queue, for this reason.
    Parked(&'static str),
}

impl Expected {
    fn new(raw: impl Into<Vec<u8>>, place: Place, id: Option<&str>, event_type: Option<&str>) -> Self {
        let raw = raw.into();
        let event_id = id.map_or_else(|| hash_id(&raw), ToOwned::to_owned);
        let event_type = event_type.filter(|name| name.chars().count() <= 256).map(ToOwned::to_owned);
        Self { raw, place, event_id, event_type }
    }

    /// Body in the event's own queue: the bytes, with the two characters that SQS forbids escaped.
    pub(super) fn routed_body(&self) -> String {
        let text = String::from_utf8(self.raw.clone()).unwrap();
        text.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff")
    }
}

/// `event_id` of an event without an id.
pub(super) fn hash_id(raw: &[u8]) -> String {
    Sha256::digest(raw).iter().fold("sha256:".to_owned(), |mut id, byte| {
        write!(id, "{byte:02x}").unwrap();
        id
    })
}

/// Any delivery. Large ones and crowds are rare, because each takes as long as a hundred others.
pub(super) fn plan(fifo: bool) -> impl Strategy<Value = Plan> {
    let users = if fifo { 1..40_usize } else { 1_000..1_001 };
    prop_oneof![
        600 => vec(element(), 0..8).prop_map(Plan::Batch),
        150 => vec(element(), 8..40).prop_map(Plan::Batch),
        200 => single().prop_map(Plan::Single),
        100 => (0..3_usize, any::<u8>()).prop_map(|(kind, number)| Plan::Unsigned { kind, number }),
        4 => (2_001..2_040_usize).prop_map(Plan::Crowd),
        40 => (0..12_usize, 20..110_usize, users)
            .prop_map(|(kind, count, users)| Plan::Lopsided { kind, count, users }),
    ]
}

fn element() -> impl Strategy<Value = Element> {
    prop_oneof![
        1_400 => (0..12_usize, 0..4_u8, id(), text())
            .prop_map(|(kind, user, id, text)| Element::Known { kind, user, id, text }),
        200 => (0..UNKNOWN.len(), text()).prop_map(|(name, text)| Element::Unknown { name, text }),
        100 => (0..SHAPELESS.len()).prop_map(Element::Shapeless),
        100 => any::<Index>().prop_map(Element::Again),
        1 => (any::<bool>(), any::<bool>(), large())
            .prop_map(|(known, noise, length)| Element::Large { known, noise, length }),
    ]
}

fn single() -> impl Strategy<Value = Single> {
    prop_oneof![
        140 => (0..14_usize, id(), text()).prop_map(|(kind, id, text)| Single::Known { kind, id, text }),
        40 => (0..UNKNOWN.len(), text()).prop_map(|(name, text)| Single::Unknown { name, text }),
        20 => (0..TYPELESS.len()).prop_map(Single::Typeless),
        20 => (0..NOT_JSON.len()).prop_map(Single::NotJson),
        20 => vec(any::<u8>(), 0..60).prop_map(Single::Binary),
        4 => (any::<bool>(), large()).prop_map(|(noise, length)| Single::Large { noise, length }),
    ]
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![
        12 => Just(Id::Own),
        2 => Just(Id::Shared),
        1 => Just(Id::Absent),
        1 => Just(Id::Empty),
        1 => Just(Id::Long),
        1 => Just(Id::Control),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    let length = prop_oneof![180 => 0..200_usize, 6 => 200..20_000_usize, 1 => 100_000..300_000_usize];
    (length, prop::bool::weighted(0.1), prop::bool::weighted(0.05))
        .prop_map(|(length, culprit, forbidden)| Text { length, culprit, forbidden })
}

fn large() -> impl Strategy<Value = usize> {
    1_048_576..1_300_000_usize
}

/// Slugs of the Session queues, to which batches go.
pub(super) fn slugs_of_session() -> Vec<String> {
    of_source(Source::Session).map(|(_, slug)| slug.to_owned()).collect()
}

const UNKNOWN: [&str; 6] = [
    "user.invented",
    "verify.invented",
    "something",
    "ünïcode 😀",
    "migration.hook_failed.v2",
    // Longer than an attribute's value may be.
    "llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll",
];
/// Elements without a usable type.
const SHAPELESS: [&str; 6] = [
    "null",
    "17",
    "{}",
    r#"["type"]"#,
    r#"{"type":5,"id":17}"#,
    r#"{"type":"user.created","type":"user.created"}"#,
];
/// JSON bodies without a usable type.
const TYPELESS: [&str; 5] =
    ["[1]", "{ }", "null", r#"{"type":null,"id":5}"#, r#"{"events":{},"app_id":"demoapp1"}"#];
const NOT_JSON: [&str; 6] =
    ["", "<html>", "{\"type\":\"verify.attempt\"", "\u{1}", "type=verify.attempt", "{}{}"];

fn session_type(index: usize) -> (&'static str, &'static str) {
    of_source(Source::Session).nth(index).unwrap()
}

/// Wire names and slugs of a source.
fn of_source(source: Source) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = EventType::ALL.iter().filter(move |event_type| event_type.source() == Some(source));
    of.map(|event_type| (event_type.as_str(), event_type.queue_slug().unwrap()))
}

/// Makes the delivery. Its number makes its ids unique among deliveries.
pub(super) fn make(plan: &Plan, number: usize) -> Delivery {
    match plan {
        Plan::Batch(elements) => {
            let mut events: Vec<Expected> = Vec::new();
            for (place, element) in elements.iter().enumerate() {
                events.push(match element {
                    Element::Again(index) if !events.is_empty() => index.get(&events).clone(),
                    element => make_element(element, &format!("{number}_{place}")),
                });
            }
            session(events, false)
        }
        Plan::Crowd(count) => {
            let text = Text { length: 3, culprit: false, forbidden: false };
            let known = Element::Known { kind: 1, user: 0, id: Id::Own, text };
            let event = |place| make_element(&known, &format!("{number}_{place}"));
            session((0..*count).map(event).collect(), true)
        }
        Plan::Lopsided { kind, count, users } => {
            let event = |kind: usize, place: usize| {
                let (event_type, slug) = session_type(kind);
                let id = format!("evt_{number}_{place}");
                let user = place % users;
                let raw =
                    format!(r#"{{"id":"{id}","type":"{event_type}","payload":{{"user_id":"usr_{user}"}}}}"#);
                Expected::new(raw, Place::Queue(slug), Some(&id), Some(event_type))
            };
            let many = (0..*count).map(|place| event(*kind, place));
            let others = (0..12).filter(|other| other != kind).map(|other| event(other, count + other));
            session(many.chain(others).collect(), false)
        }
        Plan::Single(single) => single_delivery(single, number),
        Plan::Unsigned { kind, number: uuid } => {
            let (name, slug) = of_source(Source::VerifyV1).nth(*kind).unwrap();
            let (member, status) = match name {
                "delivery_status" => ("attempt_uuid", r#","delivery_status":"delivered""#),
                "attempt" => ("attempt_uuid", ""),
                _ => ("auth_uuid", ""),
            };
            let raw = format!(
                r#"{{"type":"{name}","{member}":"u{uuid}"{status},"time":"2026-01-0{}"}}"#,
                number + 1
            );
            let status = if status.is_empty() { "" } else { ":delivered" };
            let id = format!("{name}:u{uuid}{status}:2026-01-0{}", number + 1);
            let event = Expected::new(raw.clone(), Place::Queue(slug), Some(&id), Some(name));
            Delivery {
                request: post(raw.into_bytes()),
                events: vec![event],
                sliced: false,
                source: Some("verify_v1"),
                app_id: None,
                authentication: "secret_path",
            }
        }
    }
}

fn session(events: Vec<Expected>, sliced: bool) -> Delivery {
    let body = batch(APP_ID, events.iter().map(|event| std::str::from_utf8(&event.raw).unwrap()));
    let (source, app_id) = (Some("session"), Some(APP_ID));
    Delivery { events, sliced, app_id, ..signed_by(&APP, body, source) }
}

fn signed_by(key: &PreludeKey, body: Vec<u8>, source: Option<&'static str>) -> Delivery {
    let request = signed(key, body);
    Delivery { request, events: Vec::new(), sliced: false, source, app_id: None, authentication: "signature" }
}

fn make_element(element: &Element, name: &str) -> Expected {
    match element {
        Element::Known { kind, user, id, text } => {
            let (event_type, slug) = session_type(*kind);
            let (member, id) = id.make(name);
            let note = text.make();
            let raw = format!(
                r#"{{{member}"type":"{event_type}", "payload":{{"user_id":"usr_{user}","note":"{note}"}}}}"#
            );
            Expected::new(raw, Place::Queue(slug), id.as_deref(), Some(event_type))
        }
        Element::Unknown { name: unknown, text } => {
            let (event_type, note) = (UNKNOWN[*unknown], text.make());
            let raw = format!(r#"{{"id":"evt_{name}","type":"{event_type}","x":"{note}"}}"#);
            let id = format!("evt_{name}");
            Expected::new(raw, Place::Parked("unknown_type"), Some(&id), Some(event_type))
        }
        Element::Shapeless(index) => {
            Expected::new(SHAPELESS[*index], Place::Parked("invalid_event"), None, None)
        }
        Element::Large { known, noise, length } => {
            let event_type = if *known { "user.created" } else { "user.invented" };
            let reason = if *known { "oversize" } else { "unknown_type" };
            let (id, filler) = (format!("evt_{name}"), filler(*noise, *length));
            let raw = format!(r#"{{"id":"{id}","type":"{event_type}","x":"{filler}"}}"#);
            Expected::new(raw, Place::Parked(reason), Some(&id), Some(event_type))
        }
        // The first element has none to repeat.
        Element::Again(_) => make_element(&Element::Shapeless(2), name),
    }
}

fn single_delivery(single: &Single, number: usize) -> Delivery {
    let (source, event) = match single {
        Single::Known { kind, id, text } => {
            let sources = [Source::Verify, Source::Notify];
            let mut kinds =
                sources.into_iter().flat_map(|source| of_source(source).map(move |kind| (source, kind)));
            let (source, (event_type, slug)) = kinds.nth(*kind).unwrap();
            let (member, id) = id.make(&number.to_string());
            let raw = format!(r#"{{{member}"type":"{event_type}","payload":{{"note":"{}"}}}}"#, text.make());
            let event = Expected::new(raw, Place::Queue(slug), id.as_deref(), Some(event_type));
            (Some(source.as_str()), event)
        }
        Single::Unknown { name, text } => {
            let event_type = UNKNOWN[*name];
            let source = if event_type.starts_with("verify.") { "verify" } else { "notify" };
            let raw = format!(r#"{{"id":"evt_{number}","type":"{event_type}","x":"{}"}}"#, text.make());
            let id = format!("evt_{number}");
            (Some(source), Expected::new(raw, Place::Parked("unknown_type"), Some(&id), Some(event_type)))
        }
        Single::Typeless(index) => {
            (None, Expected::new(TYPELESS[*index], Place::Parked("invalid_event"), None, None))
        }
        Single::NotJson(index) => {
            (None, Expected::new(NOT_JSON[*index], Place::Parked("invalid_json"), None, None))
        }
        Single::Binary(bytes) => {
            let raw = [b"\xff\xfe", bytes.as_slice()].concat();
            (None, Expected::new(raw, Place::Parked("not_utf8"), None, None))
        }
        Single::Large { noise, length } => {
            let (id, filler) = (format!("evt_{number}"), filler(*noise, *length));
            let raw = format!(r#"{{"id":"{id}","type":"verify.attempt","x":"{filler}"}}"#);
            let event = Expected::new(raw, Place::Parked("oversize"), Some(&id), Some("verify.attempt"));
            (Some("verify"), event)
        }
    };
    Delivery { events: vec![event.clone()], ..signed_by(&ACCOUNT, event.raw, source) }
}

impl Id {
    /// Member `id`, and the id that a receiver reads from it.
    fn make(self, name: &str) -> (String, Option<String>) {
        match self {
            Self::Own => (format!(r#""id":"evt_{name}","#), Some(format!("evt_{name}"))),
            Self::Shared => (r#""id":"evt_shared","#.to_owned(), Some("evt_shared".to_owned())),
            Self::Absent => (String::new(), None),
            Self::Empty => (format!(r#""id":"","n":"{name}","#), None),
            Self::Long => (format!(r#""id":"{}{name}","#, "l".repeat(257)), None),
            Self::Control => (format!(r#""id":"\u0007{name}","#), None),
        }
    }
}

impl Text {
    fn make(self) -> String {
        let culprit = if self.culprit { CULPRIT } else { "" };
        let forbidden = if self.forbidden { "\u{FFFE}é\u{FFFF}😀" } else { "" };
        format!("{forbidden}{culprit}{}", "x".repeat(self.length))
    }
}

/// Text that hardly compresses (`noise`), or that compresses to nearly nothing.
fn filler(noise: bool, length: usize) -> String {
    if !noise {
        return "x".repeat(length);
    }
    let mut random = fastrand::Rng::with_seed(length as u64);
    (0..length).map(|_| random.alphanumeric()).collect()
}
