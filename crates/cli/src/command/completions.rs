//! `prelude completions`: prints completion scripts for shells.

use std::{error::Error, process::ExitCode};

use clap_complete::{Shell, generate};
use prelude_cli::terminal::print;

/// Print a shell's completion script for commands, flags and event types.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude completions bash > ~/.prelude.bash    then add to ~/.bashrc: source ~/.prelude.bash\n  prelude completions zsh > ~/.prelude.zsh      then add to ~/.zshrc, after compinit: source ~/.prelude.zsh\n  prelude completions fish > ~/.config/fish/conf.d/prelude.fish\n\nIn bash, zsh and fish the script completes `cargo prelude`, too. In elvish and powershell it completes `prelude` only, because\nthere a command has one completer, which the script cannot share with cargo's.\n\nExit codes: 0 printed, 1 error, 2 wrong command line."
)]
pub(crate) struct Completions {
    /// Shell to complete in
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut command: clap::Command) -> Result<ExitCode, Box<dyn Error>> {
        let mut script = Vec::new();
        generate(self.shell, &mut command, "prelude", &mut script);
        print(&(String::from_utf8(script)? + cargo_subcommand(self.shell)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Completion of `cargo prelude`, in terms of the script for `prelude`. The rest of cargo's own completion stays.
fn cargo_subcommand(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("completions/cargo.bash"),
        Shell::Zsh => include_str!("completions/cargo.zsh"),
        Shell::Fish => include_str!("completions/cargo.fish"),
        _ => "",
    }
}
