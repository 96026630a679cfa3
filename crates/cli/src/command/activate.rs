//! `prelude activate`: registers and activates a Session webhook at Prelude.

use std::{error::Error, path::PathBuf, process::ExitCode};

use prelude_cli::{
    catalogue,
    environment::Environment,
    operate::activate::{self, Api, Plan, Registration},
    terminal::print,
};
use prelude_webhooks::authenticate::is_loopback;

use super::arguments::url::http_url;

/// Register the receiver for a Session app at Prelude, and activate it.
///
/// Prelude calls the receiver at once, and the command explains a refusal. It is safe to re-run: it takes an existing
/// webhook with the same URL, adds missing event types, and leaves an active webhook unchanged.
///
/// Reads the management key from PRELUDE_CLI_MANAGEMENT_KEY, and the verification token from
/// PRELUDE_CLI_VERIFICATION_TOKEN, otherwise from PRELUDE_APPS, where the token must not be a digest.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  export PRELUDE_CLI_MANAGEMENT_KEY=… PRELUDE_CLI_VERIFICATION_TOKEN=…\n  prelude activate --app 54e9ujn --url https://hooks.example.com/webhooks --dry-run\n  prelude activate --app 54e9ujn --url https://hooks.example.com/webhooks\n\nExit codes: 0 active, or dry run done, 1 not active or error, 2 wrong command line."
)]
pub(crate) struct Activate {
    /// Id of the app at Prelude
    #[arg(long, value_name = "APP_ID", value_parser = app_id)]
    app: String,
    /// URL of the receiver, with its path token if there is one
    #[arg(long, value_name = "URL", value_parser = registered_url)]
    url: String,
    /// Event types to receive, separated by commas (default: every type of Session)
    #[arg(long, value_delimiter = ',', value_name = "TYPES", value_parser = session_event)]
    events: Vec<&'static str>,
    /// Activate this webhook without searching for one
    #[arg(long, value_name = "WEB_ID", conflicts_with_all = ["new", "replace"])]
    webhook_id: Option<String>,
    /// Create a webhook even if Prelude does not list the existing ones
    #[arg(long)]
    new: bool,
    /// Delete the webhook with this URL and create another, for example to change its token
    #[arg(long)]
    replace: bool,
    /// Change nothing, and print the planned steps
    #[arg(long)]
    dry_run: bool,
    /// Read the receiver's settings from this file instead of the environment
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// URL of Prelude's management API
    #[arg(long, value_name = "URL", default_value = activate::BASE_URL, value_parser = http_url)]
    base_url: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Activate {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let process = Environment::of_process();
        let key = process
            .text("PRELUDE_CLI_MANAGEMENT_KEY")
            .ok_or("PRELUDE_CLI_MANAGEMENT_KEY is not set: create a management key in Prelude's dashboard")?;
        let settings = Environment::read(self.env_file.as_deref())?;
        let given = process.text("PRELUDE_CLI_VERIFICATION_TOKEN").map(str::to_owned);
        let registration = Registration {
            verification_token: activate::verification_token(given, &self.app, &settings)?,
            events: if self.events.is_empty() { activate::session_events() } else { self.events },
            url: self.url,
            app_id: self.app,
        };
        let api = Api::new(&self.base_url, key, &registration.app_id)?;
        let plan =
            Plan { dry_run: self.dry_run, webhook_id: self.webhook_id, new: self.new, replace: self.replace };
        let outcome = activate::activate(&api, &registration, &plan).await?;
        print(&if self.json { serde_json::to_string_pretty(&outcome)? + "\n" } else { outcome.to_text() })?;
        Ok(if outcome.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn registered_url(text: &str) -> Result<String, &'static str> {
    let url = http_url(text)?;
    if url.starts_with("https://") || is_loopback(&url) {
        Ok(url)
    } else {
        Err("expected https://, because Prelude calls it over the Internet")
    }
}

fn app_id(text: &str) -> Result<String, &'static str> {
    let is_app_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_app_id { Ok(text.to_owned()) } else { Err("expected letters, digits and hyphens only") }
}

fn session_event(text: &str) -> Result<&'static str, String> {
    let events = activate::session_events();
    events.iter().find(|name| **name == text).copied().ok_or_else(|| {
        let nearest: Vec<_> =
            catalogue::nearest(text).into_iter().filter(|name| events.contains(name)).collect();
        match nearest.as_slice() {
            [] => "unknown event type of Session: `prelude events` lists all types".to_owned(),
            names => format!("unknown event type of Session: did you mean {}?", names.join(" or ")),
        }
    })
}
