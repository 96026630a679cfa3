//! `prelude parked`.

mod crash;
mod fifo;
mod looking;
mod moving;
mod trouble;
