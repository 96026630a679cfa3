//! The parts of the local stack: what stands for SQS, for Prelude and for API Gateway.

pub mod api_front;
pub mod faults;
pub mod gateway;
pub mod guard;
pub mod http_server;
pub mod jwks_server;
pub mod management;
pub mod prelude;
pub mod receiver;
pub mod runtime_api;
pub mod sqs;
pub mod sqs_front;
pub mod stop_signal;
