//! `prelude dev`: the receiver with local stand-ins for everything it talks to, and an inspector.

mod addresses;
pub mod checks;
mod claims;
pub mod delivery;
pub mod figures;
pub mod inspector;
pub mod journal;
pub mod keep;
pub mod live_log;
pub mod output;
pub mod rotation;
mod run;
pub mod sender;
pub mod settings;
mod stack;

pub use addresses::Addresses;
pub use run::{Ended, run};
pub use stack::{DevError, Options, Stack};

#[cfg(test)]
mod tests;
