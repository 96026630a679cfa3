//! Runs the operator's commands as their users do, against a real receiver and an SQS on loopback.

// `cfg(test)` tells clippy that all of it is test code.
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
