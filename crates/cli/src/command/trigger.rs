//! `prelude trigger`: sends signed events to a receiver.

use std::{error::Error, path::PathBuf, process::ExitCode, time::SystemTime};

use prelude_cli::{
    input::Input,
    operate::stop::Stop,
    terminal::{Look, ProgressBar, print, progress, warn},
    trigger::outgoing::Tamper,
    trigger::sign::SigningKeys,
    trigger::{self, Assignment, DEV_SQS, Order, Queues, Route, Row, Sight, SightError},
};
use prelude_events::Source;
use prelude_local::prelude::samples::APP_ID;

use super::{
    arguments::{
        event_type::{Types, TypesParser},
        url::http_url,
    },
    usage::Usage,
};

/// Sign the sample of an event type, or of all, and send it to a receiver.
///
/// Each event gets new ids and times. Without --url it goes to the stack of `prelude dev`, and the command prints the
/// queue and message id of each event. It looks into the stack's queues without receiving, so the messages stay for the
/// consumer. Ctrl-C ends the run after the request in flight, with a summary.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude trigger user.created\n  prelude trigger all\n  prelude trigger user.created --batch 25 --count 100 --rate 20\n  prelude trigger verify.attempt --set payload.delivery_status=undeliverable --set payload.price.amount=0.05\n  prelude trigger verify.attempt --tamper body --json | jq .ok\n\nExit codes: 0 every answer is the expected one (200, or 401 for a tampered or missing signature), 1 unexpected answer or error, 2 unknown event type or wrong command line."
)]
pub(crate) struct Trigger {
    /// Event type, or `all`
    #[arg(
        value_name = "TYPE|all", value_parser = TypesParser { all: true }, hide_possible_values = true,
        conflicts_with = "file"
    )]
    types: Option<Types>,
    /// Send to this URL [default: the stack of `prelude dev`, with the path token of events/.env]
    #[arg(long, value_name = "URL", value_parser = http_url)]
    url: Option<String>,
    /// Set a member of the event, as JSON if the value is JSON, otherwise as text; repeatable
    #[arg(long, value_name = "PATH=VALUE", conflicts_with = "file")]
    set: Vec<Assignment>,
    /// Send this body unchanged, signed with the key of its source (Verify V1: only with --key); - is standard input
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
    #[arg(long, value_name = "APP ID", default_value = APP_ID, conflicts_with = "file")]
    app: String,
    /// Number of events in a Session batch
    #[arg(
        long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000),
        conflicts_with = "file"
    )]
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
    /// Look for the messages in the local SQS at this address [default: the dev stack's, without --url]
    #[arg(long, value_name = "URL", value_parser = http_url)]
    sqs: Option<String>,
    /// Search another SQS than the dev stack's by receiving its messages, which counts as a receipt of each
    #[arg(long)]
    receive: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Trigger {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let order = self.order()?;
        for (path, event_type) in order.unknown_members() {
            warn(format_args!(
                "--set {path}: {event_type} has no such member, so it is added (`prelude events show {event_type}`)"
            ));
        }
        let url = self.url.clone().unwrap_or_else(trigger::dev_url);
        let since = SystemTime::now();
        let stop = Stop::on_ctrl_c();
        let (sight, unseen) = self.sight().await;
        let requests = order.requests();
        let progress = match requests {
            0..20 => ProgressBar::hidden(),
            many => progress(many, "{bar:40} {pos}/{len} {per_sec} {eta}"),
        };
        let look = Look::of_stdout();
        // Rows with received messages are printed when all messages are received.
        let prints_at_once = !self.json && !self.receive;
        let mut printed = Ok(());
        let route = Route { url: &url, rate: self.rate, sight, stop: &stop };
        let sent = trigger::send(&order, &route, |row| {
            if prints_at_once && printed.is_ok() {
                printed = progress.suspend(|| print(&trigger::row_text(row, look)));
            }
            progress.inc(1);
        })
        .await;
        progress.finish_and_clear();
        printed?;
        let mut rows = sent.map_err(|error| match self.url {
            Some(_) => error.to_string(),
            None => format!("{error} (`cargo prelude dev` starts the stack; --url names another receiver)"),
        })?;
        match unseen {
            Some(unseen) if rows.iter().any(Row::is_accepted) => warn(unseen),
            _ => {}
        }
        if self.receive {
            self.receive_messages(&mut rows, since).await;
        }
        if self.json {
            print(&format!("{:#}\n", trigger::json(&rows, requests)))?;
        } else {
            if self.receive {
                print(&rows.iter().map(|row| trigger::row_text(row, look)).collect::<String>())?;
            }
            if requests > 1 {
                print(&(trigger::closing_line(&rows, requests) + "\n"))?;
            }
        }
        let ok = rows.iter().all(|row| row.ok) && rows.len() == requests;
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Sight of the queues, or the reason for having none.
    async fn sight(&self) -> (Option<Sight>, Option<SightError>) {
        let sight = match self.endpoint() {
            _ if self.receive => return (None, None),
            Some(endpoint) => Sight::at(endpoint).await,
            None => Err(SightError::Unnamed),
        };
        match sight {
            Ok(sight) => (Some(sight), None),
            Err(error) => (None, Some(error)),
        }
    }

    fn endpoint(&self) -> Option<&str> {
        match (&self.sqs, &self.url) {
            (Some(endpoint), _) => Some(endpoint),
            (None, None) => Some(DEV_SQS),
            (None, Some(_)) => None,
        }
    }

    fn order(&self) -> Result<Order, Box<dyn Error>> {
        if self.types.is_none() && self.file.is_none() {
            return Usage::error("no event is named: expected an event type, all for every type, or --file");
        }
        if self.receive && self.endpoint().is_none() {
            return Usage::error(
                "--receive needs the address of an SQS, because --url can name any receiver: expected --sqs beside it",
            );
        }
        let types = self.types.as_ref().map(|types| types.0.clone()).unwrap_or_default();
        let has_session = types.iter().any(|event_type| event_type.source() == Some(Source::Session));
        if self.batch > 1 && !has_session {
            let batch = self.batch;
            return Usage::error(format!(
                "--batch {batch}: only Session events come in batches: omit it, or name a session type of `prelude events`"
            ));
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

    /// Receives the messages of accepted events. A failure is only a warning, because the events are accepted anyway.
    async fn receive_messages(&self, rows: &mut [Row], since: SystemTime) {
        let Some(endpoint) = self.endpoint() else { return };
        if rows.len() > MOST_LOOKS {
            warn(format_args!(
                "the messages are not searched for, because there are more than {MOST_LOOKS} requests"
            ));
            return;
        }
        let received = match Queues::at(endpoint).await {
            Ok(queues) => trigger::receive(rows, &queues, since).await,
            Err(error) => Err(error),
        };
        if let Err(error) = received {
            warn(error);
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
