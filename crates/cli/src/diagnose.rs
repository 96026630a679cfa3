//! Diagnosis of one request: its signature alone, or every step of the receiver.

mod advice;
pub mod explain;
pub mod finding;
mod sight;
pub mod verify;

pub(crate) use advice::of as advice_of;
pub(crate) use sight::Rules;
pub use sight::Sight;
pub(crate) use verify::Labels;
