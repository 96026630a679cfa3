//! `prelude clients`: writes the clients in other languages.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{clients, terminal::warn};

use super::generated;

/// Write the clients in other languages from the table of event types.
///
/// Writes the generated files below clients/: the classes of the Python package, the types of the TypeScript package, the
/// JSON Schemas, the AsyncAPI document of the queues, and the golden files that the tests of every language read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude clients            write them to clients/\n  cargo prelude clients --check    check that they are up to date\n\nExit codes: 0 written or up to date, 1 outdated file or error, 2 wrong command line."
)]
pub(crate) struct Clients {
    /// Folder to write to
    #[arg(long, default_value = "clients")]
    out: PathBuf,
    /// Write nothing, and fail if a file is not up to date
    #[arg(long)]
    check: bool,
}

impl Clients {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let files = clients::files().into_iter().map(|file| (self.out.join(file.path), file.text));
        let written = generated::write("clients", files, self.check)?;
        let leftovers = clients::leftovers(&self.out);
        for path in &leftovers {
            warn(format_args!("{} is not generated any more: delete it", self.out.join(path).display()));
        }
        Ok(if leftovers.is_empty() { written } else { ExitCode::FAILURE })
    }
}
