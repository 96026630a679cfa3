//! `prelude dev`: runs the whole stack on this machine.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    dev::{self, Ended, Options, rotation::Period, settings::Settings},
    environment::Environment,
    terminal::print,
};

/// Run the whole stack on this machine, with an inspector in the browser.
///
/// Starts the receiver behind an API Gateway, an SQS that any SDK can read from, and a Prelude with its keys, all on
/// loopback. Shows each delivery when it arrives. Settings come from the environment, otherwise from `.env` or
/// --env-file, otherwise from the samples. The samples' settings accept the events of `trigger`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude dev\n  cargo prelude dev --keep queues.json --rotate-every 5m\n  aws sqs receive-message --endpoint-url http://127.0.0.1:9324 --region eu-west-1 \\\n    --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-user-created \\\n    --message-attribute-names All\n\nExit codes: 0 stopped with Ctrl-C or SIGTERM, 1 stopped twice or error, 2 wrong command line."
)]
pub(crate) struct Dev {
    /// Port of the receiver on 127.0.0.1; 0 chooses a free one, as for the other ports
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Port of the inspector
    #[arg(long, default_value_t = 9001)]
    inspector_port: u16,
    /// Port of the local Prelude, which serves the key set
    #[arg(long, default_value_t = 9002)]
    prelude_port: u16,
    /// Port of the queues
    #[arg(long, default_value_t = 9324)]
    sqs_port: u16,
    /// Read settings from this file (default: .env, if it exists)
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Keep the queues' messages in this file, and restore them at the next start
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Create FIFO queues
    #[arg(long)]
    fifo: bool,
    /// Give the local Prelude's Session app a new key at this interval: 30s, 5m, 1h
    #[arg(long, value_name = "TIME")]
    rotate_every: Option<Period>,
    /// Print one JSON object with the addresses, then one for each delivery
    #[arg(long)]
    json: bool,
    /// Print the settings as an .env file, and exit
    #[arg(long)]
    print_settings: bool,
}

impl Dev {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut settings = Settings::read(Environment::of_process().into_texts(), self.env_file.as_deref())?;
        if self.fifo {
            settings.set("PRELUDE_QUEUE_TYPE", "fifo");
        }
        if self.print_settings {
            print(&settings.to_env_file(self.prelude_port, self.sqs_port))?;
            return Ok(ExitCode::SUCCESS);
        }
        let options = Options {
            port: self.port,
            inspector_port: self.inspector_port,
            prelude_port: self.prelude_port,
            sqs_port: self.sqs_port,
            keep: self.keep,
            rotate_every: self.rotate_every.map(|period| period.0),
        };
        match dev::run(settings, &options, self.json).await? {
            Ended::InOrder => Ok(ExitCode::SUCCESS),
            Ended::Hurried => Ok(ExitCode::FAILURE),
        }
    }
}
