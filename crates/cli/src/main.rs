//! `prelude`: the developer's and operator's tool. Parses the command line; the library does the work.

// `terminal` prints, so that a closed pipe ends no command with a panic.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod command;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use self::command::usage;

/// Try, run and operate a Prelude webhook receiver.
#[derive(Debug, Parser)]
#[command(name = "prelude", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed check or error, 2 wrong command line.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Activate(command::activate::Activate),
    Clients(command::clients::Clients),
    Completions(command::completions::Completions),
    Conform(command::conform::Conform),
    Demo(command::demo::Demo),
    Dev(command::dev::Dev),
    Doctor(command::doctor::Doctor),
    Events(command::events::Events),
    Explain(command::explain::Explain),
    Load(command::load::Load),
    Parked(command::parked::Parked),
    Redrive(command::redrive::Redrive),
    Samples(command::samples::Samples),
    Sign(command::sign::Sign),
    Sqs(command::sqs::Sqs),
    Trigger(command::trigger::Trigger),
    Verify(command::verify::Verify),
}

#[tokio::main]
async fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return usage::answer(&error),
    };
    let done = match line.command {
        Command::Activate(activate) => activate.run().await,
        Command::Clients(clients) => clients.run(),
        Command::Completions(completions) => completions.run(CommandLine::command()),
        Command::Conform(conform) => conform.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Dev(dev) => dev.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Events(events) => events.run(),
        Command::Explain(explain) => explain.run().await,
        Command::Load(load) => load.run().await,
        Command::Parked(parked) => parked.run().await,
        Command::Redrive(redrive) => redrive.run().await,
        Command::Samples(samples) => samples.run(),
        Command::Sign(sign) => sign.run(),
        Command::Sqs(sqs) => sqs.run().await,
        Command::Trigger(trigger) => trigger.run().await,
        Command::Verify(verify) => verify.run().await,
    };
    done.unwrap_or_else(|error| usage::failure(&*error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }

    #[test]
    fn json_exists_exactly_where_the_documentation_says() {
        let page = include_str!("../../../docs/commands.md").replace('\n', " ");
        let without = page.split("All but ").nth(1).unwrap().split(" have `--json`").next().unwrap();
        let without: BTreeSet<_> = without.split('`').skip(1).step_by(2).collect();
        assert!(!without.is_empty(), "docs/commands.md no longer names the commands without --json");
        let line = super::CommandLine::command();
        for command in line.get_subcommands() {
            let name = command.get_name();
            for (path, has_json) in runnable(name, command) {
                assert_eq!(has_json, !without.contains(name), "{path} --json");
            }
        }
        assert!(without.iter().all(|name| line.find_subcommand(name).is_some()), "{without:?}");
    }

    /// The command and its subcommands, as far as they run by themselves, each with whether it has `--json`.
    fn runnable(path: &str, command: &clap::Command) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        if !command.is_subcommand_required_set() {
            let has_json = command.get_arguments().any(|argument| argument.get_long() == Some("json"));
            found.push((path.to_owned(), has_json));
        }
        for subcommand in command.get_subcommands() {
            found.extend(runnable(&format!("{path} {}", subcommand.get_name()), subcommand));
        }
        found
    }
}
