//! Runs the stack until it is stopped, and prints each delivery.

use std::sync::Arc;

use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Duration,
};

use super::{DevError, Options, Stack, delivery::Delivery, live_log, output::Output, settings::Settings};
use crate::{
    stop_signal::StopSignal,
    terminal::{Look, output_closed, warn},
};

/// End of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The answers in progress were finished.
    InOrder,
    /// A second Ctrl-C ended the run before that.
    Hurried,
}

/// Runs the stack until Ctrl-C or SIGTERM. Prints lines, or JSON: one object with the addresses, one for each delivery.
///
/// # Errors
/// The stack cannot start, or cannot continue.
pub async fn run(mut settings: Settings, options: &Options, json: bool) -> Result<Ended, DevError> {
    let output = Output::start()?;
    let mut stop = StopSignal::listen()?;
    let mut stack = Stack::start(&mut settings, options).await?;
    for warning in &stack.warnings {
        warn(warning);
    }
    let log = log(&output, stack.journal().news(), json);
    output.write(greeting(&stack, json)).await;
    stack.activate().await;
    let failure = tokio::select! {
        () = stop.received() => None,
        () = output_closed() => None,
        error = stack.failed() => Some(error),
        () = log => None,
    };
    let stopped = tokio::select! {
        stopped = stack.stop() => stopped,
        () = stop.received() => return Ok(Ended::Hurried),
    };
    output.finish(Duration::from_secs(1)).await;
    stopped?;
    failure.map_or(Ok(Ended::InOrder), |error| Err(error.into()))
}

/// Writes each delivery when it arrives.
async fn log(output: &Output, mut news: Receiver<Arc<Delivery>>, json: bool) {
    let look = Look::of_stdout();
    loop {
        match news.recv().await {
            Ok(delivery) if json => output.write(live_log::json_line(&delivery)).await,
            Ok(delivery) => output.write(live_log::lines(&delivery, look)).await,
            Err(RecvError::Lagged(missed)) => {
                warn(format_args!("{missed} deliveries are not shown, because they arrived too fast"));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn greeting(stack: &Stack, json: bool) -> String {
    let Stack { addresses, restored, queues, .. } = stack;
    if json {
        return format!("{}\n", json!({ "ready": addresses, "restored": restored }));
    }
    let put_back = if *restored > 0 { format!("; {restored} messages put back") } else { String::new() };
    format!(
        "receiver   {}\ninspector  {}\nSQS        {}  ({queues} queues with their dead-letter queues{put_back}; region {})\nkey set    {}\n\nCtrl-C stops it.\n\n",
        addresses.receiver, addresses.inspector, addresses.sqs, addresses.region, addresses.jwks
    )
}
