//! The steps of a request, each with its input. `benches/steps.rs` of the receiver measures their time, and this
//! package's own benchmark counts their instructions.
//!
//! A step panics if it fails, because its figure would mean nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the library is a part of benchmarks, and no request reaches it"
)]

mod function;
mod sqs;
mod webhook;

pub use self::{
    function::Function,
    sqs::{Call, Queues},
    webhook::Webhook,
};
