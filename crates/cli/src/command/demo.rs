//! `prelude demo`: sends every kind of delivery once through the real receiver.

use std::{error::Error, process::ExitCode};

use prelude_cli::{
    demo::{self, setup::Setup},
    terminal::{Look, print},
};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::{LocalPrelude, jwks_server::JwksServer},
    receiver::LocalReceiver,
};

/// Run every kind of delivery through the receiver on this machine: no account, no network, no setup.
///
/// Starts an SQS, a stand-in for Prelude and the receiver in this process. Activates a Session app, delivers an event
/// of each type, and sends deliveries that must be parked or refused. Reads the queues back and prints the result of
/// each delivery.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo demo\n  cargo demo --json | jq .counts\n\nExit codes: 0 every check passed, 1 failed check or error, 2 wrong command line."
)]
pub(crate) struct Demo {
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let prelude = LocalPrelude::shared()?;
        let setup = Setup::new(demo::setup::sample_events())?;
        let sqs = EmbeddedSqs::start(setup.queue_names()).await?;
        let key_server = JwksServer::start().await?;
        for app in &prelude.apps {
            key_server.publish(&app.app_id, &app.jwks());
        }
        let environment = setup.environment(&prelude, |app_id| key_server.url(app_id))?;
        let receiver = LocalReceiver::start(environment, &sqs)?;
        let report = demo::run(&setup, &sqs, &prelude, &receiver).await?;
        let text = if self.json { report.to_json()? + "\n" } else { report.to_table(Look::of_stdout()) };
        print(&text)?;
        Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
