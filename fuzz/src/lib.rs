//! Properties of any input, one module for each fuzz target. `check` takes the fuzzer's bytes, and panics if a property
//! does not hold. `tests/smoke.rs` runs the same functions without a fuzzer.

#![forbid(unsafe_code)]

pub mod config;
pub mod events;
pub mod invocation;
pub mod json;
pub mod jwks;
pub mod keys;
pub mod samples;
pub mod signature_header;
