//! `prelude parked`: what lies in the parking queue.

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

/// Look at what is parked, and move it to where it belongs now.
///
/// Authentic events that have no queue of their own are in the parking queue, each with a reason. SQS's own redrive
/// can not empty it: this can, once a type is known, a queue is there or a right is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude parked list --env-file production.env\n  prelude parked replay --env-file production.env --reason queue_missing --dry-run\n\nExit codes: 0 done, 1 something stays or failed, 2 the command line is wrong."
)]
pub(crate) struct Parked {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what is parked, and where a replay would send it
    ///
    /// Nothing is consumed: each message is held for a moment and then given back. SQS counts a receipt for it, which
    /// moves nothing as long as the parking queue has no redrive policy.
    #[command(
        after_help = "Example:\n  prelude parked list --reason unknown_type\n  prelude parked list --json | jq '.messages[].event_type'\n\nExit codes: 0 listed, 1 SQS does not let it look, 2 the command line is wrong."
    )]
    List {
        #[command(flatten)]
        choice: Chosen,
        /// List at most this many
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
        after_help = "Example:\n  prelude parked show 8f3e373f\n  prelude parked show 8f3e373f --body\n\nExit codes: 0 shown, 1 there is none, or it can not be read, 2 the command line is wrong."
    )]
    Show {
        /// The message's id, or its beginning
        message_id: String,
        /// Print the body too, decoded: it can hold people's data
        #[arg(long)]
        body: bool,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Move what is parked to the queue where it belongs now
    ///
    /// Parts are joined, slices split, bodies decoded. Each message is removed only when its events are durable in
    /// their queues: if this is cut off, an event can be there twice, with the same event_id, and is never lost. What
    /// still has no queue stays.
    #[command(
        after_help = "Example:\n  prelude parked replay --dry-run\n  prelude parked replay --reason queue_missing\n  prelude parked replay --type user.merged --to users\n\nExit codes: 0 all that was chosen is moved, or on a dry run was looked at, 1 something stays or failed, 2 the command line is wrong."
    )]
    Replay {
        #[command(flatten)]
        choice: Chosen,
        /// Send everything to this queue (slug, name or URL), known types or not
        #[arg(long, value_name = "QUEUE", value_parser = queue)]
        to: Option<String>,
        /// Take at most this many; parts of one event count once
        #[arg(long, value_name = "N")]
        limit: Option<NonZeroUsize>,
        /// Move nothing; tell what would become of everything
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Which messages.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Only what was parked for this reason
    #[arg(long, value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)), value_name = "REASON")]
    reason: Option<String>,
    /// Only events of this type, known or not (a slice has no type of its own)
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
        eprintln!("prelude: the body is as Prelude sent it and can hold people's data: mind where it goes");
    }
    print(&if json { format!("{:#}\n", shown.to_json(body)) } else { shown.to_text(body) })?;
    Ok(if shown.is_readable() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn parking(receiver: &Receiver) -> Result<Parking, Box<dyn Error>> {
    let parking = Parking::of(&receiver.settings()?, receiver.endpoint_url()).await?;
    if parking.depth().await?.has_redrive_policy {
        eprintln!(
            "prelude: the parking queue has a redrive policy: whoever looks often enough empties it. Remove the policy."
        );
    }
    Ok(parking)
}

fn queue(text: &str) -> Result<String, &'static str> {
    let name = QueueUrl::name_in(text);
    if name.is_empty() { Err("a queue's slug, name or URL is wanted") } else { Ok(text.to_owned()) }
}
