#![doc = include_str!("../README.md")]

mod decimal;
mod envelope;
mod error;
mod event;
mod event_type;
mod from_json;
mod identity;
mod members;
mod open_enum;
#[cfg(feature = "parked")]
mod parked;
pub mod payload;
mod personal;
mod raw_json;
mod received;
#[cfg(feature = "samples")]
pub mod samples;
mod scalar;
#[cfg(feature = "schema")]
pub mod schema;
mod source;
mod timestamp;

pub use decimal::{Decimal, NotADecimal};
pub use envelope::Envelope;
pub use error::ParseError;
pub use event::Event;
pub use event_type::EventType;
pub use identity::idempotency_key;
#[cfg(feature = "parked")]
pub use parked::{DecodeError, Encoding, decode, join_parts};
pub use personal::Personal;
pub use raw_json::RawJson;
pub use received::Received;
pub use source::{Source, UnknownSource};
pub use timestamp::Timestamp;
