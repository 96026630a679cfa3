//! Prelude's management API, as far as Session webhooks go.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Registration;
use prelude_local::http_client::{Client, ClientError};

/// The webhooks of one app.
pub struct Api {
    client: Client,
    webhooks: String,
    headers: HeaderMap,
}

/// A webhook as Prelude shows it. Its URL can hold a secret.
#[derive(Clone, Deserialize)]
pub struct Webhook {
    /// `web_…`.
    pub id: String,
    /// Where events go.
    #[serde(default)]
    pub url: String,
    /// The types that are sent.
    #[serde(default)]
    pub events: Vec<String>,
    /// Whether any are.
    #[serde(default)]
    pub active: bool,
    /// What the receiver answered last.
    #[serde(default)]
    pub last_http_code: Option<u16>,
}

/// Where the API is.
pub const BASE_URL: &str = "https://api.prelude.dev";

impl Api {
    /// The API of this account and app.
    ///
    /// # Errors
    /// The key can not be a header's value, or the client can not be made.
    pub fn new(base_url: &str, key: &str, app_id: &str) -> Result<Self, ApiError> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_invalid| ApiError::Key)?;
        authorization.set_sensitive(true);
        let headers = [
            (header::AUTHORIZATION, authorization),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        Ok(Self {
            // Its activation call waits for the receiver, whose time is 10 s.
            client: Client::with_patience(std::time::Duration::from_secs(30))?,
            webhooks: format!("{}/v2/session/apps/{app_id}/webhooks", base_url.trim_end_matches('/')),
            headers: headers.into_iter().collect(),
        })
    }

    /// The app's webhooks; `None` where the API does not tell them, for that call is not documented.
    pub(super) async fn list(&self) -> Result<Option<Vec<Webhook>>, ApiError> {
        match self.call(Method::GET, "", None).await {
            Ok(answer) => {
                let webhooks =
                    answer.get("webhooks").or_else(|| answer.get("data")).cloned().unwrap_or(answer);
                Ok(serde_json::from_value(webhooks).ok())
            }
            Err(ApiError::Refused { status: 404 | 405 | 501, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn create(&self, registration: &Registration) -> Result<Webhook, ApiError> {
        let Registration { url, verification_token, events, .. } = registration;
        let body = json!({"url": url, "verification_token": verification_token, "events": events});
        webhook(self.call(Method::POST, "", Some(body)).await?)
    }

    pub(super) async fn add_event(&self, id: &str, event: &str) -> Result<Webhook, ApiError> {
        webhook(self.call(Method::POST, &format!("/{id}/events"), Some(json!({"event": event}))).await?)
    }

    pub(super) async fn delete(&self, id: &str) -> Result<(), ApiError> {
        self.call(Method::DELETE, &format!("/{id}"), None).await.map(drop)
    }

    pub(super) async fn activate(&self, id: &str) -> Result<Webhook, ApiError> {
        webhook(self.call(Method::POST, &format!("/{id}/activate"), None).await?)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ApiError> {
        let url = format!("{}{path}", self.webhooks);
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let answer = self.client.send(method, &url, self.headers.clone(), body).await?;
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200..=299 => Ok(told),
            401 | 403 => Err(ApiError::KeyRefused(answer.status)),
            status => {
                let message = told.get("message").and_then(Value::as_str).unwrap_or("without a message");
                Err(ApiError::Refused { status, message: message.to_owned() })
            }
        }
    }
}

fn webhook(answer: Value) -> Result<Webhook, ApiError> {
    let webhook = answer.get("webhook").cloned().unwrap_or(answer);
    serde_json::from_value(webhook).map_err(|_unknown| ApiError::Unreadable)
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No answer.
    #[error("Prelude's management API: {0}")]
    Client(#[from] ClientError),
    /// Not even sent.
    #[error("PRELUDE_CLI_MANAGEMENT_KEY holds characters that no key has")]
    Key,
    /// 401 or 403.
    #[error("Prelude does not take the management key ({0}): check PRELUDE_CLI_MANAGEMENT_KEY")]
    KeyRefused(u16),
    /// Any other status that is not 2xx.
    #[error("Prelude's management API answers {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// Prelude's own words.
        message: String,
    },
    /// A success without a webhook in it.
    #[error("Prelude's management API answers something else than a webhook: check --base-url")]
    Unreadable,
}
