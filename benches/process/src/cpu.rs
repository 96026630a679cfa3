//! CPU clock of another process. It counts the threads that have ended, which `/proc/<pid>/task` does not.

use std::{io, time::Duration};

/// CPU time of a process so far.
#[cfg(target_os = "linux")]
pub(crate) fn time_of(pid: u32) -> io::Result<Duration> {
    use nix::{
        time::{clock_getcpuclockid, clock_gettime},
        unistd::Pid,
    };
    let pid = Pid::from_raw(pid.try_into().map_err(io::Error::other)?);
    Ok(clock_gettime(clock_getcpuclockid(pid)?)?.into())
}

/// This system has no such clock. The program ends before it asks.
#[cfg(not(target_os = "linux"))]
pub(crate) fn time_of(_pid: u32) -> io::Result<Duration> {
    Err(io::ErrorKind::Unsupported.into())
}
