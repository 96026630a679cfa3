//! Flags of the commands for one receiver's queues.

use std::path::PathBuf;

use prelude_cli::environment::{Environment, EnvironmentError};

use super::url::http_url;

/// Receiver to operate on.
#[derive(Debug, clap::Args)]
pub(crate) struct Receiver {
    /// Read the receiver's settings from this file instead of the environment
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Reach SQS at this address (default: AWS_ENDPOINT_URL_SQS, otherwise AWS)
    #[arg(long, value_name = "URL", value_parser = http_url)]
    endpoint_url: Option<String>,
}

impl Receiver {
    pub(crate) fn settings(&self) -> Result<Environment, EnvironmentError> {
        Environment::read(self.env_file.as_deref())
    }

    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }
}
