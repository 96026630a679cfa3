//! `prelude sqs`: serves the embedded SQS on a loopback port.

use std::{error::Error, process::ExitCode};

use prelude_cli::{
    port::PortUnusable,
    stop_signal::StopSignal,
    terminal::{output_closed, print},
};
use prelude_local::aws::sqs::{ACCOUNT_ID, EmbeddedSqs, REGION, SqsServer};
use prelude_webhooks::route::{QueueType, Routes};

/// Serve an SQS with all of the receiver's queues on this machine: no account, no Docker.
///
/// Speaks SQS's protocol and enforces SQS's limits. Messages are lost when the command stops.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude sqs\n  aws sqs receive-message --endpoint-url http://127.0.0.1:9324 --region eu-west-1 \\\n    --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-user-created \\\n    --message-attribute-names All\n\nExit codes: 0 stopped with Ctrl-C or SIGTERM, 1 error, 2 wrong command line."
)]
pub(crate) struct Sqs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 9324)]
    port: u16,
    /// Prefix of every queue's name
    #[arg(long, default_value = "prelude-webhooks-", value_parser = name_prefix)]
    prefix: String,
    /// Create FIFO queues
    #[arg(long)]
    fifo: bool,
}

impl Sqs {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let queue_type = if self.fifo { QueueType::Fifo } else { QueueType::Standard };
        let url_prefix = EmbeddedSqs::queue_url_prefix(&self.prefix);
        let routes =
            Routes::new(&url_prefix, queue_type, Vec::new()).map_err(|error| format!("--prefix {error}"))?;
        let sqs = EmbeddedSqs::start_for(&routes).await?;
        let front = SqsServer::start(&sqs, self.port).await.map_err(PortUnusable::of(self.port, "--port"))?;
        let mut stop = StopSignal::listen()?;
        print(&format!(
            "SQS at {} with {} queues and their dead-letter queues; region {REGION}, account {ACCOUNT_ID}\n\
             PRELUDE_QUEUE_URL_PREFIX={url_prefix}\nCtrl-C stops it.\n",
            front.endpoint(),
            routes.queue_urls().count()
        ))?;
        tokio::select! {
            () = stop.received() => {}
            () = output_closed() => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn name_prefix(text: &str) -> Result<String, &'static str> {
    let is_name = text.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    if is_name { Ok(text.to_owned()) } else { Err("expected letters, digits, - and _, as in a queue's name") }
}
