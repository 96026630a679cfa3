//! Registers a Session webhook at Prelude and activates it. Both are safe to re-run.

mod api;
mod causes;

use prelude_events::{EventType, Source};
use serde::Serialize;

pub use api::{Api, ApiError, BASE_URL, Webhook};
pub use causes::Cause;

use crate::{environment::Environment, terminal::Mark};

/// Webhook to register. The URL and the token are secret.
pub struct Registration {
    /// Prelude's id of the app.
    pub app_id: String,
    /// The receiver's URL, with its path token.
    pub url: String,
    /// Token that Prelude sends to the receiver at activation.
    pub verification_token: String,
    /// Wire names of the event types to send.
    pub events: Vec<&'static str>,
}

/// Options of an activation.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Look for the webhook, and change nothing.
    pub dry_run: bool,
    /// Activate the webhook with this id, without looking for it.
    pub webhook_id: Option<String>,
    /// Create a webhook if Prelude does not list the existing ones.
    pub new: bool,
    /// Delete the existing webhook and create another, which is the only way to change a token.
    pub replace: bool,
}

/// Outcome of an activation.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The webhook is active, or the run was dry.
    pub ok: bool,
    /// The run was dry: nothing was changed.
    pub dry_run: bool,
    /// Steps in order. A dry run lists the steps without doing them.
    pub steps: Vec<String>,
    /// Prelude's id of the webhook.
    pub webhook_id: Option<String>,
    /// Prelude sends events to the webhook.
    pub active: bool,
    /// Last status that the receiver answered to Prelude.
    pub last_http_code: Option<u16>,
    /// After a refusal: the possible codes in the receiver's log, with remedies.
    pub causes: Vec<Cause>,
}

/// Wire names of all types that a Session app can send.
pub fn session_events() -> Vec<&'static str> {
    let of_session = |event_type: &&EventType| event_type.source() == Some(Source::Session);
    EventType::ALL.iter().filter(of_session).map(EventType::as_str).collect()
}

/// Looks for the webhook, creates or completes it, and lets Prelude activate it.
///
/// # Errors
/// Prelude's API fails. A receiver that refuses the challenge is an [`Outcome`], not an error.
pub async fn activate(api: &Api, registration: &Registration, plan: &Plan) -> Result<Outcome, ActivateError> {
    let mut run = Run { api, registration, plan, steps: Vec::new() };
    let existing = run.look_up().await?;
    let webhook = match existing {
        Some(webhook) if plan.replace => {
            run.step(format!("delete {}, which has this URL", webhook.id));
            if !plan.dry_run {
                api.delete(&webhook.id).await?;
            }
            run.create().await?
        }
        Some(webhook) => Some(run.complete(webhook).await?),
        None => run.create().await?,
    };
    if let Some(webhook) = &webhook
        && webhook.active
    {
        run.step(format!("{} is active already", webhook.id));
        return Ok(run.end(Some(webhook.clone()), Vec::new()));
    }
    run.step("activate the webhook: Prelude calls the receiver with a challenge".to_owned());
    let Some(webhook) = webhook.filter(|_| !plan.dry_run) else { return Ok(run.end(None, Vec::new())) };
    match api.activate(&webhook.id).await {
        Ok(webhook) => {
            let causes = if webhook.active { Vec::new() } else { causes::of(webhook.last_http_code) };
            Ok(run.end(Some(webhook), causes))
        }
        Err(ApiError::Refused { status: 400, .. }) => {
            let listed = api.list().await.ok().flatten().unwrap_or_default();
            let webhook = listed.into_iter().find(|known| known.id == webhook.id).unwrap_or(webhook);
            let causes = causes::of(webhook.last_http_code);
            Ok(run.end(Some(Webhook { active: false, ..webhook }), causes))
        }
        Err(error) => Err(error.into()),
    }
}

struct Run<'a> {
    api: &'a Api,
    registration: &'a Registration,
    plan: &'a Plan,
    steps: Vec<String>,
}

impl Run<'_> {
    async fn look_up(&self) -> Result<Option<Webhook>, ActivateError> {
        if let Some(id) = &self.plan.webhook_id {
            let events = self.registration.events.iter().map(|name| (*name).to_owned()).collect();
            return Ok(Some(Webhook {
                id: id.clone(),
                url: String::new(),
                events,
                active: false,
                last_http_code: None,
            }));
        }
        match self.api.list().await? {
            Some(webhooks) => Ok(webhooks.into_iter().find(|webhook| webhook.url == self.registration.url)),
            None if self.plan.new => Ok(None),
            None => Err(ActivateError::Unlisted),
        }
    }

    async fn create(&mut self) -> Result<Option<Webhook>, ActivateError> {
        self.step(format!("create a webhook for {} event types", self.registration.events.len()));
        if self.plan.dry_run {
            return Ok(None);
        }
        let webhook = self.api.create(self.registration).await?;
        self.step(format!("created {}", webhook.id));
        Ok(Some(webhook))
    }

    /// Adds the missing event types. No documented call removes one.
    async fn complete(&mut self, webhook: Webhook) -> Result<Webhook, ActivateError> {
        self.step(format!("use {}, which exists", webhook.id));
        let wanted = &self.registration.events;
        let missing: Vec<_> =
            wanted.iter().filter(|name| !webhook.events.iter().any(|known| known == **name)).collect();
        for name in missing {
            self.step(format!("add {name}"));
            if !self.plan.dry_run {
                self.api.add_event(&webhook.id, name).await?;
            }
        }
        for name in webhook.events.iter().filter(|known| !wanted.contains(&known.as_str())) {
            self.step(format!(
                "keep {name}, which the webhook sends too (--replace creates a webhook without it)"
            ));
        }
        Ok(webhook)
    }

    fn step(&mut self, step: String) {
        self.steps.push(step);
    }

    fn end(self, webhook: Option<Webhook>, causes: Vec<Cause>) -> Outcome {
        let active = webhook.as_ref().is_some_and(|webhook| webhook.active);
        Outcome {
            ok: active || self.plan.dry_run,
            dry_run: self.plan.dry_run,
            steps: self.steps,
            last_http_code: webhook.as_ref().and_then(|webhook| webhook.last_http_code),
            webhook_id: webhook.map(|webhook| webhook.id),
            active,
            causes,
        }
    }
}

impl Outcome {
    /// Formats the outcome for people.
    pub fn to_text(&self) -> String {
        let mut text: String = self.steps.iter().map(|step| format!("• {step}\n")).collect();
        let code = self.last_http_code.map_or_else(|| "nothing".to_owned(), |code| code.to_string());
        text += &match (self.dry_run, self.active, &self.webhook_id) {
            (true, ..) => "Nothing was changed.\n".to_owned(),
            (_, true, Some(id)) => {
                format!("{} {id} is active (the receiver answered Prelude {code})\n", Mark::Passed)
            }
            (_, _, id) => format!(
                "{} {} is not active: the receiver answered Prelude {code}. Its log has one of these codes:\n",
                Mark::Failed,
                id.as_deref().unwrap_or("the webhook")
            ),
        };
        for Cause { code, check } in &self.causes {
            text += &format!("    {code:22} {check}\n");
        }
        text
    }
}

/// Token of the app: the given one, otherwise the one in the receiver's settings. If both are known, they must agree.
///
/// # Errors
/// The token is unknown, or the receiver would refuse it.
pub fn verification_token(
    given: Option<String>,
    app_id: &str,
    settings: &Environment,
) -> Result<String, ActivateError> {
    let apps = settings.config().map(|config| config.apps).unwrap_or_default();
    let app = apps.iter().find(|app| *app.app_id == *app_id);
    if app.is_none() && !apps.is_empty() {
        return Err(ActivateError::AppUnknown(app_id.to_owned()));
    }
    let token = match given {
        Some(token) => token,
        None => token_in(settings.text("PRELUDE_APPS"), app_id).ok_or(ActivateError::NoToken)?,
    };
    match app {
        Some(app) if !app.verification_token.matches(&token) => Err(ActivateError::OtherToken),
        _ => Ok(token),
    }
}

/// Token in the text of the settings, unless they hold only its digest.
fn token_in(apps: Option<&str>, app_id: &str) -> Option<String> {
    let apps: Vec<serde_json::Value> = serde_json::from_str(apps?).ok()?;
    let app =
        apps.iter().find(|app| app.get("app_id").and_then(serde_json::Value::as_str) == Some(app_id))?;
    let token = app.get("verification_token")?.as_str()?;
    (!token.starts_with("sha256:")).then(|| token.to_owned())
}

/// Error before Prelude calls the receiver.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// Prelude's API failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The existing webhooks are unknown.
    #[error(
        "Prelude does not list this app's webhooks (wrong app id, or a call that it does not offer): give --webhook-id web_… for an existing webhook, or --new to create one"
    )]
    Unlisted,
    /// The token is unknown, or only its digest is known.
    #[error(
        "the verification token is unknown: set PRELUDE_CLI_VERIFICATION_TOKEN to the text that you chose"
    )]
    NoToken,
    /// The receiver would answer `challenge_token_wrong`.
    #[error(
        "PRELUDE_CLI_VERIFICATION_TOKEN is not the token of this app in PRELUDE_APPS: the receiver would refuse it (challenge_token_wrong)"
    )]
    OtherToken,
    /// The receiver would answer `challenge_app_unknown`.
    #[error("PRELUDE_APPS does not name the app {0}: the receiver would refuse it (challenge_app_unknown)")]
    AppUnknown(String),
}
