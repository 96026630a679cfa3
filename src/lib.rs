//! Receives Prelude's webhooks on AWS Lambda and fans them out to one SQS queue per event type.
//!
//! The modules, in the order of a request:
//!
//! 1. [`lambda`]: an API Gateway event becomes an [`inbound`] request. Nothing in it is trusted.
//! 2. [`gate`] and [`endpoint`]: the caller's address, the path and its token.
//! 3. [`authenticate`]: answers an activation challenge, or verifies a delivery's signature over its exact bytes.
//! 4. [`parse`]: authentic bytes become [events](event). Each source is authenticated in its own way.
//! 5. [`route`]: the queue of each type. An event without a queue is [parked](parking) with a reason.
//! 6. [`publish`]: every event becomes durable in SQS. Only then is the answer 200.
//! 7. [`respond`]: the status, a body without details, and the log line. [`rejection`] lists every other answer.
//!
//! [`receiver`] runs the steps, [`config`] and [`telemetry`] set them up, and [`watch`] observes them. [`metrics`] is such an
//! observer. [`replay`] is the way back from the parking queue, for the tool.

pub mod app;
pub mod authenticate;
pub mod config;
pub mod endpoint;
pub mod event;
pub mod gate;
pub mod inbound;
mod json;
pub mod lambda;
mod limits;
pub mod metrics;
pub mod parking;
pub mod parse;
pub mod publish;
pub mod receiver;
pub mod rejection;
pub mod replay;
pub mod respond;
pub mod route;
pub mod secret;
pub mod telemetry;
pub mod watch;
