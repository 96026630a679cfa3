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
        let mut script = String::from_utf8(script)?;
        if self.shell == Shell::Fish {
            script += &fish_arguments(&command, "__fish_prelude_using_subcommand");
        }
        print(&(script + cargo_subcommand(self.shell)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Completions of arguments without a flag in fish, such as event types, which clap writes for the other shells only.
fn fish_arguments(command: &clap::Command, condition: &str) -> String {
    let mut script = String::new();
    for subcommand in command.get_subcommands() {
        let condition = format!("{condition} {}", subcommand.get_name());
        for argument in subcommand.get_positionals() {
            let values = argument.get_possible_values();
            let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
            if !values.is_empty() {
                script += &format!("complete -c prelude -n \"{condition}\" -a \"{}\"\n", values.join(" "));
            }
        }
        script += &fish_arguments(subcommand, &format!("{condition}; and __fish_seen_subcommand_from"));
    }
    script
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
