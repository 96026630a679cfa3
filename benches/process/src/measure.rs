//! The measurements. Contenders take turns in random order, so that a disturbance of the machine affects all of them.

pub(crate) mod inspection;
pub(crate) mod memory;
pub(crate) mod requests;
pub(crate) mod size;
pub(crate) mod start;

/// Number of rounds of each measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// New processes of each contender in each case, because one process may have an unlucky layout of memory.
    pub(crate) processes: u32,
    /// New processes of each slow contender, which takes part in the first rounds only.
    pub(crate) slow_processes: u32,
    /// Rounds of each case, as a share of the full run's.
    pub(crate) share: f64,
    /// Starts of each contender in Rust.
    pub(crate) starts: u32,
    /// Starts of each slow contender.
    pub(crate) slow_starts: u32,
    /// Processes whose memory is measured.
    pub(crate) memories: u32,
}

impl Effort {
    /// The run that writes the document.
    pub(crate) const FULL: Self =
        Self { processes: 4, slow_processes: 2, share: 1.0, starts: 100, slow_starts: 20, memories: 5 };
    /// The run of a minute.
    pub(crate) const QUICK: Self =
        Self { processes: 1, slow_processes: 1, share: 0.25, starts: 20, slow_starts: 3, memories: 1 };
}
