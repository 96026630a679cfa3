//! `prelude samples`: writes the files of `events/`.

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use prelude_local::prelude::samples;

/// Write the sample invocations for `cargo lambda invoke --data-file` and `sam local invoke -e`.
///
/// One for the activation challenge, one for each event type, a Session batch, one for each refusal, and the settings
/// that suit them. They are signed with the keys of tests/keys: never trust those keys in production.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude samples            write them to events/\n  cargo prelude samples --check    tell whether events/ is up to date\n\nExit codes: 0 written or up to date, 1 otherwise."
)]
pub(crate) struct Samples {
    /// The folder to write to
    #[arg(long, default_value = "events")]
    out: PathBuf,
    /// Write nothing; fail when a file differs from what would be written
    #[arg(long)]
    check: bool,
}

impl Samples {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let files = samples::files()?;
        let mut differing = Vec::new();
        for file in &files {
            let path = self.out.join(&file.path);
            if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
                continue;
            }
            if self.check {
                differing.push(path);
                continue;
            }
            let tell = |error| format!("{} can not be written: {error}", path.display());
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(tell)?;
            fs::write(&path, &file.text).map_err(tell)?;
            println!("{}", path.display());
        }
        for path in &differing {
            eprintln!("{} is not up to date: run `cargo prelude samples`", path.display());
        }
        Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
