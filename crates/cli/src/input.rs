//! Input of a command: a file, or standard input.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    str::FromStr,
};

/// A file's path, or `-` for standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input, written `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// Reads all bytes.
    ///
    /// # Errors
    /// The input cannot be read. The text names the file.
    pub fn read(&self) -> Result<Vec<u8>, InputError> {
        match self {
            Self::Stdin => {
                let mut bytes = Vec::new();
                io::stdin().read_to_end(&mut bytes).map_err(InputError::Stdin)?;
                Ok(bytes)
            }
            Self::File(path) => read(path),
        }
    }
}

impl FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}

/// Reads a file's bytes.
///
/// # Errors
/// The file cannot be read. The text names it.
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    fs::read(path).map_err(|source| InputError::File { path: path.to_owned(), source })
}

/// Reads a file's text.
///
/// # Errors
/// The file cannot be read, or is not UTF-8. The text names it.
pub fn read_text(path: &Path) -> Result<String, InputError> {
    fs::read_to_string(path).map_err(|source| InputError::File { path: path.to_owned(), source })
}

/// Error of reading an input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}")]
    Stdin(#[source] io::Error),
}
