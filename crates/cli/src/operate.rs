//! What the operator's commands do: they look after a receiver that runs elsewhere.

pub mod activate;
pub mod aws;
pub mod doctor;

pub mod parked;
pub mod redrive;
pub mod stop;
