//! Clients in other languages, written from the table of `prelude-events`.
//!
//! [`Model`] reads the table once. Each language has a module that turns the model into files. What does not depend on the
//! table is written by hand in the client's own folder.

mod asyncapi;
pub mod golden;
pub mod model;
mod prose;
mod python;
mod schemas;
mod typescript;

use std::path::Path;

use self::model::Model;

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFile {
    /// Path below `clients/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// The outputs. Each is a function of the model.
const OUTPUTS: [fn(&Model) -> Vec<ClientFile>; 5] =
    [python::files, typescript::files, schemas::files, asyncapi::files, |_| golden::files()];

/// Folders below `clients/` that hold generated files only, and a README.
pub const GENERATED_FOLDERS: [&str; 4] = ["golden", "schemas", "schemas/validation", "schemas/codegen"];

/// Every file. The result is always the same.
#[must_use]
pub fn files() -> Vec<ClientFile> {
    let model = Model::read();
    OUTPUTS.iter().flat_map(|output| output(&model)).collect()
}

/// Copies of the project's licences, because a package has to contain them.
fn licences(client: &str) -> [ClientFile; 2] {
    [
        ("LICENSE-MIT", include_str!("../../../LICENSE-MIT")),
        ("LICENSE-APACHE", include_str!("../../../LICENSE-APACHE")),
    ]
    .map(|(name, text)| ClientFile { path: format!("{client}/{name}"), text: text.to_owned() })
}

/// Files below `folder` in [`GENERATED_FOLDERS`] that [`files`] does not contain.
#[must_use]
pub fn leftovers(folder: &Path) -> Vec<String> {
    let generated: Vec<_> = files().into_iter().map(|file| file.path).collect();
    let mut leftovers = Vec::new();
    for name in GENERATED_FOLDERS {
        for entry in std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten() {
            let path = format!("{name}/{}", entry.file_name().to_string_lossy());
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && !generated.contains(&path) && !path.ends_with("README.md") {
                leftovers.push(path);
            }
        }
    }
    leftovers
}
