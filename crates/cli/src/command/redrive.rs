//! `prelude redrive`: starts SQS's own redrive of a dead-letter queue, and follows it to its end.

use std::{error::Error, process::ExitCode};

use prelude_cli::{
    operate::{
        aws::{Aws, AwsError},
        redrive::{self, Redriven, State},
        stop::Stop,
    },
    terminal::{open_progress, print},
};
use prelude_events::EventType;

use super::{
    arguments::{
        event_type::{Types, TypesParser},
        receiver::Receiver,
    },
    usage::Usage,
};

/// Move the messages of a dead-letter queue back to their queue.
///
/// Messages on which a consumer failed too often are in `<prefix><type>-dlq`. Once the consumer is fixed, this command
/// starts SQS's message move task and follows it. Ctrl-C ends only the command, and the task goes on. --cancel ends the
/// task.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude redrive --all --dry-run --env-file production.env\n  prelude redrive user.created --rate 50\n  prelude redrive user.created --cancel\n\nExit codes: 0 done, 1 failed task or error, 2 wrong command line."
)]
pub(crate) struct Redrive {
    /// Event type of the queue
    #[arg(value_name = "TYPE", value_parser = TypesParser { all: false })]
    event_type: Option<Types>,
    /// Move the messages of every event type
    #[arg(long, conflicts_with = "event_type")]
    all: bool,
    /// Largest number of messages per second (default: chosen by SQS)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=500))]
    rate: Option<i32>,
    /// Print only the number of messages
    #[arg(long, conflicts_with = "cancel")]
    dry_run: bool,
    /// End the running task
    #[arg(long)]
    cancel: bool,
    #[command(flatten)]
    receiver: Receiver,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

impl Redrive {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if self.event_type.is_none() && !self.all {
            return Usage::error("no queue is named: expected an event type, or --all for every event type");
        }
        let settings = self.receiver.settings()?;
        let config = settings.config()?;
        let types = self.event_type.map_or_else(|| EventType::ALL.to_vec(), |types| types.0);
        let queues = redrive::dead_letters(&config.routes, &types);
        let aws = Aws::connect(&settings, config.routes.parking(), self.receiver.endpoint_url()).await?;
        let stop = Stop::on_ctrl_c();
        let mut redriven = Vec::new();
        for (index, queue) in queues.iter().enumerate() {
            let progress = open_progress("moving");
            let state = if self.dry_run {
                redrive::look(&aws, queue).await
            } else if self.cancel {
                redrive::cancel(&aws, queue).await
            } else {
                redrive::redrive(&aws, queue, self.rate, self.all, &stop, &progress).await
            };
            progress.finish_and_clear();
            let is_missing = matches!(state, Err(AwsError::NoQueue));
            if self.all && is_missing && redrive::has_no_event_queue(&aws, queue).await {
                continue;
            }
            let is_last = matches!(&state, Err(error) if error.is_for_every_queue());
            let state = state.unwrap_or_else(|error| State::Failed { why: error.to_string() });
            let one = Redriven { queue: queue.name.clone(), state };
            if !self.json && (queues.len() == 1 || !one.state.is_idle()) {
                print(&one.to_text())?;
            }
            redriven.push(one);
            let left = queues.len() - index - 1;
            if is_last && left > 0 && !self.json {
                print(&format!("• {left} more queues were not asked, for the same reason\n"))?;
            }
            if is_last || stop.is_asked() {
                break;
            }
        }
        if self.json {
            print(&(serde_json::to_string_pretty(&redriven)? + "\n"))?;
        } else if queues.len() > 1 && redriven.iter().all(|one| one.state.is_idle()) {
            print("All dead-letter queues are empty, or have no task.\n")?;
        }
        let is_ok = redriven.iter().all(|one| one.state.is_ok());
        Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
