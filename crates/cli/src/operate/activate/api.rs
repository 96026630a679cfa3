//! Client of Prelude's management API for Session webhooks.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Registration;
use prelude_local::http_client::{Client, ClientError};

/// Client for the webhooks of one app.
pub struct Api {
    client: Client,
    webhooks: String,
    headers: HeaderMap,
}

/// Webhook in Prelude's answer. Its URL can hold a secret.
#[derive(Clone, Deserialize)]
pub struct Webhook {
    /// Id, `web_…`.
    pub id: String,
    /// URL of the receiver.
    #[serde(default)]
    pub url: String,
    /// Wire names of the event types to send.
    #[serde(default)]
    pub events: Vec<String>,
    /// Prelude sends events.
    #[serde(default)]
    pub active: bool,
    /// Last status that the receiver answered.
    #[serde(default)]
    pub last_http_code: Option<u16>,
}

/// URL of the API.
pub const BASE_URL: &str = "https://api.prelude.dev";

impl Api {
    /// Creates a client with an account's key for an app.
    ///
    /// # Errors
    /// The key cannot be a header's value, or the HTTP client cannot be created.
    pub fn new(base_url: &str, key: &str, app_id: &str) -> Result<Self, ApiError> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_invalid| ApiError::Key)?;
        authorization.set_sensitive(true);
        let headers = [
            (header::AUTHORIZATION, authorization),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        Ok(Self {
            // An activation waits for the receiver, which has 10 s.
            client: Client::with_patience(std::time::Duration::from_secs(30))?,
            webhooks: format!("{}/v2/session/apps/{app_id}/webhooks", base_url.trim_end_matches('/')),
            headers: headers.into_iter().collect(),
        })
    }

    /// Lists the app's webhooks; `None` if the API does not offer this call, which is not documented.
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
        let content: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200..=299 => Ok(content),
            401 | 403 => Err(ApiError::KeyRefused(answer.status)),
            status => {
                let message = content.get("message").and_then(Value::as_str).unwrap_or("without a message");
                Err(ApiError::Refused { status, message: message.to_owned() })
            }
        }
    }
}

fn webhook(answer: Value) -> Result<Webhook, ApiError> {
    let webhook = answer.get("webhook").cloned().unwrap_or(answer);
    serde_json::from_value(webhook).map_err(|_unknown| ApiError::Unreadable)
}

/// Error of a call.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The API did not answer.
    #[error("Prelude's management API: {0}")]
    Client(#[from] ClientError),
    /// The key cannot be sent.
    #[error("PRELUDE_CLI_MANAGEMENT_KEY is invalid: expected printable ASCII characters")]
    Key,
    /// 401 or 403.
    #[error("Prelude refuses the management key ({0}): check PRELUDE_CLI_MANAGEMENT_KEY")]
    KeyRefused(u16),
    /// Any other status that is not 2xx.
    #[error("Prelude's management API answers {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// Prelude's own message.
        message: String,
    },
    /// A success without a webhook.
    #[error("Prelude's management API answers without a webhook: check --base-url")]
    Unreadable,
}
