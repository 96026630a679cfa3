//! `prelude completions`: prints completion scripts for shells.

use std::{error::Error, process::ExitCode};

use clap_complete::{Shell, generate};
use prelude_cli::terminal::print;

/// Print a shell's completion script for commands, flags and event types.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude completions bash > ~/.local/share/bash-completion/completions/prelude\n  prelude completions zsh > ~/.zfunc/_prelude\n  prelude completions fish > ~/.config/fish/completions/prelude.fish\n\nExit codes: 0 printed, 1 error, 2 wrong command line."
)]
pub(crate) struct Completions {
    /// Shell to complete in
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut command: clap::Command) -> Result<ExitCode, Box<dyn Error>> {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "prelude", &mut script);
        print(&String::from_utf8(script)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
