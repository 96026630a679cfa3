//! Error for a loopback port that a command cannot listen on.

use std::io;

/// Port that a server cannot listen on.
#[derive(Debug, thiserror::Error)]
#[error("port {port} cannot be used ({cause}): stop what uses it, or choose another with {flag}")]
pub struct PortUnusable {
    port: u16,
    flag: &'static str,
    cause: io::Error,
}

impl PortUnusable {
    /// Conversion for `map_err`, with the port and the flag that chooses another one.
    pub const fn of(port: u16, flag: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self { port, flag, cause }
    }
}
