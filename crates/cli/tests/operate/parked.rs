//! `prelude parked`.

mod crash;
mod deleting;
mod fifo;
mod handling;
mod looking;
mod moving;
mod stopping;
mod trouble;
