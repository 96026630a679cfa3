//! Files of the document: the page with its tables, and the plots.

use prelude_local::sections::replaced;

use super::{Table, bars, goals, number, scale, tables};
use crate::{
    error::{BenchError, Result},
    results::{Measure, Results, Wire},
};

/// Name of the page, below `docs`.
pub(crate) const DOCUMENT: &str = "performance.md";

/// Name of the raw figures, below `docs`.
pub(crate) const RESULTS: &str = "performance.json";

/// Names and texts of all files. `page` is the page with the tables of an earlier run, whose prose stays.
pub(crate) fn files(results: &Results, page: &str) -> Result<Vec<(&'static str, String)>> {
    let page = replaced(DOCUMENT, page, MARK, |name| section(results, name));
    Ok(vec![
        (DOCUMENT, page.map_err(|error| BenchError::Document(error.to_string()))?),
        ("performance-scale.svg", scale::plot(results)),
        ("performance-cpu.svg", bars::plot(results, "CPU per request", &bars::CPU)),
        ("performance-process.svg", bars::plot(results, "Start and memory", &bars::PROCESS)),
    ])
}

const MARK: &str = ": written by cargo performance";

fn section(results: &Results, name: &str) -> std::result::Result<Vec<String>, String> {
    let table = match name {
        "goals" => goals::table(results),
        "contenders" => tables::contenders(results),
        "memory and size" => tables::footprint(results),
        "machine" => machine(results),
        _ => {
            let (what, wire) = match name.strip_suffix(" over TLS") {
                Some(what) => (what, Wire::Tls),
                None => (name, Wire::Plain),
            };
            match what {
                "CPU" => tables::requests(results, Measure::Cpu, wire),
                "CPU ratios" => tables::ratios(results, Measure::Cpu, wire),
                "time" => tables::requests(results, Measure::Wall, wire),
                "start" => tables::starts(results, wire),
                _ => return Err(format!("unknown section `{name}`")),
            }
        }
    };
    Ok(table.to_markdown())
}

fn machine(results: &Results) -> Table {
    let machine = &results.machine;
    let minutes = format!("{} min {} s", results.seconds / 60, results.seconds % 60);
    let facts = [
        ("date", machine.date.clone()),
        ("duration, without builds", minutes),
        ("processor", machine.processor.clone()),
        ("processors", machine.cores.to_string()),
        ("memory", format!("{} GB", number(machine.memory as f64 / 1e9, 0))),
        ("load before the run", machine.load.clone()),
        ("kernel", machine.kernel.clone()),
    ];
    let facts = facts.map(|(name, value)| vec![name.to_owned(), value]).into_iter();
    let versions = machine.versions.iter().map(|(name, version)| vec![name.clone(), version.clone()]);
    Table { header: vec![String::new(), String::new()], rows: facts.chain(versions).collect() }
}
