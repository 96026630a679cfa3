//! What stands for AWS.

pub mod faults;
pub mod gateway;
pub mod guard;
pub mod runtime_api;
pub mod sqs;
