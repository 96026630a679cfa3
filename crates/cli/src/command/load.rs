//! `prelude load`: is every event there that was answered for?

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use prelude_cli::{
    load::{self, Plan},
    terminal::{Look, print, progress},
};

/// Send thousands of deliveries through an SQS that fails, and account for every event.
///
/// Runs copies of the function, the embedded SQS and a stand-in for Prelude on this machine. The rate doubles four times.
/// A share of the deliveries meets faults of SQS: throttling, outages, failed entries, denied queues, broken connections,
/// lost and late answers, silence. What is not answered 200 is sent again as Prelude would, its minutes made milliseconds.
/// Then every queue is read: an event that was answered for and is in no queue is lost, and the run fails.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude load\n  cargo build --release && cargo prelude load --binary target/release/prelude-webhooks --json\n\nExit codes: 0 when every event is accounted for, 1 otherwise, 2 when the command line is wrong."
)]
pub(crate) struct Load {
    /// How many deliveries
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = at_least_one)]
    deliveries: usize,
    /// How many copies of the function, each with one request at a time
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = at_least_one)]
    functions: usize,
    /// The function's binary, run as processes; without it the function runs in this process
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The share of deliveries that meet a fault, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = share)]
    faults: f64,
    /// Repeats the deliveries and faults of another run
    #[arg(long)]
    seed: Option<u64>,
    /// Deliveries per second at the beginning; doubled four times
    #[arg(long, value_name = "PER SECOND", default_value_t = 50.0, value_parser = rate)]
    rate: f64,
    /// The function's timeout in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 9, value_parser = clap::value_parser!(u64).range(1..=900))]
    function_timeout: u64,
    /// Print one JSON object instead of the tables
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=1_000_000).contains(count)).ok_or("a number from 1 to 1000000")
}

fn share(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or("a number from 0 to 1")
}

fn rate(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|rate| (0.1..=100_000.0).contains(rate)).ok_or("a number from 0.1 to 100000")
}

impl Load {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let plan = Plan {
            deliveries: self.deliveries,
            functions: self.functions,
            binary: self.binary,
            faults: self.faults,
            seed: self.seed.map_or_else(getrandom::u64, Ok)?,
            rate: self.rate,
            function_timeout: Duration::from_secs(self.function_timeout),
        };
        let progress = progress(plan.deliveries, "{bar:30} {pos}/{len} answered, {elapsed}");
        let bar = progress.clone();
        let report = load::run(&plan, move || bar.inc(1)).await;
        progress.finish_and_clear();
        let report = report?;
        let text = if self.json { report.to_json()? + "\n" } else { report.to_table(Look::of_stdout()) };
        print(&text)?;
        Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
