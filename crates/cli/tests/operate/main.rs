//! Runs the operator's commands like their users, against a real receiver and an SQS on loopback.

// `cfg(test)` makes clippy treat this crate as test code.
#![cfg(test)]

mod activate;
mod doctor;
mod help;
mod line_ends;
mod moto;
mod parked;
mod redrive;
mod runbook;
mod support;
