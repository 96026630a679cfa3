//! `prelude conform`: checks a receiver at any URL.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::builder::PossibleValuesParser;
use prelude_cli::{
    conform::{
        self, Identity, checks,
        identity::{IdentityError, read_key},
        report,
        target::{LIMIT, Target},
    },
    terminal::{Look, print, progress},
};
use prelude_local::prelude::{SessionApp, jwks_server::JwksServer};

use super::arguments::url::http_url;

/// Check a receiver of Prelude webhooks at any URL, with genuine deliveries and with attacks.
///
/// Sends genuine deliveries in every form that Prelude may choose, and forged, broken and hostile ones. Prints the
/// result of each check, and each fault by its name. The receiver must trust the keys that sign the test events. Never
/// trust the keys of tests/keys on the Internet, and remove generated keys after the test. Accepted events go where the
/// receiver puts real ones.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("keys").args(["local", "settings", "account_key", "apps"]).multiple(true),
    after_help = "Example:\n  cargo prelude conform --generate keys            create keys, and settings for the receiver\n  cargo prelude conform --settings keys/settings.json https://example.com/webhooks\n  cargo prelude conform --local http://127.0.0.1:9000/webhooks/sample-path-token-0123456789abcdef\n\nExit codes: 0 the receiver conforms, 1 failed check or error, 2 wrong command line."
)]
pub(crate) struct Conform {
    /// URL of the receiver, with its secret part if it has one
    #[arg(required_unless_present_any = ["list", "generate", "print_settings"], requires = "keys", conflicts_with = "generate", value_parser = http_url)]
    url: Option<String>,
    /// Sign with the keys of tests/keys, which the settings of events/.env trust
    #[arg(long, conflicts_with_all = ["settings", "account_key", "apps", "generate"])]
    local: bool,
    /// Sign with the keys and apps of this file, for example one from --generate
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account_key", "apps", "generate"])]
    settings: Option<PathBuf>,
    /// Private key (PKCS#8 PEM) for Verify and Notify, whose public key the receiver has
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    account_key: Option<PathBuf>,
    /// Session app: id, verification token and private key. A second app's key must be refused for the first app
    #[arg(long = "app", value_name = "APP_ID:TOKEN:FILE", value_parser = app_argument, conflicts_with = "generate")]
    apps: Vec<AppArgument>,
    /// Expect that the receiver accepts Verify V1 events without a signature; implied by --local
    #[arg(long)]
    unsigned_v1: bool,
    /// Create keys and two apps, write them and the receiver's settings to this folder, and send nothing
    #[arg(long, value_name = "FOLDER")]
    generate: Option<PathBuf>,
    /// Print the receiver's settings for the keys as an .env file, and send nothing
    #[arg(long, requires = "keys", conflicts_with_all = ["url", "generate"])]
    print_settings: bool,
    /// Serve the apps' key sets on this port of 127.0.0.1; the settings then name their URLs instead of the keys
    #[arg(long, value_name = "PORT")]
    serve_jwks: Option<u16>,
    /// Time limit of an answer in seconds; Prelude waits for ten
    #[arg(long, value_name = "SECONDS", default_value_t = LIMIT.as_secs_f64(), value_parser = seconds)]
    timeout: f64,
    /// Run only this check; repeatable
    #[arg(long, value_name = "CHECK", value_parser = PossibleValuesParser::new(checks::all().map(|check| check.name)),
        hide_possible_values = true)]
    only: Vec<String>,
    /// Print every check with its meaning and the fault it finds, and send nothing
    #[arg(long, conflicts_with_all = ["url", "generate", "print_settings"])]
    list: bool,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone)]
struct AppArgument {
    app_id: String,
    token: String,
    key: PathBuf,
}

fn app_argument(text: &str) -> Result<AppArgument, &'static str> {
    let parts = text.split_once(':').and_then(|(app_id, rest)| Some((app_id, rest.rsplit_once(':')?)));
    match parts {
        Some((app_id, (token, key))) if !app_id.is_empty() && !token.is_empty() && !key.is_empty() => {
            Ok(AppArgument { app_id: app_id.to_owned(), token: token.to_owned(), key: key.into() })
        }
        _ => Err("expected <app id>:<verification token>:<file of the private key>"),
    }
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.001..=600.0).contains(seconds));
    seconds.ok_or("expected a number of seconds from 0.001 to 600")
}

impl Conform {
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if self.list {
            let list = if self.json { report::list_as_json() } else { report::list(Look::of_stdout()) };
            print(&list)?;
            return Ok(ExitCode::SUCCESS);
        }
        let jwks_url = |app_id: &str| self.serve_jwks.map(|port| JwksServer::url_on(port, app_id));
        if let Some(folder) = &self.generate {
            let files = Identity { unsigned_v1: self.unsigned_v1, ..Identity::generate()? }
                .write(folder, jwks_url)?;
            print(&self.next_step(folder, &files))?;
            return Ok(ExitCode::SUCCESS);
        }
        let identity = self.identity()?;
        if self.print_settings {
            print(&identity.receiver_settings(jwks_url)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let _key_server = match self.serve_jwks {
            Some(port) => Some(serve(&identity, port).await?),
            None => None,
        };
        let target = Target::new(self.url.unwrap_or_default(), Duration::from_secs_f64(self.timeout))?;
        let count = if self.only.is_empty() { checks::all().count() } else { self.only.len() };
        let progress = progress(count, "{bar:30} {pos}/{len} {msg}");
        let report = conform::run(&target, identity, &self.only, |check| {
            progress.set_message(check.name);
            progress.inc(1);
        })
        .await;
        progress.finish_and_clear();
        let report = report?;
        let text = if self.json { report.to_json()? + "\n" } else { report.to_table(Look::of_stdout()) };
        print(&text)?;
        Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn identity(&self) -> Result<Identity, Box<dyn Error>> {
        let mut identity = match &self.settings {
            _ if self.local => Identity::local()?,
            Some(settings) => Identity::read(settings)?,
            None => {
                let app = |app: &AppArgument| -> Result<SessionApp, IdentityError> {
                    Ok(SessionApp {
                        app_id: app.app_id.clone(),
                        verification_token: app.token.clone(),
                        keys: vec![read_key(&format!("key-{}", app.app_id), &app.key)?],
                    })
                };
                Identity {
                    account: self.account_key.as_deref().map(|key| read_key("account", key)).transpose()?,
                    apps: self.apps.iter().map(app).collect::<Result<_, _>>()?,
                    unsigned_v1: false,
                }
            }
        };
        identity.unsigned_v1 |= self.unsigned_v1;
        Ok(identity)
    }

    fn next_step(&self, folder: &Path, files: &[PathBuf]) -> String {
        let files: String = files.iter().map(|file| format!("  {}\n", file.display())).collect();
        let settings = folder.join("settings.json");
        let jwks = self.serve_jwks.map(|port| format!(" --serve-jwks {port}")).unwrap_or_default();
        format!(
            "Written:\n{files}\nMake the receiver trust these keys: {} has its settings. Then:\n  cargo prelude conform --settings {}{jwks} <URL>\n",
            folder.join("receiver.env").display(),
            settings.display(),
        )
    }
}

async fn serve(identity: &Identity, port: u16) -> Result<JwksServer, String> {
    let taken = |error| {
        format!(
            "port {port} cannot be used ({error}): stop what uses it, or choose another with --serve-jwks"
        )
    };
    let server = JwksServer::start_on(port).await.map_err(taken)?;
    for app in &identity.apps {
        server.publish(&app.app_id, &app.jwks());
    }
    Ok(server)
}
