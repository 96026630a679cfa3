//! Receives Prelude's webhooks on AWS Lambda and fans them out to one SQS queue per event type.
//!
//! The modules in the order a request meets them:
//!
//! 1. [`lambda`]: an API Gateway event becomes an [`inbound`] request; nothing in it is trusted.
//! 2. [`gate`] and [`endpoint`]: the caller's address, the path and its token.
//! 3. [`authenticate`]: an activation challenge is answered; a delivery's signature is verified over its exact bytes.
//! 4. [`parse`]: authentic bytes become events; each family demands its own kind of key.
//! 5. [`route`]: which queue; what has none is parked ([`parking`]) with a reason.
//! 6. [`publish`]: 200 is answered only when every event is durable in SQS.
//! 7. [`respond`]: the status, a bland body, and the log line; every [`rejection`] has one of each.
//!
//! [`receiver`] puts them in that order; [`config`] and [`telemetry`] set them up; [`watch`] sees them work.

pub mod app;
pub mod authenticate;
pub mod config;
pub mod endpoint;
pub mod gate;
pub mod inbound;
mod json;
pub mod lambda;
pub mod parking;
pub mod parse;
pub mod publish;
pub mod receiver;
pub mod rejection;
pub mod respond;
pub mod route;
pub mod secret;
pub mod telemetry;
pub mod watch;
