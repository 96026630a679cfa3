//! Key sets, fetched as the receiver fetches them, with a record of every fetch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method};
use prelude_webhooks::{
    app::{App, AppKeySource},
    authenticate::{
        FetchError, FetchKeySet,
        keys::{cache::FETCH_TIMEOUT, https::HttpsKeySets, jwks},
        public_key::Thumbprint,
    },
};
use serde::Serialize;

use super::keys::Labels;
use prelude_local::http_client::Client;

/// Fetch of one key set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySetFetch {
    /// Id of the app, or the URL from the command line.
    pub app_id: String,
    /// URL of the key set.
    pub url: String,
    /// `fetched`, `not_fetched` (offline), or the error as in the receiver's log.
    pub result: String,
    /// Cause of `unreachable`, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Number of its usable keys.
    pub keys: usize,
}

/// Fetches key sets as the receiver does, and records every fetch. Clones share the record.
#[derive(Debug, Clone)]
pub(crate) struct KeySets {
    https: Option<Arc<HttpsKeySets>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Debug)]
struct Seen {
    url: String,
    /// `None` during the fetch.
    result: Option<Result<Vec<Thumbprint>, FetchError>>,
}

impl KeySets {
    pub(crate) fn new(offline: bool) -> Self {
        let https = (!offline).then(Arc::<HttpsKeySets>::default);
        Self { https, seen: Arc::default() }
    }

    /// Adds the labels of the fetched keys.
    pub(crate) fn label(&self, apps: &[App], mut labels: Labels) -> Labels {
        for seen in self.seen().iter() {
            for app in apps.iter().filter(|app| is_at(app, &seen.url)) {
                let is_url = app.app_id.contains("://");
                let label = if is_url { app.app_id.to_string() } else { format!("app {}", app.app_id) };
                seen.keys().iter().for_each(|key| labels.add(*key, label.clone()));
            }
        }
        labels
    }

    /// Results of the fetches. Asks each unreachable server a second time, because the receiver keeps no cause.
    pub(crate) async fn rows(&self, apps: &[App]) -> Vec<KeySetFetch> {
        let mut rows = self.results(apps);
        for row in rows.iter_mut().filter(|row| row.result == FetchError::Unreachable.to_string()) {
            row.cause = cause(&row.url).await;
        }
        rows
    }

    fn results(&self, apps: &[App]) -> Vec<KeySetFetch> {
        let row = |seen: &Seen| KeySetFetch {
            app_id: apps
                .iter()
                .filter(|app| is_at(app, &seen.url))
                .map(|app| &*app.app_id)
                .collect::<Vec<_>>()
                .join(", "),
            url: seen.url.clone(),
            result: match (&self.https, &seen.result) {
                (None, _) => "not_fetched".to_owned(),
                (_, Some(Ok(keys))) if keys.is_empty() => FetchError::NoUsableKey.to_string(),
                (_, Some(Ok(_))) => "fetched".to_owned(),
                (_, Some(Err(error))) => error.to_string(),
                (_, None) => FetchError::Timeout.to_string(),
            },
            cause: None,
            keys: seen.keys().len(),
        };
        self.seen().iter().map(row).collect()
    }

    /// Reports whether a needed key set is missing.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.seen().iter().any(|seen| seen.keys().is_empty())
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn keys(&self) -> &[Thumbprint] {
        match &self.result {
            Some(Ok(keys)) => keys,
            _ => &[],
        }
    }
}

/// Reason why a key server is unreachable; `None` if it answers now.
async fn cause(url: &str) -> Option<String> {
    let client = Client::with_patience(FETCH_TIMEOUT).ok()?;
    let answer = client.send(Method::GET, url, HeaderMap::new(), Bytes::new()).await;
    answer.err().map(|error| error.to_string())
}

fn is_at(app: &App, url: &str) -> bool {
    matches!(&app.keys, AppKeySource::Url(of_app) if of_app == url)
}

impl FetchKeySet for KeySets {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        let place = {
            let mut seen = self.seen();
            seen.push(Seen { url: url.to_owned(), result: None });
            seen.len() - 1
        };
        let answer = match &self.https {
            Some(https) => https.fetch(url).await,
            None => Err(FetchError::Unreachable),
        };
        let thumbprints =
            |document: &Bytes| jwks::parse(document).iter().map(|key| *key.thumbprint()).collect();
        if let Some(seen) = self.seen().get_mut(place) {
            seen.result = Some(answer.as_ref().map(thumbprints).map_err(|error| *error));
        }
        answer
    }
}
