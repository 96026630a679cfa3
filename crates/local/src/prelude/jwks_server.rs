//! Key server on loopback: serves one key set for each Session app, over HTTP.
//!
//! Tests replace key sets and inject faults while the server runs. Left out are TLS and caching headers.

mod answer;

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use hyper::{Request, Response, body::Incoming};
use serde_json::Value;

use crate::http_server::HttpServer;
use answer::Body;

/// Fault of the answers for one app's key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksFault {
    /// Answers with this status and an error text.
    Status(u16),
    /// Answers correctly, after this time.
    Delay(Duration),
    /// Pads the key set to this many bytes with an unknown member.
    Huge(usize),
    /// Redirects to this location.
    Redirect(String),
    /// Answers with bytes that are not JSON.
    Garbage,
    /// Sends half of the key set and keeps the connection open.
    Stall,
    /// Closes the connection without an answer.
    Close,
}

/// Running key server. Dropping it stops the server.
#[derive(Debug)]
pub struct JwksServer {
    server: HttpServer,
    apps: Arc<Mutex<BTreeMap<String, App>>>,
}

#[derive(Debug, Default)]
struct App {
    document: Bytes,
    fault: Option<JwksFault>,
    requests: usize,
}

impl JwksServer {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// Listens on this port of 127.0.0.1. Port 0 takes any free port.
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let apps = Arc::default();
        let answering = Arc::clone(&apps);
        let server = HttpServer::start(port, move |request| respond(request, Arc::clone(&answering))).await?;
        Ok(Self { server, apps })
    }

    /// Address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// URL of the app's key set, also before one is published.
    pub fn url(&self, app_id: &str) -> String {
        Self::url_on(self.address().port(), app_id)
    }

    /// URL of the app's key set on a server with this port.
    pub fn url_on(port: u16, app_id: &str) -> String {
        format!("http://127.0.0.1:{port}/{app_id}/.well-known/jwks.json")
    }

    /// Sets or replaces the app's key set.
    pub fn publish(&self, app_id: &str, key_set: &Value) {
        self.publish_bytes(app_id, key_set.to_string());
    }

    /// Sets or replaces the app's key set by any bytes.
    pub fn publish_bytes(&self, app_id: &str, document: impl Into<Bytes>) {
        lock(&self.apps).entry(app_id.to_owned()).or_default().document = document.into();
    }

    /// Sets the fault of every following request for the app's key set; `None` ends it.
    pub fn set_fault(&self, app_id: &str, fault: impl Into<Option<JwksFault>>) {
        lock(&self.apps).entry(app_id.to_owned()).or_default().fault = fault.into();
    }

    /// Number of requests for the app's key set, including failed ones.
    pub fn requests(&self, app_id: &str) -> usize {
        lock(&self.apps).get(app_id).map_or(0, |app| app.requests)
    }
}

fn lock(apps: &Mutex<BTreeMap<String, App>>) -> MutexGuard<'_, BTreeMap<String, App>> {
    apps.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answer to a request; `None` closes the connection.
async fn respond(
    request: Request<Incoming>,
    apps: Arc<Mutex<BTreeMap<String, App>>>,
) -> Option<Response<Body>> {
    let Some((document, fault)) = look_up(&request, &apps) else {
        return Some(answer::status(404, "not found"));
    };
    match fault {
        None => Some(answer::key_set(document)),
        Some(JwksFault::Status(status)) => Some(answer::status(status, "an injected fault")),
        Some(JwksFault::Delay(time)) => {
            tokio::time::sleep(time).await;
            Some(answer::key_set(document))
        }
        Some(JwksFault::Huge(bytes)) => Some(answer::key_set(answer::padded(&document, bytes))),
        Some(JwksFault::Redirect(location)) => Some(answer::redirect(&location)),
        Some(JwksFault::Garbage) => Some(answer::key_set(Bytes::from_static(b"\xff\x00<html>{\"keys\":["))),
        Some(JwksFault::Stall) => Some(answer::stalled(&document)),
        Some(JwksFault::Close) => None,
    }
}

/// Key set and fault of the app in the path. Counts the request.
fn look_up(
    request: &Request<Incoming>,
    apps: &Mutex<BTreeMap<String, App>>,
) -> Option<(Bytes, Option<JwksFault>)> {
    let app_id = request.uri().path().strip_prefix('/')?.strip_suffix("/.well-known/jwks.json")?;
    let mut apps = lock(apps);
    let app = apps.get_mut(app_id)?;
    app.requests += 1;
    Some((app.document.clone(), app.fault.clone()))
}

#[cfg(test)]
mod tests;
