//! The Lambda function: reads the environment, builds the receiver, and runs it.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use lambda_runtime::{LambdaEvent, service_fn};
use prelude_webhooks::{
    authenticate::keys::https::HttpsKeySets,
    config::Config,
    lambda::{Handler, Invocation},
    publish::sqs::SqsSender,
    receiver::Receiver,
    telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let started = Instant::now();
    if let Some(missing) = RUNTIME_VARIABLES.into_iter().find(|name| std::env::var_os(name).is_none()) {
        eprintln!(
            "prelude-webhooks is an AWS Lambda function and {missing} is not set, so this is not Lambda: \
             run `cargo demo` to see it at work on this machine."
        );
        return ExitCode::FAILURE;
    }
    let variable = |name| std::env::var(name).ok();
    let log_level = variable("AWS_LAMBDA_LOG_LEVEL");
    telemetry::start(log_level.as_deref(), variable("AWS_LAMBDA_LOG_FORMAT").as_deref(), io::stdout);
    std::panic::set_hook(Box::new(|panic| {
        // Only the place is logged, because the message may quote the request.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(code = "panic", place);
    }));
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())));
    let config = match Config::read(variables, |path| std::fs::read_to_string(path)) {
        Ok(config) => config,
        Err(errors) => {
            for problem in &errors.0 {
                tracing::error!(code = "bad_configuration", variable = &*problem.variable, "{problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    for warning in &config.warnings {
        tracing::warn!(code = "configuration", variable = &*warning.variable, "{warning}");
    }
    let sender = SqsSender::from_environment(config.routes.parking()).await;
    let function_name = variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let metrics = config.metrics.writer(&function_name, log_level.as_deref(), write_line);
    let receiver = Receiver::new(config, HttpsKeySets::default(), sender).with_metrics(metrics);
    drop(receiver.warm_up());
    let handler = Arc::new(Handler::new(receiver, started.elapsed()));
    let answer = move |event: LambdaEvent<Invocation>| {
        let handler = Arc::clone(&handler);
        async move { handler.handle(event).await }
    };
    // A task of its own, because each waking of the main future costs a system call.
    match tokio::spawn(lambda_runtime::run(service_fn(answer))).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // The hook has logged the panic.
        Err(_panicked) => ExitCode::FAILURE,
        Ok(Err(_error)) => {
            tracing::error!(code = "runtime_failed", "the Lambda Runtime API is unreachable");
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard output at once. An output that is closed must not fail the request.
fn write_line(line: &str) {
    if let Err(_closed) = io::stdout().write_all(line.as_bytes()) {}
}

/// Variables that Lambda always sets and `lambda_runtime` requires.
const RUNTIME_VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];
