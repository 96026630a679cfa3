//! Error for a loopback port that a command cannot listen on.

use std::io;

/// A port that can not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("port {port} can not be used ({cause}): stop what uses it, or choose another with {flag}")]
pub struct PortUnusable {
    port: u16,
    flag: &'static str,
    cause: io::Error,
}

impl PortUnusable {
    /// For `map_err`: the port, and the flag that chooses another.
    pub const fn of(port: u16, flag: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self { port, flag, cause }
    }
}
