use crate::EventType;
use std::{error::Error, fmt};

/// Why a body is no event that this crate can read.
///
/// No variant and no message holds a value from the body, so an error may be logged as it is. Names of
/// members do appear, but only those that this crate itself defines.
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
        /// What it is instead, e.g. `an array`.
        found: &'static str,
    },
    /// Neither `type` nor `event` is a string with something in it.
    MissingType,
    /// The type is known, and its payload does not have the documented shape.
    #[non_exhaustive]
    Payload {
        /// The known type.
        event_type: EventType,
        /// The path of the offending member inside the payload, e.g. `price.amount` or `identifiers[0]`;
        /// empty where it is the payload itself.
        member: String,
        /// What the member is, e.g. `an array`.
        found: &'static str,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => write!(f, "body is not JSON, at line {line} column {column}"),
            Self::NotAnObject { found } => write!(f, "body is {found}, expected an object"),
            Self::MissingType => f.write_str("event has no type"),
            Self::Payload { event_type, member, found } if member.is_empty() => {
                write!(f, "payload of {event_type} is {found} of an unexpected form")
            }
            Self::Payload { event_type, member, found } => {
                write!(f, "member `{member}` of {event_type} is {found} of an unexpected form")
            }
        }
    }
}

impl Error for ParseError {}
