//! A contender as a process, under a Runtime API and an SQS of its own.

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use prelude_local::{
    aws::runtime_api::{Invocation, Options, RuntimeApi},
    prelude::samples,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    contender::Contender,
    cpu,
    error::{BenchError, Named as _, Result},
    sqs::Sqs,
};

/// TLS of the local SQS: its server side, and the authority's certificate for the functions.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) authority: PathBuf,
}

/// Running contender. Dropping it kills the process.
pub(crate) struct Function {
    name: String,
    runtime_api: RuntimeApi,
    sqs: Sqs,
    child: Child,
    pid: u32,
    started: Instant,
    log: Arc<Mutex<VecDeque<String>>>,
}

/// Answer to an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status; `None` if the function failed.
    pub(crate) status: Option<u64>,
    /// Time from the event to the answer.
    pub(crate) took: Duration,
}

/// Longest time of a start or an invocation. Lambda's own limit on an invocation is 15 minutes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Number of the last lines of the log that an error quotes.
const LINES: usize = 5;

impl Function {
    /// Starts the process.
    pub(crate) async fn start(contender: &Contender, tls: Option<&Tls>) -> Result<Self> {
        let runtime_api = RuntimeApi::start().await.named("the Runtime API")?;
        let sqs = Sqs::start(tls.map(|tls| &tls.acceptor)).await.named("the local SQS")?;
        let mut environment = samples::environment()?;
        environment.push(("AWS_ENDPOINT_URL_SQS".to_owned(), sqs.endpoint()));
        environment.push(("AWS_LAMBDA_LOG_FORMAT".to_owned(), "JSON".to_owned()));
        environment.push(("AWS_LAMBDA_LOG_LEVEL".to_owned(), "INFO".to_owned()));
        if let Some(tls) = tls {
            // The variables of the AWS SDKs for Rust, JavaScript and Python.
            for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"] {
                environment.push((name.to_owned(), tls.authority.display().to_string()));
            }
        }
        environment.extend(contender.environment.iter().cloned());
        let mut command = Command::from(runtime_api.command(&contender.program, environment));
        command
            .args(&contender.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn().named(contender.program.display())?;
        let log = Arc::default();
        let pid = child.id().unwrap_or_default();
        drain(child.stdout.take(), &log);
        drain(child.stderr.take(), &log);
        Ok(Self { name: contender.name.clone(), runtime_api, sqs, child, pid, started, log })
    }

    /// SQS of this process.
    pub(crate) const fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    /// Time from the start of the process to its first request for an event.
    pub(crate) async fn first_poll(&mut self) -> Result<Duration> {
        tokio::select! {
            polled = self.runtime_api.first_poll(PATIENCE) => match polled {
                Ok(at) => Ok(at - self.started),
                Err(_) => Err(self.failure("it does not ask for an event")),
            },
            ended = self.child.wait() => {
                let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(self.failure(&format!("it ended at its start, {status}")))
            }
        }
    }

    /// Invokes the function once.
    pub(crate) async fn invoke(&self, event: &Bytes) -> Result<Answer> {
        let started = Instant::now();
        let invoked = self.runtime_api.invoke(event.clone(), Options::default(), PATIENCE).await;
        let took = started.elapsed();
        match invoked {
            Ok(Invocation::Response(answer)) => {
                Ok(Answer { status: answer.get("statusCode").and_then(serde_json::Value::as_u64), took })
            }
            Ok(Invocation::Error(_)) => Ok(Answer { status: None, took }),
            Err(_) => Err(self.failure("it does not answer")),
        }
    }

    /// CPU time of the process so far, with the threads that have ended.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu::time_of(self.pid).named(format!("the CPU time of {}", self.name))
    }

    /// Peak memory so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).named(&path)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kilobytes.ok_or_else(|| self.failure("its peak memory is unknown"))? * 1024)
    }

    /// Ends the process.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.named(format!("the end of {}", self.name))
    }

    /// Error of this contender, with the end of its log.
    pub(crate) fn failure(&self, problem: &str) -> BenchError {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<_> = log.iter().map(String::as_str).collect();
        BenchError::Contender(self.name.clone(), format!("{problem}; its log ends: {}", lines.join("\n")))
    }
}

/// Reads a pipe, because a full pipe blocks the process that writes to it. Keeps the last lines.
fn drain(pipe: Option<impl AsyncRead + Send + Unpin + 'static>, log: &Arc<Mutex<VecDeque<String>>>) {
    let Some(pipe) = pipe else { return };
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_back(line);
            if log.len() > LINES {
                log.pop_front();
            }
        }
    });
}
