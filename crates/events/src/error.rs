use crate::EventType;
use std::{error::Error, fmt};

/// Reason why this crate cannot read a body as an event.
///
/// No variant and no message holds a value from the body, so an error is safe to log. Of the names of members, only
/// those that this crate defines appear.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The body is not JSON, or not UTF-8. Line and column count from 1, the column in bytes.
    #[non_exhaustive]
    NotJson {
        /// The line on which reading stopped.
        line: usize,
        /// The byte of that line at which reading stopped.
        column: usize,
    },
    /// The body is JSON, but not an object.
    #[non_exhaustive]
    NotAnObject {
        /// The kind of JSON value that was found, e.g. `an array`.
        found: &'static str,
    },
    /// Neither `type` nor `event` is a string that is not empty.
    MissingType,
    /// The payload of a known type does not have the documented form.
    #[non_exhaustive]
    Payload {
        /// The known type.
        event_type: EventType,
        /// The path of the member inside the payload, e.g. `price.amount` or `identifiers[0]`. The path is empty if
        /// the payload itself has the wrong form.
        member: String,
        /// The kind of JSON value that was found, e.g. `an array`.
        found: &'static str,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => {
                write!(f, "body is not JSON: error at line {line}, column {column}")
            }
            Self::NotAnObject { found } => write!(f, "body is {found}: expected an object"),
            Self::MissingType => f.write_str("event has no type: expected a text in `type` or `event`"),
            Self::Payload { event_type, member, found } if member.is_empty() => {
                write!(f, "payload of {event_type} has an unexpected form: found {found}")
            }
            Self::Payload { event_type, member, found } => {
                write!(f, "member `{member}` of {event_type} has an unexpected form: found {found}")
            }
        }
    }
}

impl Error for ParseError {}
