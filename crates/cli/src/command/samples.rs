//! `prelude samples`: writes the files of `events/`, and the generated parts of documents and of `template.yaml`: lists of
//! event types and metrics, and quoted code.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use prelude_local::{prelude::samples, sections};

use super::generated;

/// Write the sample invocations for `cargo lambda invoke --data-file` and `sam local invoke -e`.
///
/// Writes one for the activation challenge, one for each event type, a Session batch, one for each refusal, and the
/// settings for them. They are signed with the keys of tests/keys. Never trust those keys in production.
///
/// In a checkout of the project, also writes the lists of event types and metrics in template.yaml and in Markdown files,
/// and the code that Markdown files quote, between the comments that name this command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude samples            write them to events/\n  cargo prelude samples --check    check that events/ and the lists are up to date\n\nExit codes: 0 written or up to date, 1 outdated file or error, 2 wrong command line."
)]
pub(crate) struct Samples {
    /// Folder to write to
    #[arg(long, default_value = "events")]
    out: PathBuf,
    /// Write nothing, and fail if a file is not up to date
    #[arg(long)]
    check: bool,
}

impl Samples {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let samples = samples::files()?.into_iter().map(|file| (self.out.join(file.path), file.text));
        let documents = sections::documents(Path::new("."))?.into_iter();
        let documents = documents.map(|document| (document.path.into(), document.text));
        generated::write("samples", samples.chain(documents), self.check)
    }
}
