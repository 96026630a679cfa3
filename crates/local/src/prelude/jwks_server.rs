//! A key server on loopback: one key set per app, replaceable while it runs, and able to misbehave.

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

/// How an app's key set is answered for, instead of properly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksFault {
    /// Another status, with an error text.
    Status(u16),
    /// The right answer, but only after this time.
    Delay(Duration),
    /// The key set, made this many bytes long with a member that nobody knows.
    Huge(usize),
    /// A redirect to this location.
    Redirect(String),
    /// Bytes that are no JSON.
    Garbage,
    /// The beginning of the right answer, and then nothing more.
    Stall,
    /// No answer: the connection is closed.
    Close,
}

/// A running key server, which ends when it is dropped.
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
    /// Starts on a free port of 127.0.0.1, in the current runtime.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// Starts on this port of 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let apps = Arc::default();
        let answering = Arc::clone(&apps);
        let server = HttpServer::start(port, move |request| respond(request, Arc::clone(&answering))).await?;
        Ok(Self { server, apps })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Where the app's key set is, whether there is one yet or not.
    pub fn url(&self, app_id: &str) -> String {
        Self::url_on(self.address().port(), app_id)
    }

    /// Where the app's key set is on the server of this port.
    pub fn url_on(port: u16, app_id: &str) -> String {
        format!("http://127.0.0.1:{port}/{app_id}/.well-known/jwks.json")
    }

    /// Sets or replaces the app's key set.
    pub fn publish(&self, app_id: &str, key_set: &Value) {
        self.publish_bytes(app_id, key_set.to_string());
    }

    /// Sets or replaces the app's document by any bytes.
    pub fn publish_bytes(&self, app_id: &str, document: impl Into<Bytes>) {
        lock(&self.apps).entry(app_id.to_owned()).or_default().document = document.into();
    }

    /// Makes every following request for the app's key set fail in this way, or succeed again.
    pub fn set_fault(&self, app_id: &str, fault: impl Into<Option<JwksFault>>) {
        lock(&self.apps).entry(app_id.to_owned()).or_default().fault = fault.into();
    }

    /// How often the app's key set was asked for, faults included.
    pub fn requests(&self, app_id: &str) -> usize {
        lock(&self.apps).get(app_id).map_or(0, |app| app.requests)
    }
}

fn lock(apps: &Mutex<BTreeMap<String, App>>) -> MutexGuard<'_, BTreeMap<String, App>> {
    apps.lock().unwrap_or_else(PoisonError::into_inner)
}

/// None where the fault is a closed connection.
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

/// The document and fault of the app that the path names; counts the request.
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
