//! `prelude sign`: prints the signature header that Prelude would send.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    input::Input,
    terminal::print,
    trigger::sign::{self, SIGNATURE_HEADER, SaltLength, Signer, SigningKeys},
};
use serde_json::json;

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
    #[arg(long, value_name = "URL", conflicts_with = "json")]
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
        let value = sign::header_value(&body, key, self.salt_length)?;
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
