//! Management API of Prelude on loopback: registers Session webhooks and activates them.
//!
//! Activation sends a real challenge to the webhook's URL. The API knows one management key and the given apps. Left out
//! are updates, paging and every other resource.
//!
//! Requests are matched by hand, because `HttpServer` must stay in any case: the key server closes connections without an
//! answer. A web framework would be a second mechanism, and a new dependency of the product's tests.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use serde_json::{Value, json};
use tokio::time::Duration;

use super::activation_query;
use crate::{
    http_client::Client,
    http_server::{HttpServer, json_response},
};

/// Management API on a loopback port. Dropping it stops the server.
pub struct ManagementApi {
    server: HttpServer,
    state: Arc<Mutex<State>>,
}

struct State {
    key: String,
    lists: bool,
    apps: BTreeMap<String, Vec<Webhook>>,
    calls: Vec<String>,
    next_id: usize,
}

#[derive(Clone)]
struct Webhook {
    id: String,
    url: String,
    verification_token: String,
    events: Vec<Value>,
    active: bool,
    last_http_code: Option<u16>,
    created_at: u64,
    updated_at: u64,
}

/// Time limit of an activation, as for a delivery.
const PATIENCE: Duration = Duration::from_secs(10);
const MAX_BODY: usize = 64 * 1024;
const MAX_URL: usize = 2_048;
const MAX_TOKEN: usize = 100;

impl ManagementApi {
    /// Listens on 127.0.0.1, with one management key and these apps. Port 0 takes any free port.
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start(port: u16, key: &str, app_ids: &[&str]) -> io::Result<Self> {
        let apps = app_ids.iter().map(|app_id| ((*app_id).to_owned(), Vec::new())).collect();
        let state = State { key: key.to_owned(), lists: true, apps, calls: Vec::new(), next_id: 1 };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let respond = move |request| respond(request, Arc::clone(&shared));
        Ok(Self { server: HttpServer::start(port, respond).await?, state })
    }

    /// URL for `--base-url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Sets whether an app's webhooks can be listed. That call is not documented, so a client must do without it.
    pub fn set_lists(&self, lists: bool) {
        lock(&self.state).lists = lists;
    }

    /// Webhooks of an app, as the API returns them.
    pub fn webhooks(&self, app_id: &str) -> Vec<Value> {
        lock(&self.state).apps.get(app_id).into_iter().flatten().map(Webhook::shown).collect()
    }

    /// Method and path of every call so far.
    pub fn calls(&self) -> Vec<String> {
        lock(&self.state).calls.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn respond(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    };
    let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let authorization = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    let path = parts.uri.path().to_owned();
    {
        let mut state = lock(&state);
        state.calls.push(format!("{} {path}", parts.method));
        if authorization.and_then(|text| text.strip_prefix("Bearer ")) != Some(&*state.key) {
            return error(StatusCode::UNAUTHORIZED, "the management key is not valid");
        }
    }
    let segments: Vec<_> = path.strip_prefix("/v2/session/apps/").unwrap_or_default().split('/').collect();
    match (&parts.method, &*segments) {
        (&Method::GET, [app, "webhooks"]) => list(app, &state),
        (&Method::POST, [app, "webhooks"]) => create(app, &body, &state),
        (&Method::DELETE, [app, "webhooks", id]) => delete(app, id, &state),
        (&Method::POST, [app, "webhooks", id, "events"]) => add_event(app, id, &body, &state),
        (&Method::POST, [app, "webhooks", id, "activate"]) => activate(app, id, &state).await,
        _ => error(StatusCode::NOT_FOUND, "there is no such call"),
    }
}

fn list(app_id: &str, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let state = lock(state);
    match state.apps.get(app_id).filter(|_| state.lists) {
        Some(webhooks) => json_response(
            StatusCode::OK,
            &json!({"webhooks": webhooks.iter().map(Webhook::shown).collect::<Vec<_>>()}),
        ),
        None => error(StatusCode::NOT_FOUND, "not found"),
    }
}

fn create(app_id: &str, body: &Value, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let text = |name| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (url, token) = (text("url"), text("verification_token"));
    let events = body.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
    if !url.starts_with("http") || url.len() > MAX_URL {
        return error(StatusCode::BAD_REQUEST, "url is not valid");
    }
    if token.is_empty() || token.len() > MAX_TOKEN || events.is_empty() {
        return error(StatusCode::BAD_REQUEST, "verification_token or events is not valid");
    }
    let mut state = lock(state);
    let id = format!("web_{:04}", state.next_id);
    let Some(webhooks) = state.apps.get_mut(app_id) else {
        return error(StatusCode::NOT_FOUND, "the app does not exist");
    };
    let webhook = Webhook {
        id,
        url: url.to_owned(),
        verification_token: token.to_owned(),
        events,
        active: false,
        last_http_code: None,
        created_at: now(),
        updated_at: now(),
    };
    let shown = webhook.answer(StatusCode::CREATED);
    webhooks.push(webhook);
    state.next_id += 1;
    shown
}

fn delete(app_id: &str, id: &str, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let mut state = lock(state);
    let Some(webhooks) = state.apps.get_mut(app_id) else {
        return error(StatusCode::NOT_FOUND, "the app does not exist");
    };
    let before = webhooks.len();
    webhooks.retain(|webhook| webhook.id != id);
    if webhooks.len() == before {
        error(StatusCode::NOT_FOUND, "the webhook does not exist")
    } else {
        json_response(StatusCode::OK, &json!({}))
    }
}

fn add_event(app_id: &str, id: &str, body: &Value, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let event = body.get("event").cloned().unwrap_or_default();
    change(app_id, id, state, StatusCode::CREATED, |webhook| webhook.events.push(event))
}

/// Sends a challenge to the webhook. Only the right answer activates the webhook.
async fn activate(app_id: &str, id: &str, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let found =
        lock(state).apps.get(app_id).and_then(|hooks| hooks.iter().find(|hook| hook.id == id)).cloned();
    let Some(webhook) = found else { return error(StatusCode::NOT_FOUND, "the webhook does not exist") };
    let challenge = getrandom::u64().unwrap_or(1).cast_signed();
    let query = activation_query(app_id, &webhook.verification_token, &challenge.to_string());
    let separator = if webhook.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}{query}", webhook.url);
    let answered = match Client::with_patience(PATIENCE) {
        Ok(client) => client.send(Method::GET, &url, http::HeaderMap::new(), Bytes::new()).await.ok(),
        Err(_unusable) => None,
    };
    let code = answered.as_ref().map(|answer| answer.status);
    let echoed = answered.and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
    let echoed = echoed.map(|value| value.get("challenge").cloned().unwrap_or(value));
    let is_proven = code == Some(200) && echoed.and_then(|value| value.as_i64()) == Some(challenge);
    let changed = change(app_id, id, state, StatusCode::OK, |webhook| {
        webhook.active = is_proven;
        webhook.last_http_code = code;
    });
    if is_proven { changed } else { error(StatusCode::BAD_REQUEST, "the webhook could not be activated") }
}

fn change(
    app_id: &str,
    id: &str,
    state: &Mutex<State>,
    status: StatusCode,
    change: impl FnOnce(&mut Webhook),
) -> Response<Full<Bytes>> {
    let mut state = lock(state);
    let webhooks = state.apps.get_mut(app_id).into_iter().flatten();
    match webhooks.into_iter().find(|webhook| webhook.id == id) {
        Some(webhook) => {
            change(webhook);
            webhook.updated_at = now();
            webhook.answer(status)
        }
        None => error(StatusCode::NOT_FOUND, "the webhook does not exist"),
    }
}

impl Webhook {
    fn shown(&self) -> Value {
        json!({
            "id": self.id, "url": self.url, "events": self.events, "active": self.active,
            "last_http_code": self.last_http_code, "created_at": self.created_at, "updated_at": self.updated_at,
        })
    }

    fn answer(&self, status: StatusCode) -> Response<Full<Bytes>> {
        json_response(status, &json!({"webhook": self.shown()}))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn error(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    json_response(status, &json!({"code": "error", "message": message}))
}
