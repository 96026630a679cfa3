//! The machine of a run, and the versions of everything measured.

use std::{fs, process::Command, thread::available_parallelism};

use serde::{Deserialize, Serialize};

/// The machine, the day and the versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Day of the run, in UTC.
    pub(crate) date: String,
    /// Model of the processor.
    pub(crate) processor: String,
    /// Number of processors that the run may use.
    pub(crate) cores: usize,
    /// Memory in bytes.
    pub(crate) memory: u64,
    /// Mean number of processes that were running in the minute before the run. More than zero disturbs the figures.
    pub(crate) load: String,
    /// Name and version of the kernel, and the architecture.
    pub(crate) kernel: String,
    /// Names and versions of languages and libraries.
    pub(crate) versions: Vec<(String, String)>,
}

impl Machine {
    /// This machine.
    pub(crate) fn here() -> Self {
        let line = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).to_owned()
        };
        let kilobytes = line("/proc/meminfo", "MemTotal:").trim_end_matches(" kB").parse().unwrap_or(0_u64);
        Self {
            date: output("date", &["-u", "+%F"]),
            processor: line("/proc/cpuinfo", "model name"),
            cores: available_parallelism().map_or(1, usize::from),
            memory: kilobytes * 1024,
            load: line("/proc/loadavg", "").split(' ').next().unwrap_or_default().to_owned(),
            kernel: output("uname", &["-srm"]),
            versions: vec![
                ("rustc".to_owned(), output("rustc", &["--version"]).replacen("rustc ", "", 1)),
                ("aws-sdk-sqs (Rust)".to_owned(), locked("aws-sdk-sqs")),
                ("lambda_runtime (Rust)".to_owned(), locked("lambda_runtime")),
            ],
        }
    }
}

/// First line of a command's output; empty if it fails.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Version of a package in the workspace's lock file.
fn locked(package: &str) -> String {
    let lock = include_str!("../../../Cargo.lock");
    let found = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")));
    let version = found.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next());
    version.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_has_the_versions() {
        assert!(locked("aws-sdk-sqs").starts_with("1."));
        assert!(locked("lambda_runtime").starts_with("1."));
        assert_eq!(locked("no-such-package"), "");
    }
}
