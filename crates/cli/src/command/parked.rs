//! `prelude parked`: lists, shows and replays the messages of the parking queue.

use std::{error::Error, num::NonZeroUsize, process::ExitCode};

use clap::{Subcommand, builder::PossibleValuesParser};
use prelude_cli::{
    operate::{
        parked::{Choice, Parking, list, replay, show},
        stop::Stop,
    },
    terminal::{open_progress, print},
};
use prelude_webhooks::{parking::Reason, route::QueueUrl};

use super::arguments::receiver::Receiver;

/// List parked messages, and move them to their queues.
///
/// Authentic events without a queue are in the parking queue, each with a reason. SQS's own redrive cannot empty it.
/// This command can, once the type is known, the queue exists or the permission is granted.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude parked list --env-file production.env\n  prelude parked replay --env-file production.env --reason queue_missing --dry-run\n\nExit codes: 0 done, 1 remaining message or error, 2 wrong command line."
)]
pub(crate) struct Parked {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List parked messages, and the queues to which a replay would send them
    ///
    /// Consumes nothing: each message is hidden for a moment and then visible again. SQS counts this as a receipt, which
    /// has no effect as long as the parking queue has no redrive policy.
    #[command(
        after_help = "Example:\n  prelude parked list --reason unknown_type\n  prelude parked list --json | jq '.messages[].event_type'\n\nExit codes: 0 listed, 1 error, 2 wrong command line."
    )]
    List {
        #[command(flatten)]
        choice: Chosen,
        /// Largest number of messages to list
        #[arg(long, default_value = "100", value_name = "N")]
        limit: NonZeroUsize,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show one message, with all parts of its event joined
    #[command(
        after_help = "Example:\n  prelude parked show 8f3e373f\n  prelude parked show 8f3e373f --body\n\nExit codes: 0 shown, 1 unreadable message or error, 2 wrong command line."
    )]
    Show {
        /// Id of the message, or the beginning of the id
        message_id: String,
        /// Print the decoded body too, which can hold personal data
        #[arg(long)]
        body: bool,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Move parked messages to their queues
    ///
    /// Joins parts, splits slices and decodes bodies. Removes a message only when its events are durable in their
    /// queues. An interrupted replay loses no event, but can leave one twice, with the same event_id. Messages that
    /// still have no queue stay.
    #[command(
        after_help = "Example:\n  prelude parked replay --dry-run\n  prelude parked replay --reason queue_missing\n  prelude parked replay --type user.merged --to users\n\nExit codes: 0 all chosen messages moved, or dry run done, 1 remaining message or error, 2 wrong command line."
    )]
    Replay {
        #[command(flatten)]
        choice: Chosen,
        /// Send all events to this queue (slug, name or URL), also those of unknown types
        #[arg(long, value_name = "QUEUE", value_parser = queue)]
        to: Option<String>,
        /// Largest number of messages to take; parts of one event count once
        #[arg(long, value_name = "N")]
        limit: Option<NonZeroUsize>,
        /// Move nothing, and print where each message would go
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Selection of messages.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Only messages with this reason
    #[arg(long, value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)), value_name = "REASON")]
    reason: Option<String>,
    /// Only events of this type, known or not (a slice has no type)
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
}

impl Chosen {
    fn choice(self, limit: Option<NonZeroUsize>) -> Choice {
        let limit = limit.map(NonZeroUsize::get);
        Choice { reason: self.reason.as_deref().and_then(Reason::named), event_type: self.event_type, limit }
    }
}

impl Parked {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.action {
            Action::List { choice, limit, receiver, json } => {
                list_all(choice.choice(Some(limit)), &receiver, json).await
            }
            Action::Show { message_id, body, receiver, json } => {
                show_one(&message_id, body, &receiver, json).await
            }
            Action::Replay { choice, to, limit, dry_run, receiver, json } => {
                let parking = parking(&receiver).await?;
                let to = to.map(|queue| parking.queue_named(&queue)).transpose()?;
                let order = replay::Order { choice: choice.choice(limit), to, dry_run };
                let progress = open_progress(if dry_run { "looking" } else { "replaying" });
                let depth = parking.depth().await?;
                progress.set_length(depth.visible as u64);
                let report = replay::replay(&parking, &order, &Stop::on_ctrl_c(), &progress).await;
                progress.finish_and_clear();
                print(&if json { format!("{:#}\n", report.to_json()) } else { report.to_text() })?;
                Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    }
}

async fn list_all(choice: Choice, receiver: &Receiver, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let parking = parking(receiver).await?;
    let progress = open_progress("listing");
    let listing = list::list(&parking, &choice, &Stop::on_ctrl_c(), &progress).await;
    progress.finish_and_clear();
    let listing = listing?;
    print(&if json { format!("{:#}\n", listing.to_json()) } else { listing.to_text() })?;
    Ok(ExitCode::SUCCESS)
}

async fn show_one(
    message_id: &str,
    body: bool,
    receiver: &Receiver,
    json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let parking = parking(receiver).await?;
    let progress = open_progress("looking");
    let shown = show::show(&parking, message_id, &Stop::on_ctrl_c(), &progress).await;
    progress.finish_and_clear();
    let shown = shown?;
    if body {
        eprintln!("prelude: the body can hold personal data: store and share it with care");
    }
    print(&if json { format!("{:#}\n", shown.to_json(body)) } else { shown.to_text(body) })?;
    Ok(if shown.is_readable() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn parking(receiver: &Receiver) -> Result<Parking, Box<dyn Error>> {
    let parking = Parking::of(&receiver.settings()?, receiver.endpoint_url()).await?;
    if parking.depth().await?.has_redrive_policy {
        eprintln!(
            "prelude: the parking queue has a redrive policy: remove it, because SQS moves messages away after enough looks"
        );
    }
    Ok(parking)
}

fn queue(text: &str) -> Result<String, &'static str> {
    let name = QueueUrl::name_in(text);
    if name.is_empty() { Err("expected a queue's slug, name or URL") } else { Ok(text.to_owned()) }
}
