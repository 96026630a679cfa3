//! Commands of the tool, one file each.

pub(crate) mod activate;
mod arguments;
pub(crate) mod clients;
pub(crate) mod completions;
pub(crate) mod conform;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod explain;
mod generated;
pub(crate) mod load;
pub(crate) mod parked;
pub(crate) mod redrive;
pub(crate) mod samples;
pub(crate) mod sign;
pub(crate) mod sqs;
pub(crate) mod trigger;
pub(crate) mod usage;
pub(crate) mod verify;
