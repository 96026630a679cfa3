//! Diagnosis of one request: its signature alone, or the whole way through the receiver.

pub mod explain;
pub mod verify;
