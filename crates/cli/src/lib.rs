//! The tool `prelude`. `command` holds the command lines, and each other module the work of one or more commands.
//!
//! `prelude-local` holds the stand-ins for AWS and Prelude.

// `terminal` prints, so that a closed pipe ends no command with a panic.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod catalogue;
pub mod clients;
pub mod conform;
pub mod demo;
pub mod dev;
pub mod diagnose;
pub mod environment;
pub mod input;
pub mod load;
pub mod operate;
pub mod port;
pub mod private_file;
mod random;
pub mod stop_signal;
pub mod terminal;
pub mod trigger;
