//! The flags of commands that look after one receiver's queues.

use std::path::PathBuf;

use prelude_cli::environment::{Environment, EnvironmentError};

/// Which receiver.
#[derive(Debug, clap::Args)]
pub(crate) struct Receiver {
    /// Read the receiver's settings from this file, in place of the environment
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Reach SQS at this address (default: AWS_ENDPOINT_URL_SQS, then AWS itself)
    #[arg(long, value_name = "URL")]
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
