//! Functions in Node.js and Python, installed below `target/performance`. Nothing else of the tree changes.

mod command;
mod node;
mod python;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    contender::Contender,
    error::{Named as _, Result},
    run::workspace,
};

pub(crate) use node::node;
pub(crate) use python::python;

/// Installed function, with remarks and versions for the document.
pub(crate) struct Installed {
    pub(crate) contender: Contender,
    pub(crate) note: Option<String>,
    pub(crate) versions: Vec<(String, String)>,
}

/// Folder of everything that the benchmark installs.
pub(crate) fn folder() -> PathBuf {
    workspace().join("target/performance")
}

/// Copies the files of a function to its folder. Removes an installation of other files.
///
/// Returns the folder, and whether its installation is complete.
fn copy(language: &str, files: &[&str]) -> Result<(PathBuf, bool)> {
    let source = workspace().join("benches/functions").join(language);
    let target = folder().join(language);
    let read = |file: &Path| fs::read(file).unwrap_or_default();
    let is_same = |file: &&str| read(&source.join(file)) == read(&target.join(file));
    if !files.iter().all(is_same) {
        if target.exists() {
            fs::remove_dir_all(&target).named(target.display())?;
        }
        fs::create_dir_all(&target).named(target.display())?;
        for file in files {
            fs::copy(source.join(file), target.join(file)).named(source.join(file).display())?;
        }
    }
    let is_complete = target.join(COMPLETE).exists();
    Ok((target, is_complete))
}

/// File that the last step of an installation creates.
const COMPLETE: &str = "complete";

fn complete(folder: &Path) -> Result<()> {
    fs::write(folder.join(COMPLETE), "").named(folder.display())
}
