//! `prelude doctor`: checks a receiver's settings, keys, queues and clock.

use std::{error::Error, process::ExitCode};

use prelude_cli::{
    operate::doctor::{self, Scope},
    terminal::{Look, print},
};

use super::arguments::receiver::Receiver;

/// Check a receiver's settings, keys, queues and clock.
///
/// Reads the configuration like the function, fetches each app's key set, and reads every queue's attributes but no
/// message. Reports the checks that cannot run. Changes nothing, and prints no secret.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude doctor --env-file production.env\n  prelude doctor --offline --json | jq '.groups[].findings[] | select(.state == \"fail\")'\n\nExit codes: 0 no failed check (warnings are possible), 1 failed check or error, 2 wrong command line."
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    receiver: Receiver,
    /// Check only the settings, without the network
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
