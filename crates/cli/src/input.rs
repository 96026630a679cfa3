//! What a command reads: a file, or standard input.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    str::FromStr,
};

/// A file's path, or `-` for standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-`.
    Stdin,
    /// Anything else.
    File(PathBuf),
}

impl Input {
    /// All its bytes.
    ///
    /// # Errors
    /// It can not be read; the text names the file.
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

/// A file's bytes.
///
/// # Errors
/// It can not be read; the text names the file.
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    fs::read(path).map_err(|source| InputError::File { path: path.to_owned(), source })
}

/// A file's text.
///
/// # Errors
/// It can not be read, or is not UTF-8; the text names the file.
pub fn read_text(path: &Path) -> Result<String, InputError> {
    fs::read_to_string(path).map_err(|source| InputError::File { path: path.to_owned(), source })
}

/// What was to be read could not be.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file.
    #[error("{} can not be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Standard input.
    #[error("standard input can not be read: {0}")]
    Stdin(#[source] io::Error),
}
