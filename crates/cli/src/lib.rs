//! The tool `prelude`: its commands are in `command`, and what each of them does in a module of its own.
//!
//! The stand-ins for AWS and Prelude that the commands use are `prelude-local`.

pub mod catalogue;
pub mod conform;
pub mod demo;
pub mod dev;
pub mod diagnose;
pub mod environment;
pub mod input;
pub mod load;
pub mod operate;
pub mod port;
mod random;
pub mod stop_signal;
pub mod terminal;
pub mod trigger;
