//! `prelude doctor`: what is wrong with a receiver's settings, keys, queues and clock.

use std::{error::Error, process::ExitCode};

use prelude_cli::{
    operate::doctor::{self, Scope},
    terminal::{Look, print},
};

use super::arguments::receiver::Receiver;

/// Look for what is wrong with a receiver: its settings, its keys, its queues, the clock.
///
/// Reads the configuration as the function would, fetches each app's key set, looks at every queue without touching a
/// message, and says what it could not look at. Nothing is changed, and no secret is printed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude doctor --env-file production.env\n  prelude doctor --offline --json | jq '.groups[].findings[] | select(.state == \"fail\")'\n\nExit codes: 0 nothing fails (there can be warnings), 1 something fails, 2 the command line is wrong."
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    receiver: Receiver,
    /// Ask nobody: only the settings
    #[arg(long)]
    offline: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let settings = self.receiver.settings()?;
        let endpoint_url = self.receiver.endpoint_url().map(str::to_owned);
        let report = doctor::examine(&settings, &Scope { offline: self.offline, endpoint_url }).await;
        print(&if self.json {
            format!("{:#}\n", report.to_json())
        } else {
            report.to_text(Look::of_stdout())
        })?;
        Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
