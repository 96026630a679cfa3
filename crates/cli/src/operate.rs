//! Operator's commands, which look after a deployed receiver.

pub mod activate;
pub mod ask;
pub mod aws;
pub mod doctor;
pub mod parked;
pub mod redrive;
pub mod stop;
