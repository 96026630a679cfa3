//! Integration tests in one binary, so that everything is linked once.

// Marks helpers as test code for clippy.
#![cfg(test)]

mod consistency;
mod fairness;
mod fifo;
mod keys;
mod logging;
mod memory;
mod metrics;
mod moto;
mod panics;
mod parking;
mod promise;
mod publishing;
mod reliability;
mod rivals;
mod samples;
mod sources;
mod start;
mod status;
mod support;
mod time;
mod vectors;
