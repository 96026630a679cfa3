//! Runs the binary like its users: help, success, and each failure. One file for each command.

mod clients;
mod completions;
mod conform;
mod demo;
mod documents;
mod events;
mod explain;
mod help;
mod load;
mod pipes;
mod run;
mod samples;
mod sign;
mod sqs;
mod trigger;
mod verify;
