//! Descriptions of each event type's members, for people and for machines (feature `schema`).
//!
//! Names, forms and meanings are derived from the definitions of the [payloads](crate::payload) and from the table of
//! event types.
//!
//! ```
//! use prelude_events::{EventType, schema};
//!
//! let payload = schema::payload(&EventType::UserDeleted).expect("every known type has one");
//! assert_eq!(payload.members[0].name, "user_id");
//! assert_eq!(payload.members[0].meaning, "The user, `usr_…`.");
//!
//! let schema = schema::json_schema(&EventType::UserDeleted).expect("every known type has one");
//! assert_eq!(schema["properties"]["type"]["const"], "user.deleted");
//! ```

mod json;

pub use json::json_schema;

use crate::{
    Decimal, EventType, Personal, RawJson, Timestamp,
    event_type::event_types,
    payload::{inbound, notify, session, subscription, verify, verify_v1},
};

/// An object with its documented members. Every member may be absent, and other members may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The path of its type in this crate, e.g. `prelude_events::payload::Price`.
    pub path: &'static str,
    /// Its meaning.
    pub meaning: String,
    /// In the order of their definition.
    pub members: Vec<Member>,
}

/// A member of an [`Object`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name in the JSON.
    pub name: &'static str,
    /// Its meaning.
    pub meaning: String,
    /// The form of its value.
    pub form: Form,
    /// True if the value is about a person: see [`Personal`].
    pub personal: bool,
}

/// The form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A string, or a number, which is read as its digits.
    Text,
    /// A whole number, not negative, or a string of its digits.
    Count,
    /// A [`Decimal`]: a number, or a string of one.
    Decimal,
    /// A [`Timestamp`]: a string in the format of RFC 3339.
    Time,
    /// Any JSON, kept as received.
    Json,
    /// One of these words, or a newer one. A number is read as its digits.
    Word(Vec<Word>),
    /// An object.
    Object(Object),
    /// An array of such values.
    List(Box<Self>),
}

/// A word and its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Word {
    /// As Prelude writes it.
    pub word: &'static str,
    /// Its meaning.
    pub meaning: String,
    /// The set of words that it belongs to.
    pub set: WordSet,
}

/// A set of words: the known words of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WordSet {
    /// The path of its type in this crate, e.g. `prelude_events::payload::Channel`.
    pub path: &'static str,
    /// The common meaning of its words.
    pub meaning: String,
}

macro_rules! define_payloads {
    ($(
        $variant:ident => $source:ident, $wire:literal, $slug:literal,
        $payload:ty, $provenance:ident $page:literal, $meaning:literal;
    )+) => {
        /// The description of a type's payload; `None` for an unknown type.
        ///
        /// Verify V1 has no envelope: its payload is the whole event. The member `type` is not listed.
        pub fn payload(event_type: &EventType) -> Option<Object> {
            let form = match event_type {
                $( EventType::$variant => <$payload>::form(), )+
                EventType::Unknown(_) => return None,
            };
            match form {
                Form::Object(object) => Some(object),
                _ => None,
            }
        }
    };
}
event_types! { define_payloads }

/// Types that describe their form in JSON.
pub(crate) trait Described {
    /// True for values about a person.
    const PERSONAL: bool = false;

    fn form() -> Form;
}

macro_rules! described {
    ($( $type:ty => $form:ident, )+) => {
        $(
            impl Described for $type {
                fn form() -> Form {
                    Form::$form
                }
            }
        )+
    };
}

described! {
    String => Text,
    u64 => Count,
    Decimal => Decimal,
    Timestamp => Time,
    RawJson => Json,
}

impl<T: Described> Described for Personal<T> {
    const PERSONAL: bool = true;

    fn form() -> Form {
        T::form()
    }
}

impl<T: Described> Described for Vec<T> {
    fn form() -> Form {
        Form::List(Box::new(T::form()))
    }
}

/// Describes an object. The macros that define payloads and words call this function and those below.
pub(crate) fn object(path: &'static str, doc: &[&str], members: Vec<Member>) -> Form {
    Form::Object(Object { path, meaning: meaning(doc), members })
}

pub(crate) fn member<T: Described>(name: &'static str, doc: &[&str]) -> Member {
    Member { name, meaning: meaning(doc), form: T::form(), personal: T::PERSONAL }
}

pub(crate) fn word(set: &WordSet, word: &'static str, doc: &[&str]) -> Word {
    Word { word, meaning: meaning(doc), set: set.clone() }
}

pub(crate) fn word_set(path: &'static str, doc: &[&str]) -> WordSet {
    WordSet { path, meaning: meaning(doc) }
}

/// The first paragraph of a documentation comment. Later paragraphs are for Rust only.
fn meaning(doc: &[&str]) -> String {
    let lines = doc.iter().map(|line| line.trim()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meaning_is_the_first_paragraph() {
        assert_eq!(meaning(&[" One,", " two.", "", " Rust."]), "One, two.");
        assert_eq!(meaning(&[]), "");
    }

    #[test]
    fn an_unknown_type_has_neither() {
        let unknown = EventType::from("nobody.knows");
        assert_eq!((payload(&unknown), json_schema(&unknown)), (None, None));
    }
}
