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
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}
