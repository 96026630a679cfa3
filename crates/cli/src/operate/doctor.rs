//! Checks a receiver's settings, keys, queues and clock, and reports the checks that could not run.

mod clock;
mod exposure;
mod keys;
mod limits;
mod queues;
mod report;
mod sources;

use prelude_events::Source;
use prelude_webhooks::{config::Config, route::QueueType};

pub use report::{Finding, Group, Report, State};

use super::aws::Aws;
use crate::environment::{Environment, EnvironmentError};
use prelude_local::http_client::Client;

/// Extent of the checks.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Make no network call.
    pub offline: bool,
    /// Address of SQS, which wins over the settings and AWS's own address.
    pub endpoint_url: Option<String>,
}

/// Runs all checks.
pub async fn examine(settings: &Environment, scope: &Scope) -> Report {
    let mut configuration = Group::new("configuration");
    let config = match settings.config() {
        Ok(config) => config,
        Err(error) => {
            match error {
                EnvironmentError::Config(errors) => {
                    errors.0.iter().for_each(|problem| configuration.fail(problem.to_string()));
                }
                other => configuration.fail(other.to_string()),
            }
            let mut rest = Group::new("keys, queues, clock");
            rest.unknown("not checked: the receiver does not start with this configuration");
            return Report { groups: vec![configuration, limits::group(settings), rest] };
        }
    };
    configuration.ok(summary(&config));
    for warning in &config.warnings {
        configuration.warn(warning.to_string());
    }
    let mut groups = vec![configuration, limits::group(settings), exposure::group(&config, settings)];
    if scope.offline {
        let mut rest = Group::new("keys, queues, clock");
        rest.unknown("not checked: --offline");
        groups.push(rest);
        return Report { groups };
    }
    let mut clock = Group::new("clock");
    match Client::with_patience(clock::PATIENCE) {
        Ok(client) => {
            groups.push(keys::group(&config, &client, &mut clock).await);
            let aws = Aws::connect(settings, config.routes.parking(), scope.endpoint_url.as_deref()).await;
            let (queues, place) = match aws {
                Ok(aws) => (queues::group(&config, &aws).await, aws.endpoint_url),
                Err(error) => {
                    let mut queues = Group::new("queues");
                    queues.fail(error.to_string());
                    (queues, None)
                }
            };
            groups.push(queues);
            let place = place.or_else(|| clock::origin_of(config.routes.parking().as_str()));
            clock::ask(&client, place.as_deref(), &mut clock).await;
        }
        Err(error) => clock.fail(error.to_string()),
    }
    groups.push(clock);
    Report { groups }
}

fn summary(config: &Config) -> String {
    let unsigned: Vec<_> = config.accept_unsigned.iter().copied().map(Source::as_str).collect();
    format!(
        "can be used: {} Session app(s), {} account key(s), unsigned: {}, {} {} queue(s)",
        config.apps.len(),
        config.account_keys.len(),
        if unsigned.is_empty() { "none".to_owned() } else { unsigned.join(", ") },
        config.routes.queue_urls().count(),
        match config.routes.queue_type() {
            QueueType::Standard => "standard",
            QueueType::Fifo => "FIFO",
        },
    )
}
