//! `prelude trigger`: sends signed events to a receiver.

use std::{error::Error, path::PathBuf, process::ExitCode, time::SystemTime};

use prelude_cli::{
    input::Input,
    terminal::{Look, ProgressBar, print, progress},
    trigger::outgoing::Tamper,
    trigger::sign::SigningKeys,
    trigger::{self, Assignment, DEV_SQS, Order, Queues, Row},
};
use prelude_events::Source;
use prelude_local::prelude::samples::APP_ID;

use super::arguments::event_type::{Types, TypesParser};

/// Sign the sample of an event type, or of all, and send it to a receiver.
///
/// Each event gets new ids and times. Without --url it goes to the stack of `prelude dev`, and the command prints the
/// queue and message id of each event. Messages stay in their queues, but SQS counts this look as a receipt.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude trigger user.created\n  prelude trigger all\n  prelude trigger user.created --batch 25 --count 100 --rate 20\n  prelude trigger verify.attempt --set payload.delivery_status=undeliverable --set payload.price.amount=0.05\n  prelude trigger verify.attempt --tamper body --json | jq .ok\n\nExit codes: 0 every answer is the expected one (200, or 401 for a tampered or missing signature), 1 unexpected answer or error, 2 unknown event type or wrong command line."
)]
pub(crate) struct Trigger {
    /// Event type, or `all`
    #[arg(
        value_name = "TYPE|all", value_parser = TypesParser { all: true }, hide_possible_values = true,
        required_unless_present = "file", conflicts_with = "file"
    )]
    types: Option<Types>,
    /// Send to this URL [default: the stack of `prelude dev`, with the path token of events/.env]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Set a member of the event, as JSON if the value is JSON, otherwise as text; repeatable
    #[arg(long, value_name = "PATH=VALUE", conflicts_with = "file")]
    set: Vec<Assignment>,
    /// Send this body unchanged, signed with the key of its source; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<Input>,
    /// Keep the sample's own ids and times
    #[arg(long, conflicts_with = "file")]
    keep_ids: bool,
    /// Number of requests for each event type
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Number of requests per second [default: one after the other]
    #[arg(long, value_name = "PER SECOND", value_parser = rate)]
    rate: Option<f64>,
    /// App id of Session batches
    #[arg(long, value_name = "APP ID", default_value = APP_ID)]
    app: String,
    /// Number of events in a Session batch
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Part of the request to tamper with
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Tamper::None)]
    tamper: Tamper,
    /// Send no signature (Verify V1 never has one)
    #[arg(long, conflicts_with_all = ["tamper", "key"])]
    unsigned: bool,
    /// Send each request twice, byte for byte
    #[arg(long)]
    duplicate: bool,
    /// Sign with this private key, a PEM file (PKCS#8 or PKCS#1), instead of the keys of tests/keys
    #[arg(long, value_name = "PEM")]
    key: Option<PathBuf>,
    /// Expected status, instead of the usual one
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(100..=599))]
    expect: Option<u16>,
    /// Search for the messages in the SQS at this address [default: the dev stack's, without --url]
    #[arg(long, value_name = "URL")]
    sqs: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Trigger {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let order = self.order()?;
        let url = self.url.clone().unwrap_or_else(trigger::dev_url);
        let since = SystemTime::now();
        let progress = match order.requests() {
            0..20 => ProgressBar::hidden(),
            many => progress(many, "{bar:40} {pos}/{len} {per_sec} {eta}"),
        };
        let sent = trigger::send(&order, &url, self.rate, || progress.inc(1)).await;
        progress.finish_and_clear();
        let mut rows = sent.map_err(|error| match self.url {
            Some(_) => error.to_string(),
            None => format!("{error} (`cargo prelude dev` starts the stack; --url names another receiver)"),
        })?;
        self.locate(&mut rows, since).await;
        let ok = rows.iter().all(|row| row.ok);
        if self.json {
            print(&format!("{:#}\n", trigger::json(&rows)))?;
        } else {
            let closing = if rows.len() > 1 { trigger::closing_line(&rows) + "\n" } else { String::new() };
            print(&(trigger::rows_text(&rows, Look::of_stdout()) + &closing))?;
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn order(&self) -> Result<Order, Box<dyn Error>> {
        let types = self.types.as_ref().map(|types| types.0.clone()).unwrap_or_default();
        let has_session = types.iter().any(|event_type| event_type.source() == Some(Source::Session));
        if self.batch > 1 && !has_session {
            return Err("only Session events come in batches: omit --batch, or name a session type of `prelude events`".into());
        }
        Ok(Order {
            types,
            file: self.file.as_ref().map(Input::read).transpose()?,
            set: self.set.clone(),
            keep_ids: self.keep_ids,
            app_id: self.app.clone(),
            batch: usize::try_from(self.batch)?,
            count: usize::try_from(self.count)?,
            duplicate: self.duplicate,
            tamper: if self.unsigned { Tamper::Unsigned } else { self.tamper },
            keys: SigningKeys::read(self.key.as_deref())?,
            expect: self.expect,
        })
    }

    /// Finds the messages of accepted events. A failure is only a warning, because the events are accepted anyway.
    async fn locate(&self, rows: &mut [Row], since: SystemTime) {
        let endpoint = match (&self.sqs, &self.url) {
            (Some(endpoint), _) => endpoint.as_str(),
            (None, None) => DEV_SQS,
            (None, Some(_)) => return,
        };
        if rows.len() > MOST_LOOKS {
            eprintln!(
                "prelude: the messages are not searched for, because there are more than {MOST_LOOKS} requests"
            );
            return;
        }
        let located = match Queues::at(endpoint).await {
            Ok(queues) => trigger::locate(rows, &queues, since).await,
            Err(error) => Err(error),
        };
        if let Err(error) = located {
            eprintln!("prelude: {error}");
        }
    }
}

const MOST_LOOKS: usize = 1_000;

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 10_000.0 => Ok(rate),
        _ => Err("expected a number of requests, over 0 and up to 10000".to_owned()),
    }
}
