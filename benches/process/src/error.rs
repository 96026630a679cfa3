//! Errors of the benchmark.

use std::{fmt, io, path::PathBuf};

use prelude_local::prelude::KeyError;

/// Reason why the benchmark, or a contender, cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A system call, a socket or a child process failed.
    #[error("{0}: {1}")]
    System(String, io::Error),
    /// A command of the preparation failed. The text is the end of its output.
    #[error("`{0}` failed: {1}")]
    Command(String, String),
    /// A contender does not behave as the measurement requires.
    #[error("{0}: {1}")]
    Contender(String, String),
    /// A test key cannot be read, or cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificate of the local SQS cannot be made.
    #[error("the certificate of the local SQS cannot be made: {0}")]
    Certificate(String),
    /// A file of an earlier run is not one of this version.
    #[error("{0} is not a result of this benchmark: {1}")]
    Results(PathBuf, serde_json::Error),
    /// A document lacks a section, or has one of an unknown name.
    #[error("{0}")]
    Document(String),
}

pub(crate) type Result<T> = std::result::Result<T, BenchError>;

/// Names the thing that a system call failed for.
pub(crate) trait Named<T> {
    /// Error with this name in front.
    fn named(self, name: impl fmt::Display) -> Result<T>;
}

impl<T> Named<T> for io::Result<T> {
    fn named(self, name: impl fmt::Display) -> Result<T> {
        self.map_err(|error| BenchError::System(name.to_string(), error))
    }
}
