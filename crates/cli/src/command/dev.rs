//! `prelude dev`: the whole stack on this machine.

use std::{error::Error, path::PathBuf, process::ExitCode, sync::Arc};

use prelude_cli::{
    demo::table::Look,
    dev::{
        Options, Stack, delivery::Delivery, live_log, output::Output, rotation::Period, sender::Sender,
        settings::Settings,
    },
    local::stop_signal::StopSignal,
};
use tokio::{
    sync::{broadcast, broadcast::error::RecvError},
    time::Duration,
};

/// Run the receiver and all it talks to on this machine, with an inspector in the browser.
///
/// Starts the receiver behind an API Gateway, an SQS that any SDK can read from, and a Prelude with its keys, all on
/// loopback. Shows each delivery as it comes. Settings come from the environment, else from `.env` or --env-file, else
/// from the samples, so that `cargo prelude samples` and `trigger` fit without any.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude dev\n  cargo prelude dev --keep queues.json --rotate-every 5m\n  aws sqs receive-message --endpoint-url http://127.0.0.1:9324 --region eu-west-1 \\\n    --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-user-created \\\n    --message-attribute-names All\n\nExit codes: 0 stopped with Ctrl-C or SIGTERM, 1 it can not start or go on."
)]
pub(crate) struct Dev {
    /// The receiver's port on 127.0.0.1; 0 takes any free one, as for the others
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// The inspector's port
    #[arg(long, default_value_t = 9001)]
    inspector_port: u16,
    /// The port of the local Prelude, which serves the key set
    #[arg(long, default_value_t = 9002)]
    prelude_port: u16,
    /// The queues' port
    #[arg(long, default_value_t = 9324)]
    sqs_port: u16,
    /// Read settings from this file; without it, from .env if there is one
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Keep the queues' messages in this file, and put them back at the next start
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Make FIFO queues
    #[arg(long)]
    fifo: bool,
    /// Give the local Prelude's Session app a new key after each such time: 30s, 5m, 1h
    #[arg(long, value_name = "TIME")]
    rotate_every: Option<Period>,
    /// Print one JSON object for the addresses, then one for each delivery
    #[arg(long)]
    json: bool,
    /// Print the settings as a .env file, and do nothing else
    #[arg(long)]
    print_settings: bool,
}

impl Dev {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut settings = Settings::read(process, self.env_file.as_deref())?;
        if self.fifo {
            settings.set("PRELUDE_QUEUE_TYPE", "fifo");
        }
        let output = Output::start()?;
        if self.print_settings {
            settings.resolve_jwks_url(&format!(
                "http://127.0.0.1:{}{}",
                self.prelude_port,
                Sender::jwks_path()
            ));
            output.write(settings.to_env_file(self.sqs_port)).await;
            output.finish(Duration::MAX).await;
            return Ok(ExitCode::SUCCESS);
        }
        let options = Options {
            port: self.port,
            inspector_port: self.inspector_port,
            prelude_port: self.prelude_port,
            sqs_port: self.sqs_port,
            keep: self.keep.clone(),
            rotate_every: self.rotate_every.map(|period| period.0),
        };
        let mut stop = StopSignal::listen()?;
        let mut stack = Stack::start(&mut settings, &options).await?;
        for warning in &stack.warnings {
            eprintln!("prelude: {warning}");
        }
        let log = self.log(&output, stack.journal().news());
        output.write(self.greeting(&stack)?).await;
        stack.activate().await;
        let failure = tokio::select! {
            () = stop.received() => None,
            error = stack.failed() => Some(error),
            () = log => None,
        };
        // A second Ctrl-C does not wait.
        let stopped = tokio::select! {
            stopped = stack.stop() => stopped,
            () = stop.received() => return Ok(ExitCode::FAILURE),
        };
        output.finish(Duration::from_secs(1)).await;
        stopped?;
        failure.map_or(Ok(ExitCode::SUCCESS), |error| Err(error.into()))
    }

    /// Writes each delivery as it comes, for ever.
    async fn log(&self, output: &Output, mut news: broadcast::Receiver<Arc<Delivery>>) {
        let look = Look::of_stdout();
        loop {
            match news.recv().await {
                Ok(delivery) if self.json => output.write(live_log::json_line(&delivery)).await,
                Ok(delivery) => output.write(live_log::lines(&delivery, look)).await,
                Err(RecvError::Lagged(missed)) => {
                    eprintln!("prelude: {missed} deliveries came too fast to be shown");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn greeting(&self, stack: &Stack) -> Result<String, serde_json::Error> {
        let addresses = &stack.addresses;
        if self.json {
            return Ok(format!(
                "{}\n",
                serde_json::json!({ "ready": addresses, "restored": stack.restored })
            ));
        }
        let restored = match stack.restored {
            0 => String::new(),
            restored => format!("; {restored} messages put back"),
        };
        Ok(format!(
            "receiver   {}\ninspector  {}\nSQS        {}  ({} queues{restored}; region {})\nkey set    {}\n\nCtrl-C stops it.\n\n",
            addresses.receiver,
            addresses.inspector,
            addresses.sqs,
            stack.queues,
            addresses.region,
            addresses.jwks
        ))
    }
}
