//! The built function in a separate process, with the environment that Lambda provides.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::runtime_api::RuntimeApi;

/// Running function. Dropping it kills the process.
pub(crate) struct FunctionProcess {
    child: Child,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl FunctionProcess {
    /// Starts `binary` with Lambda's variables, overridden by `env`.
    pub(crate) fn spawn(binary: &Path, env: &[(String, String)], runtime_api: &RuntimeApi) -> Self {
        Self::spawn_with(binary, &[], env, runtime_api)
    }

    /// [`spawn`](Self::spawn) with arguments, for a program that runs the function only with them.
    pub(crate) fn spawn_with(
        binary: &Path,
        arguments: &[&str],
        env: &[(String, String)],
        runtime_api: &RuntimeApi,
    ) -> Self {
        let mut child = runtime_api
            .command(binary, env)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        let output = Arc::default();
        let readers = vec![
            collect(child.stdout.take().unwrap(), &output),
            collect(child.stderr.take().unwrap(), &output),
        ];
        Self { child, output, readers }
    }

    /// Peak memory in kB, if the system reports it.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// CPU time of all threads, if the system reports it.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let time = |thread: std::io::Result<std::fs::DirEntry>| {
            let schedule = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            schedule.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
        };
        Some(threads.filter_map(time).sum())
    }

    /// Kills the process at once, like a crash.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lines of stdout and stderr so far, in order of arrival. Lambda also logs both together.
    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Output that contains `text`. Waits, because a line may arrive later than the answer that followed it.
    pub(crate) async fn output_containing(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let output = self.output();
            if output.contains(text) {
                return output;
            }
            assert!(Instant::now() < end, "{text:?} is not in the output:\n{output}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Exit status, after all output is read; none if the process still runs after `timeout`.
    pub(crate) async fn exit_status(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + timeout;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                for reader in self.readers.drain(..) {
                    reader.join().unwrap();
                }
                return Some(status);
            }
            if Instant::now() >= end {
                return None;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        // Fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Release binary next to the profile of the tests. With `PRELUDE_CLI_TEST_RELEASE` set, as in `.ci/run`, it must
/// exist.
///
/// # Errors
/// The binary is missing, or older than its sources. A test of an old binary would pass without notice.
pub(crate) fn release_binary() -> Result<PathBuf, String> {
    let own = Path::new(OWN_BINARY);
    let release = own.ancestors().nth(2).unwrap().join("release").join(own.file_name().unwrap());
    let age = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    // Cargo lists the sources of the binary in this file.
    let problem = match std::fs::read_to_string(release.with_extension("d")) {
        Ok(sources) if release.is_file() => {
            let (_, sources) = sources.split_once(": ").unwrap();
            let newer = sources.split_whitespace().find(|source| age(Path::new(source)) > age(&release));
            newer.map(|newer| format!("{newer} is newer than the release binary"))
        }
        _ => Some("the release binary does not exist".to_owned()),
    };
    match problem {
        Some(problem) if std::env::var_os("PRELUDE_CLI_TEST_RELEASE").is_some() => panic!("{problem}"),
        Some(problem) => Err(format!("{problem}: run `cargo build --release --locked`")),
        None => Ok(release),
    }
}

/// Binary of the profile of the tests.
pub(crate) const OWN_BINARY: &str = env!("CARGO_BIN_EXE_prelude-webhooks");

const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Reads a pipe in a thread, because a full pipe blocks the process that writes to it.
fn collect(pipe: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        // A read fails if the process was killed within a line. Earlier output is kept.
        while matches!(lines.read_until(b'\n', &mut line), Ok(length) if length > 0) {
            output.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}
