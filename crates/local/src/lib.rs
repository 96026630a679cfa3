//! Stand-ins for AWS and for Prelude on one machine: an SQS with SQS's limits, API Gateway, Lambda's Runtime API, and a
//! Prelude with keys of its own.
//!
//! Everything runs in one process and needs no account and no network beyond loopback. The product's tests and the tool
//! `prelude` are built from it.

pub mod aws;
pub mod env_file;
pub mod http_client;
pub mod http_server;
pub mod prelude;
pub mod receiver;
