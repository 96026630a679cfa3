// Its example needs the table.
#![cfg_attr(feature = "dynamodb", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "dynamodb"), doc = "Consumes Prelude webhook events from SQS in AWS Lambda.")]

mod consumer;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
mod error;
mod idempotency;
mod sqs;
mod table;
mod unwind;

pub use consumer::{Consumer, Message};
pub use error::RecordError;
pub use idempotency::{Idempotency, InvalidName};
pub use sqs::{BatchItemFailure, BatchResponse, Record, SqsEvent};
pub use table::{Claim, Claimed, Claims, Completed, NoTable, TableError};
