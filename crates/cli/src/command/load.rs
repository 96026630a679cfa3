//! `prelude load`: checks under load and faults that no accepted event is lost.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use prelude_cli::{
    load::{self, Plan},
    terminal::{Look, print, progress},
};

/// Send thousands of deliveries through an SQS that fails, and account for every event.
///
/// Runs copies of the function, an SQS and a stand-in for Prelude on this machine. The rate doubles four times. A share
/// of the deliveries meets faults of SQS: throttling, outages, failed entries, denied queues, broken connections, lost,
/// late and missing answers. Deliveries without a 200 are retried like Prelude's, with milliseconds for minutes. Finally
/// every queue is read. An event that was answered with 200 but is in no queue is lost, and the run fails.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo prelude load\n  cargo build --release && cargo prelude load --binary target/release/prelude-webhooks --json\n\nExit codes: 0 every event is accounted for, 1 failed check or error, 2 wrong command line."
)]
pub(crate) struct Load {
    /// Number of deliveries
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = at_least_one)]
    deliveries: usize,
    /// Number of copies of the function, each with one request at a time
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = at_least_one)]
    functions: usize,
    /// Binary of the function, run as processes (default: the function runs in this process)
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Share of deliveries that meet a fault, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = share)]
    faults: f64,
    /// Seed of another run, to repeat its deliveries and faults
    #[arg(long)]
    seed: Option<u64>,
    /// Deliveries per second at the start; doubled four times
    #[arg(long, value_name = "PER SECOND", default_value_t = 50.0, value_parser = rate)]
    rate: f64,
    /// Timeout of the function in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 9, value_parser = clap::value_parser!(u64).range(1..=900))]
    function_timeout: u64,
    /// Print one JSON object instead of the tables
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|count| (1..=1_000_000).contains(count))
        .ok_or("expected a number from 1 to 1000000")
}

fn share(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or("expected a number from 0 to 1")
}

fn rate(text: &str) -> Result<f64, &'static str> {
    text.parse()
        .ok()
        .filter(|rate| (0.1..=100_000.0).contains(rate))
        .ok_or("expected a number from 0.1 to 100000")
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
