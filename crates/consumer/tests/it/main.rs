//! The consumer with doubles of its handler, its table and its clock, and the table in moto's DynamoDB.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, not in their helpers"
)]

mod batch;
mod crashes;
#[cfg(feature = "dynamodb")]
mod dynamodb;
mod logging;
mod support;
mod tables;
