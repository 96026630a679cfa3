//! `prelude explain`: explains why a request is accepted or refused.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    diagnose::explain,
    environment::Environment,
    input::Input,
    terminal::{Look, print},
};

/// Explain step by step why a captured request is accepted or refused.
///
/// The request is an API Gateway event (HTTP API payload 2.0, REST API payload 1.0) from a log or a test console. The
/// receiver itself decides, with the settings of the environment or of a file. Nothing is sent to SQS.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude explain events/user.created.json --env-file events/.env\n  prelude explain events/rejected/signature_wrong.json --env-file events/.env --json | jq .code\n\nExit codes: 0 the receiver answers 200, 1 refused or error, 2 wrong command line."
)]
pub(crate) struct Explain {
    /// File with the event; - is standard input
    #[arg(value_name = "FILE")]
    event: Input,
    /// Read the receiver's settings from this file instead of the environment
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Read further settings from this JSON file, like PRELUDE_CONFIG_FILE
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Fetch no key set
    #[arg(long)]
    offline: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let event = self.event.read()?;
        let mut environment = Environment::read(self.env_file.as_deref())?;
        if let Some(path) = &self.config {
            environment.set("PRELUDE_CONFIG_FILE", path.to_string_lossy());
        }
        let explanation = explain::explain(&event, environment.config()?, self.offline).await?;
        print(&if self.json {
            serde_json::to_string_pretty(&explanation)? + "\n"
        } else {
            explain::page(&explanation, Look::of_stdout())
        })?;
        Ok(if explanation.accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
