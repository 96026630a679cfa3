//! `prelude verify`: verifies a body's signature like the receiver.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    diagnose::verify::{self, KeySetPlace, KnownKeys},
    environment::{Environment, EnvironmentError},
    input::Input,
    terminal::{Look, print},
};
use prelude_local::aws::sqs::EmbeddedSqs;

/// Verify a body's signature like the receiver, and print the step that fails and the keys that were tried.
///
/// The keys come from the receiver's settings (environment or file), or from --public-key and --jwks.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude verify body.json --env-file events/.env --signature \"$(prelude sign body.json)\"\n  prelude verify body.json --signature rsassa-pss-sha256=… --jwks https://54e9ujn.session.prelude.dev/.well-known/jwks.json\n\nExit codes: 0 the signature is genuine, 1 failed check or error, 2 wrong command line."
)]
pub(crate) struct Verify {
    /// File with the exact bytes of the body; - is standard input
    #[arg(value_name = "FILE")]
    body: Input,
    /// Value of X-Webhook-Signature
    #[arg(long, value_name = "VALUE")]
    signature: String,
    /// Read the receiver's settings from this file instead of the environment
    #[arg(long, value_name = "FILE", conflicts_with_all = ["public_key", "jwks"])]
    env_file: Option<PathBuf>,
    /// Public key in a PEM file; repeatable
    #[arg(long, value_name = "PEM")]
    public_key: Vec<PathBuf>,
    /// Key set in a file or at an https:// URL; repeatable
    #[arg(long, value_name = "FILE|URL")]
    jwks: Vec<KeySetPlace>,
    /// Fetch no key set
    #[arg(long)]
    offline: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let body = self.body.read()?;
        let keys = self.keys()?;
        let outcome = verify::verify(body.into(), &self.signature, keys, self.offline).await;
        print(&if self.json {
            serde_json::to_string_pretty(&outcome)? + "\n"
        } else {
            verify::page(&outcome, Look::of_stdout())
        })?;
        Ok(if outcome.verified { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn keys(&self) -> Result<KnownKeys, Box<dyn Error>> {
        let mut named = KnownKeys::default();
        for path in &self.public_key {
            named.add_pem(path)?;
        }
        for place in &self.jwks {
            named.add_jwks(place)?;
        }
        if !named.is_empty() {
            return Ok(named);
        }
        let environment = Environment::read(self.env_file.as_deref())?;
        // Verifying sends nothing, so the settings need no queue.
        let prefix = EmbeddedSqs::queue_url_prefix("prelude-webhooks-");
        let config =
            environment.config_with(&[("PRELUDE_QUEUE_URL_PREFIX", &prefix)]).map_err(
                |error| match error {
                    EnvironmentError::NoSettings => {
                        format!("{error}, or keys with --public-key or --jwks").into()
                    }
                    error => Box::<dyn Error>::from(error),
                },
            )?;
        let keys = KnownKeys::of_config(&config);
        if keys.is_empty() {
            return Err("no key to verify with: use --public-key or --jwks, or set PRELUDE_PUBLIC_KEYS or PRELUDE_APPS".into());
        }
        Ok(keys)
    }
}
