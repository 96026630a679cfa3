//! The Lambda function: unsubscribes users who send STOP, and adds up the cost of verification.

mod authentication;
mod cost;
mod data_table;
mod jobs;
mod settings;
mod subscription;
mod telemetry;
mod time;

use std::{convert::Infallible, process::ExitCode};

use aws_config::BehaviorVersion;
use lambda_runtime::{LambdaEvent, service_fn};
use prelude_consumer::{Consumer, Idempotency, SqsEvent, dynamodb::Table};

use crate::{data_table::DataTable, jobs::Jobs, settings::Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::start();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function does not run");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let client = aws_sdk_dynamodb::Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    let table = Table::new(client.clone(), settings.idempotency_table);
    let jobs = Jobs { table: DataTable::new(client, settings.data_table) };
    let consumer =
        Consumer::new(|message| jobs.handle(message)).once(Idempotency::new(settings.consumer_name, table)?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = event.context.deadline();
        Ok::<_, Infallible>(consumer.consume(event.payload, deadline).await)
    }))
    .await
}
