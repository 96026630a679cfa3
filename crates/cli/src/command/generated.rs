//! Writes generated files, or checks that they are up to date.

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use prelude_cli::terminal::{print, warn};

/// Writes the files that differ, and prints their paths. With `check` it writes nothing, and fails if one differs.
pub(super) fn write(
    command: &str,
    files: impl IntoIterator<Item = (PathBuf, String)>,
    check: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut differing = Vec::new();
    for (path, generated) in files {
        if fs::read_to_string(&path).is_ok_and(|text| text == generated) {
            continue;
        }
        if check {
            differing.push(path);
            continue;
        }
        let failed = |error| format!("{} cannot be written: {error}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, &generated).map_err(failed)?;
        print(&format!("{}\n", path.display()))?;
    }
    for path in &differing {
        warn(format_args!("{} is not up to date: run `cargo prelude {command}`", path.display()));
    }
    Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
