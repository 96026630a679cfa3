//! Stand-ins for AWS.
//!
//! * [`sqs`]: the embedded SQS, called in-process or served on loopback. It runs behind [`guard`].
//! * [`guard`]: enforces SQS's limits. Each limit, with its source, is in [`guard::rules`]; no other module of this
//!   crate decides whether SQS accepts a message.
//! * [`place`]: region and account of its queues.
//! * [`faults`]: failures that tests inject into the embedded SQS.
//! * [`gateway`]: API Gateway, from HTTP requests to Lambda events and back.
//! * [`runtime_api`]: Lambda's Runtime API, for a built function that runs as a process.

pub mod faults;
pub mod gateway;
pub mod guard;
pub mod place;
pub mod runtime_api;
pub mod sqs;
