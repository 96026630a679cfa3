//! What stands for AWS.

pub mod api_front;
pub mod faults;
pub mod gateway;
pub mod guard;
pub mod runtime_api;
pub mod sqs;
pub mod sqs_front;
