//! Commands of an installation.

use std::{ffi::OsStr, path::Path, process::Stdio};

use tokio::process::Command;

use crate::{
    error::{BenchError, Result},
    progress::print_line,
};

/// Runs a step of an installation in this folder.
///
/// # Errors
/// As [`run`].
pub(super) async fn install(
    folder: &Path,
    program: impl AsRef<OsStr>,
    arguments: &[&str],
    environment: &[(&str, String)],
) -> Result<()> {
    let file = folder.file_name().unwrap_or_default().display();
    print_line(&format!("installing the function in {file}: {}", arguments.join(" ")));
    run(folder, program, arguments, environment).await.map(drop)
}

/// Runs a command in this folder, and returns its output. Dropping the future ends the command.
///
/// # Errors
/// The command is missing or fails. The error ends with its last lines.
pub(super) async fn run(
    folder: &Path,
    program: impl AsRef<OsStr>,
    arguments: &[&str],
    environment: &[(&str, String)],
) -> Result<String> {
    let program = program.as_ref();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let file = Path::new(program).file_name().unwrap_or(program).display();
    let failed = |problem: String| BenchError::Command(format!("{file} {}", arguments.join(" ")), problem);
    let output = command.output().await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last: Vec<_> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    Err(failed(last.into_iter().rev().collect::<Vec<_>>().join(" / ")))
}
