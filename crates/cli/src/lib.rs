//! The local stack for `prelude-webhooks`: an embedded SQS, a stand-in for Prelude, API Gateway events, the demo.
//!
//! Everything runs in one process, needs no account and no network beyond loopback, and is what the demo, the
//! integration tests and the `prelude` command are built from.

pub mod catalogue;
pub mod client;
pub mod conform;
pub mod demo;
pub mod dev;
pub mod environment;
pub mod explain;
pub mod input;
pub mod load;
pub mod local;
pub mod operate;
pub mod outgoing;
pub mod samples;
pub mod sign;
pub mod trigger;
pub mod verify;
