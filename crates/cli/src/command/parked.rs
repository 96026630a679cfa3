//! `prelude parked`: lists, shows, replays and deletes the messages of the parking queue.

use std::{
    error::Error,
    io::{IsTerminal as _, stdout},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use clap::{Subcommand, builder::PossibleValuesParser};
use prelude_cli::{
    operate::{
        ask,
        parked::{
            Choice, Parking,
            delete::{self, Target, plan::Plan},
            list, replay,
            saved::Saved,
            show::{self, Body},
        },
        stop::Stop,
    },
    private_file,
    terminal::{counted, open_progress, print, print_error, warn},
};
use prelude_webhooks::{parking::Reason, route::QueueUrl};

use super::{arguments::receiver::Receiver, usage::Usage};

/// List parked messages, move them to their queues, and delete the others.
///
/// Authentic events without a queue are in the parking queue, each with a reason. SQS's own redrive cannot empty it.
/// This command can, once the type is known, the queue exists or the permission is granted. Messages that no replay can
/// move are shown, handled by hand, and deleted.
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
        file: FromFile,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show one message, with all parts of its event joined
    #[command(
        after_help = "Example:\n  prelude parked show 8f3e373f\n  prelude parked show 8f3e373f --body\n  prelude parked show 8f3e373f --body --output event.json\n\nExit codes: 0 shown, 1 unreadable message or error, 2 wrong command line."
    )]
    Show {
        /// Id of the message, or the beginning of the id
        message_id: String,
        /// Print the decoded body too, which can hold personal data
        #[arg(long)]
        body: bool,
        /// Write the exact bytes of the body to this new file, which only you can read
        #[arg(long, value_name = "FILE", requires = "body")]
        output: Option<PathBuf>,
        #[command(flatten)]
        file: FromFile,
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
        file: FromFile,
        #[command(flatten)]
        receiver: Receiver,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Delete messages for good, after saving them to a file
    ///
    /// Prints the messages and asks first. Then it saves all of them, whole, to a new file that only you can read, and
    /// only then deletes them. `list`, `show` and `replay` read that file with --file. A message that another reader
    /// holds is reported, and stays.
    #[command(
        after_help = "Example:\n  prelude parked delete 8f3e373f\n  prelude parked delete --reason invalid_json --dry-run\n  prelude parked delete --reason invalid_json --save invalid.jsonl --yes\n\nExit codes: 0 all chosen messages deleted, or dry run done, 1 remaining message or error, 2 wrong command line, or no terminal to ask on and no --yes."
    )]
    Delete(Delete),
}

/// Options of a deletion.
#[derive(Debug, clap::Args)]
struct Delete {
    /// Id of the message, or the beginning of the id; all parts of its event are deleted
    #[arg(conflicts_with = "reason", value_parser = message_id)]
    message_id: Option<String>,
    /// All messages with this reason
    #[arg(long, value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)), value_name = "REASON")]
    reason: Option<String>,
    /// Only events of this type, known or not (a slice has no type)
    #[arg(long = "type", value_name = "TYPE", requires = "reason")]
    event_type: Option<String>,
    /// Delete the parts of an event whose other parts are missing, too
    #[arg(long)]
    incomplete: bool,
    /// Save the messages to this new file (default: parked-TIME.jsonl in the working folder)
    #[arg(long, value_name = "FILE", conflicts_with = "no_save")]
    save: Option<PathBuf>,
    /// Delete without saving
    #[arg(long)]
    no_save: bool,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
    /// Delete nothing, and print what would be deleted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    receiver: Receiver,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// File in place of the queue.
#[derive(Debug, clap::Args)]
struct FromFile {
    /// Read the messages from a file that `delete` saved, in place of the queue
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
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
            Action::List { choice, limit, file, receiver, json } => {
                list_all(choice.choice(Some(limit)), &file, &receiver, json).await
            }
            Action::Show { message_id, body, output, file, receiver, json } => {
                let body = match &output {
                    Some(path) => Body::In(path),
                    None if body => Body::Printed,
                    None => Body::Hidden,
                };
                show_one(&message_id, body, &file, &receiver, json).await
            }
            Action::Replay { choice, to, limit, dry_run, file, receiver, json } => {
                let parking = parking(&receiver, &file).await?;
                let to = to.map(|queue| parking.queue_named(&queue)).transpose()?;
                let order = replay::Order { choice: choice.choice(limit), to, dry_run };
                let depth = parking.depth().await?;
                let progress = open_progress(if dry_run { "looking" } else { "replaying" });
                progress.set_length(depth.visible as u64);
                let report = replay::replay(&parking, &order, &Stop::on_ctrl_c(), &progress).await;
                progress.finish_and_clear();
                let report = report?;
                print(&if json { format!("{:#}\n", report.to_json()) } else { report.to_text() })?;
                if file.file.is_some() && !dry_run {
                    warn(
                        "the file keeps its messages: a second replay sends them again, with the same event_id",
                    );
                }
                Ok(exit_code(report.is_ok()))
            }
            Action::Delete(delete) => delete.run().await,
        }
    }
}

impl Delete {
    async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let target = match (self.message_id, self.reason.as_deref().and_then(Reason::named)) {
            (Some(start), _) => Target::Message(start),
            (None, Some(reason)) => Target::Parked { reason, event_type: self.event_type },
            (None, None) => {
                return Usage::error("no message is named: expected the id of a message, or --reason");
            }
        };
        if !self.yes && !self.dry_run && !ask::can_ask() {
            return Usage::error("there is no terminal to ask on: expected --yes, or --dry-run");
        }
        let save =
            (!self.no_save).then(|| self.save.unwrap_or_else(|| delete::default_file(SystemTime::now())));
        let order = delete::Order { target, incomplete: self.incomplete, dry_run: self.dry_run, save };
        let parking = parking(&self.receiver, &FromFile { file: None }).await?;
        let stop = Stop::on_ctrl_c();
        let confirm = async |plan: &Plan| {
            let messages = counted(plan.count(), "message");
            let queue = parking.queue_url().name();
            let table = format!("{}{messages} of {queue}\n\n", plan.to_text());
            if self.dry_run {
                if !self.json {
                    // A failure also fails the report, which follows on the same output.
                    drop(print(&table));
                }
                return false;
            }
            print_error(&table);
            let how = match &order.save {
                Some(path) => format!("Save to {} and delete?", path.display()),
                None => "Delete for good, without saving?".to_owned(),
            };
            self.yes || ask::confirms(&how, &stop).await
        };
        let report = delete::delete(&parking, &order, confirm, &stop).await?;
        print(&if self.json { format!("{:#}\n", report.to_json()) } else { report.to_text() })?;
        Ok(exit_code(report.is_ok()))
    }
}

async fn list_all(
    choice: Choice,
    file: &FromFile,
    receiver: &Receiver,
    json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let parking = parking(receiver, file).await?;
    let progress = open_progress("listing");
    let listing = list::list(&parking, &choice, &Stop::on_ctrl_c(), &progress).await;
    progress.finish_and_clear();
    let listing = listing?;
    print(&if json { format!("{:#}\n", listing.to_json()) } else { listing.to_text() })?;
    Ok(ExitCode::SUCCESS)
}

async fn show_one(
    message_id: &str,
    body: Body<'_>,
    file: &FromFile,
    receiver: &Receiver,
    json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let parking = parking(receiver, file).await?;
    let progress = open_progress("looking");
    let shown = show::show(&parking, message_id, &Stop::on_ctrl_c(), &progress).await;
    progress.finish_and_clear();
    let shown = shown?;
    let raw = shown.raw();
    match body {
        Body::Printed if !json && raw.is_ok() && stdout().is_terminal() && !shown.is_printable() => {
            return Err("the body is not plain text, and a terminal obeys its control characters: write it to a file with --output".into());
        }
        Body::In(path) => write_body(path, raw)?,
        Body::Printed | Body::Hidden => {}
    }
    if !matches!(body, Body::Hidden) {
        warn("the body can hold personal data: store and share it with care");
    }
    print(&if json { format!("{:#}\n", shown.to_json(body)) } else { shown.to_text(body) })?;
    Ok(exit_code(raw.is_ok()))
}

/// Writes a readable body to a new file. An unreadable one is reported with the message.
fn write_body(path: &Path, raw: Result<&bytes::Bytes, &str>) -> Result<(), String> {
    let Ok(raw) = raw else { return Ok(()) };
    private_file::write(path, raw).map_err(|error| {
        format!("{} cannot be written ({error}): choose another file with --output", path.display())
    })
}

async fn parking(receiver: &Receiver, file: &FromFile) -> Result<Parking, Box<dyn Error>> {
    let saved = file.file.as_deref().map(Saved::open).transpose()?;
    let parking = Parking::of(&receiver.settings()?, receiver.endpoint_url(), saved).await?;
    if parking.depth().await?.has_redrive_policy {
        warn(
            "the parking queue has a redrive policy: remove it, because SQS moves messages away after enough looks",
        );
    }
    Ok(parking)
}

fn exit_code(is_ok: bool) -> ExitCode {
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn queue(text: &str) -> Result<String, &'static str> {
    let name = QueueUrl::name_in(text);
    if name.is_empty() { Err("expected a queue's slug, name or URL") } else { Ok(text.to_owned()) }
}

fn message_id(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("expected the beginning of a message's id") } else { Ok(text.to_owned()) }
}
