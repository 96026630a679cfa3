//! `prelude events`: lists the event types.

use std::{error::Error, process::ExitCode};

use clap::Subcommand;
use prelude_cli::{
    catalogue,
    terminal::{Look, print},
};
use prelude_events::schema;

use super::arguments::event_type::{Types, TypesParser};

/// List every event type: source, authentication, queue, meaning.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude events\n  prelude events --json | jq -r '.[].type'\n  prelude events show user.created\n\nExit codes: 0 printed, 1 error, 2 unknown event type or wrong command line."
)]
pub(crate) struct Events {
    #[command(subcommand)]
    command: Option<EventsCommand>,
    /// Print one JSON array instead of the table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    Show(Show),
}

/// Print all about one event type: meaning, members, sample, JSON Schema.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude events show verify.attempt\n  prelude events show verify.attempt --sample | prelude sign -\n  prelude events show verify.attempt --schema > verify.attempt.schema.json\n\nExit codes: 0 printed, 1 error, 2 unknown event type or wrong command line."
)]
struct Show {
    /// Event type
    #[arg(value_name = "TYPE", value_parser = TypesParser { all: false }, hide_possible_values = true)]
    types: Types,
    /// Print only the body that Prelude sends: the sample, in its batch for a Session event
    #[arg(long, conflicts_with_all = ["schema", "json"])]
    sample: bool,
    /// Print only the JSON Schema
    #[arg(long, conflicts_with = "json")]
    schema: bool,
    /// Print all parts as one JSON object
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let text = match self.command {
            Some(EventsCommand::Show(show)) => show.text()?,
            None if self.json => serde_json::to_string_pretty(&catalogue::rows())? + "\n",
            None => catalogue::table(Look::of_stdout()),
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn text(&self) -> Result<String, Box<dyn Error>> {
        let mut text = String::new();
        for event_type in &self.types.0 {
            text += &match (self.sample, self.schema, self.json) {
                (true, ..) => catalogue::delivery(event_type),
                (_, true, _) => schema::json_schema(event_type).map(|schema| format!("{schema:#}\n")),
                (.., true) => catalogue::type_json(event_type).map(|parts| format!("{parts:#}\n")),
                _ => catalogue::type_page(event_type, Look::of_stdout()),
            }
            .ok_or("this type has no documentation")?;
        }
        Ok(text)
    }
}
