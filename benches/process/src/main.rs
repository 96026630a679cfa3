//! `cargo performance`: measures the receiver's process beside floors and functions in Node.js and Python.

mod case;
mod contender;
mod cpu;
mod error;
mod install;
mod machine;
mod measure;
mod process;
mod progress;
mod report;
mod results;
mod run;
mod sqs;
mod statistics;
mod tls;

use std::{
    fs,
    io::{Write as _, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser as _;

use error::{BenchError, Named as _, Result};
use results::Results;

/// Measure the receiver's process beside two floors and functions in Node.js and Python, and write docs/performance.md.
///
/// Builds the release binaries, installs the functions below target/performance, and runs each as Lambda would: under a
/// Runtime API and an SQS on this machine. Takes less than ten minutes on two cores once everything is built. Needs Linux.
#[derive(Debug, clap::Parser)]
#[command(
    name = "cargo performance",
    bin_name = "cargo performance",
    after_help = "Example:\n  cargo performance --quick\n  cargo performance --quick --only receiver,equal-work --add before=/tmp/prelude-webhooks\n\nWithout --quick, --only, --without and --add, the document in docs is written.\n\nExit codes: 0 measured, 1 error, also of a contender that loses events, 2 wrong command line."
)]
struct Arguments {
    /// Measure for about a minute, without TLS, and write no document
    #[arg(long)]
    quick: bool,
    /// Measure these contenders only: receiver, receiver-metrics, bare, equal-work, node, python
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these contenders out
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    without: Vec<String>,
    /// Measure another build of the receiver too
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    add: Vec<(String, PathBuf)>,
    /// Write the document to this folder
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write the raw figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure nothing, and take the raw figures of an earlier run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "only", "without", "add", "json"])]
    from: Option<PathBuf>,
}

fn named_file(text: &str) -> std::result::Result<(String, PathBuf), &'static str> {
    let (name, file) = text.split_once('=').ok_or("expected <name>=<file>")?;
    Ok((name.to_owned(), file.into()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !cfg!(target_os = "linux") {
        progress::print_line(
            "cargo performance needs Linux: it reads CPU time and memory of processes there",
        );
        return ExitCode::FAILURE;
    }
    match interruptible(arguments).await {
        Ok(code) => code,
        Err(error) => {
            progress::print_line(&format!("cargo performance: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs until the end or Ctrl-C. Dropping the run ends its processes.
async fn interruptible(arguments: Arguments) -> Result<ExitCode> {
    tokio::select! {
        done = perform(arguments) => done.map(|()| ExitCode::SUCCESS),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(130)),
    }
}

async fn perform(arguments: Arguments) -> Result<()> {
    let is_whole = !arguments.quick
        && arguments.only.is_empty()
        && arguments.without.is_empty()
        && arguments.add.is_empty();
    let results = match arguments.from {
        Some(file) => {
            let text = fs::read_to_string(&file).named(file.display())?;
            serde_json::from_str(&text).map_err(|error| BenchError::Results(file, error))?
        }
        None => {
            let Arguments { quick, only, without, add, .. } = arguments;
            run::run(&run::Plan { quick, only, without, add }).await?
        }
    };
    // A reader that closes early is not an error.
    drop(stdout().write_all(report::summary(&results).as_bytes()));
    if let Some(file) = arguments.json {
        fs::write(&file, results.to_json()).named(file.display())?;
    }
    let docs = run::workspace().join("docs");
    match arguments.output.or_else(|| is_whole.then(|| docs.clone())) {
        Some(folder) => write(&results, &docs, &folder),
        None => Ok(()),
    }
}

/// Writes the document and its figures to a folder. The prose is that of the project's page.
fn write(results: &Results, docs: &Path, folder: &Path) -> Result<()> {
    let page = docs.join(report::DOCUMENT);
    let page = fs::read_to_string(&page).named(page.display())?;
    fs::create_dir_all(folder).named(folder.display())?;
    let figures = (report::RESULTS, results.to_json());
    for (name, text) in report::files(results, &page)?.into_iter().chain([figures]) {
        let file = folder.join(name);
        fs::write(&file, text).named(file.display())?;
    }
    progress::print_line(&format!("written: {}", folder.join(report::DOCUMENT).display()));
    Ok(())
}
