//! `prelude completions`: completion for shells.

use std::{error::Error, process::ExitCode};

use clap_complete::{Shell, generate};
use prelude_cli::terminal::print;

/// Print the completion script of a shell: commands, flags, event types.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude completions bash > ~/.local/share/bash-completion/completions/prelude\n  prelude completions zsh > ~/.zfunc/_prelude\n  prelude completions fish > ~/.config/fish/completions/prelude.fish\n\nExit codes: 0 printed, 1 otherwise."
)]
pub(crate) struct Completions {
    /// The shell
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
