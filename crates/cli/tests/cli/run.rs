//! Runs the binary.
#![cfg(test)]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub(crate) fn prelude(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs the binary with this on standard input.
pub(crate) fn prelude_reading(arguments: &[&str], input: &[u8]) -> Output {
    let pipes = || Stdio::piped();
    let mut child = command(arguments).stdin(pipes()).stdout(pipes()).stderr(pipes()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prelude"));
    command.args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Path of a file in the repository.
pub(crate) fn repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    path.to_str().unwrap().to_owned()
}

/// Temporary file of one test, removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("prelude-cli-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// Asserts a wrong command line: exit code 2, no standard output, and an error text that contains these parts.
#[track_caller]
pub(crate) fn assert_misused(output: &Output, parts: &[&str]) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(error.starts_with("prelude: ") && parts.iter().all(|part| error.contains(part)), "{error}");
}

/// Asserts a refusal: exit code 1, no standard output, and one line of error text that contains this part.
#[track_caller]
pub(crate) fn assert_refused(output: &Output, part: &str) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(error.starts_with("prelude: ") && error.contains(part) && error.lines().count() == 1, "{error}");
}
