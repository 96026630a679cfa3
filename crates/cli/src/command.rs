//! The commands, one file each.

pub(crate) mod demo;
pub(crate) mod samples;
pub(crate) mod sqs;
