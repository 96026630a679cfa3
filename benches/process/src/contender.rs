//! The functions that are measured.

use std::{ffi::OsString, path::PathBuf};

/// A function, and the way to start it.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    /// Name on the command line and in files of results.
    pub(crate) name: String,
    /// Name in tables.
    pub(crate) label: String,
    /// Language and role, on which the measurements depend.
    pub(crate) kind: Kind,
    /// Program that Lambda would start.
    pub(crate) program: PathBuf,
    /// Arguments of the program.
    pub(crate) arguments: Vec<OsString>,
    /// Variables beside Lambda's and the receiver's own.
    pub(crate) environment: Vec<(String, String)>,
    /// Files and folders that the user uploads.
    pub(crate) package: Vec<PathBuf>,
}

/// Language and role of a contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The receiver.
    Receiver,
    /// A floor without attributes.
    Bare,
    /// A floor with the receiver's attributes.
    EqualWork,
    /// A function in Node.js or Python.
    Script,
}

impl Kind {
    /// Reports whether each message must have the receiver's attributes.
    pub(crate) const fn has_attributes(self) -> bool {
        !matches!(self, Self::Bare)
    }

    /// Reports whether the function is in Rust.
    pub(crate) const fn is_rust(self) -> bool {
        !matches!(self, Self::Script)
    }
}

/// Name of the receiver.
pub(crate) const RECEIVER: &str = "receiver";
/// Name of the floor that the ratios are relative to.
pub(crate) const BASE: &str = "equal-work";

impl Contender {
    /// A function in Rust.
    pub(crate) fn binary(name: &str, label: &str, kind: Kind, program: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            package: vec![program.clone()],
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// The same function with another variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}
