//! `prelude sign`: prints the signature header that Prelude would send.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    input::Input,
    terminal::{print, warn},
    trigger::sign::{self, SIGNATURE_HEADER, SaltLength, SignError, Signer, SigningKeys},
};
use serde_json::json;

use super::{arguments::url::http_url, usage::Usage};

/// Sign a body, and print the value of X-Webhook-Signature.
///
/// Signs with a key of tests/keys: the app's for a Session batch, otherwise the account's.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  prelude sign body.json\n  prelude events show verify.attempt --sample | prelude sign - --json\n  prelude sign body.json --curl http://127.0.0.1:9000/webhooks/sample-path-token-0123456789abcdef | sh\n\nExit codes: 0 signed, 1 error, 2 wrong command line."
)]
pub(crate) struct Sign {
    /// File with the body; - is standard input
    #[arg(value_name = "FILE")]
    body: Input,
    /// Sign with the Session app's test key, also if the body is not a batch
    #[arg(long, conflicts_with = "key")]
    app: bool,
    /// Sign with this private key, a PEM file (PKCS#8 or PKCS#1)
    #[arg(long, value_name = "PEM")]
    key: Option<PathBuf>,
    /// Bytes of salt: a number, `digest` (32) or `max`; the receiver accepts any
    #[arg(long, value_name = "BYTES", default_value = "digest")]
    salt_length: SaltLength,
    /// Print a curl command that delivers the body to this URL
    #[arg(long, value_name = "URL", conflicts_with = "json", value_parser = http_url)]
    curl: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Sign {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let body = self.body.read()?;
        let signer = if self.app { Signer::App } else { Signer::of(&body) };
        let keys = SigningKeys::read(self.key.as_deref())?;
        let key = keys.key(signer);
        let value = match sign::header_value(&body, key, self.salt_length) {
            Err(error @ SignError::SaltTooLong(_)) => {
                return Usage::error(format!("--salt-length {}: {error}", self.salt_length));
            }
            signed => signed?,
        };
        if let Some(event_type) = sign::outside_its_batch(&body) {
            let key = if self.key.is_some() { "the given key" } else { signer.key_name() };
            warn(format_args!(
                "{event_type} is a Session event without its batch, signed with {key}: \
                 Prelude sends {{\"app_id\":…,\"events\":[…]}}, which `prelude events show {event_type} --sample` prints"
            ));
        }
        let text = match (&self.curl, self.json) {
            (Some(url), _) => {
                let file = match &self.body {
                    Input::File(path) => Some(path.as_path()),
                    Input::Stdin => None,
                };
                sign::curl(url, &value, file, &body)?
            }
            (None, true) => {
                let named = json!({"header": SIGNATURE_HEADER, "value": value, "key_id": key.thumbprint()});
                format!("{named:#}")
            }
            (None, false) => value,
        };
        print(&(text + "\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
