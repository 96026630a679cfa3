//! Stand-ins for AWS and Prelude on one machine, for the product's tests and for the tool `prelude`.
//!
//! Everything runs in one process, without an account and without a network beyond loopback.
//!
//! * [`aws`]: SQS with its limits, API Gateway, Lambda's Runtime API.
//! * [`prelude`]: an account's keys and signatures, key server, management API, samples.
//! * [`receiver`]: the real receiver, invoked in this process.
//! * [`http_server`], [`http_client`]: HTTP on loopback for all of these.
//! * [`env_file`]: `.env` files with a receiver's settings.
//! * [`sections`]: lists of event types in documents and in `template.yaml`.
//! * [`coverage`]: number of cases that slow tests run.

pub mod aws;
pub mod coverage;
pub mod env_file;
pub mod http_client;
pub mod http_server;
pub mod prelude;
pub mod receiver;
pub mod sections;
