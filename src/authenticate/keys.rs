//! Which keys may have signed, in which order they are tried, and when a key set is fetched for it.
//!
//! Account keys are configured; an app's keys are pinned or fetched. Hints from the unverified request order the
//! keys and never decide.

pub mod cache;
pub mod https;
pub mod jwks;

use std::sync::Arc;

use tokio::time::Duration;

use self::cache::{FetchKeySet, KeySetCache, Refresh};
use super::{
    Owner,
    signature::{Ownership, PublicKey, Unverified, Verified},
};
use crate::{
    config::{App, AppKeySource},
    rejection::Rejection,
};

/// Every key that is configured, and where it comes from.
pub struct KeyRing<F> {
    account: Arc<[PublicKey]>,
    apps: Vec<AppKeys<F>>,
}

struct AppKeys<F> {
    app_id: Arc<str>,
    source: Source<F>,
}

enum Source<F> {
    Pinned(Arc<[PublicKey]>),
    Fetched(Arc<KeySetCache<F>>),
}

/// What the unverified request says about its signer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The value of `X-Webhook-Signature-Key-Id`.
    pub key_id: Option<&'a [u8]>,
    /// Whether a miss may fetch key sets again.
    pub may_refetch: bool,
}

impl<F: FetchKeySet> KeyRing<F> {
    /// Takes over the configured keys. Nothing is fetched yet.
    #[must_use]
    pub fn new(account: Vec<PublicKey>, apps: &[App], ttl: Duration, fetcher: F) -> Self {
        let fetcher = Arc::new(fetcher);
        let apps = apps.iter().map(|App { app_id, keys, .. }| {
            let app_id = Arc::clone(app_id);
            let source = match keys {
                AppKeySource::Pinned(keys) => Source::Pinned(Arc::clone(keys)),
                AppKeySource::Url(url) => {
                    let cache = KeySetCache::new(Arc::clone(&app_id), url.clone(), ttl, Arc::clone(&fetcher));
                    Source::Fetched(Arc::new(cache))
                }
            };
            AppKeys { app_id, source }
        });
        Self { account: account.into(), apps: apps.collect() }
    }

    /// Starts fetching every key set, without waiting for any.
    pub fn start_fetches(&self) {
        for cache in self.apps.iter().filter_map(AppKeys::cache) {
            drop(cache.refresh());
        }
    }

    /// Finds the key that verifies: those at hand first, then sets that are due, then, once, every set again.
    ///
    /// # Errors
    /// [`Rejection::KeysUnavailable`] while an app without any key could be the signer, else
    /// [`Rejection::SignatureWrong`].
    pub async fn verify(&self, unverified: Unverified, hint: Hint<'_>) -> Result<Verified, Rejection> {
        let first = hinted_app_id(unverified.unverified_body()).and_then(|app_id| self.app(app_id));
        // The set that the request claims is fetched before others are tried, so that a key two apps share is
        // known as both apps' and a rotated key is found at once.
        if let Some(app) = first.filter(|app| !app.is_fresh()) {
            wait_for(app.refresh()).await;
        }
        let unverified = match self.try_keys(unverified, first, hint, |app| {
            app.is_fresh() || Some(app.id()) == first.map(AppKeys::id)
        }) {
            Ok(verified) => return Ok(verified),
            Err(unverified) => unverified,
        };
        let due: Vec<_> = self.apps.iter().filter(|app| !app.is_fresh()).collect();
        let unverified = if due.is_empty() {
            unverified
        } else {
            wait_for(due.iter().filter_map(|app| app.refresh())).await;
            match self.try_keys(unverified, first, hint, |_| true) {
                Ok(verified) => return Ok(verified),
                Err(unverified) => unverified,
            }
        };
        if hint.may_refetch {
            wait_for(self.apps.iter().filter_map(AppKeys::refresh)).await;
            if let Ok(verified) = self.try_keys(unverified, first, hint, |_| true) {
                return Ok(verified);
            }
        }
        if self.apps.iter().any(|app| app.keys().is_empty()) {
            Err(Rejection::KeysUnavailable)
        } else {
            Err(Rejection::SignatureWrong)
        }
    }

    fn try_keys(
        &self,
        unverified: Unverified,
        first: Option<&AppKeys<F>>,
        hint: Hint<'_>,
        is_ready: impl Fn(&AppKeys<F>) -> bool,
    ) -> Result<Verified, Unverified> {
        let first = first.filter(|app| is_ready(app));
        let others = self.apps.iter().filter(|app| is_ready(app) && Some(app.id()) != first.map(AppKeys::id));
        let mut sets: Vec<Arc<[PublicKey]>> = first.iter().map(|app| app.keys()).collect();
        sets.push(Arc::clone(&self.account));
        sets.extend(others.map(AppKeys::keys));
        let named = |key: &&PublicKey| hint.key_id == Some(key.key_id().as_bytes());
        let keys = || sets.iter().flat_map(|set| set.iter());
        unverified.verify(keys().filter(named).chain(keys()), |key| self.owners_of(key))
    }

    fn owners_of(&self, key: &PublicKey) -> Vec<Ownership> {
        let owned = |owner, set: &[PublicKey]| {
            let same = set.iter().find(|candidate| candidate.thumbprint() == key.thumbprint())?;
            Some(Ownership { owner, key_id: Arc::clone(same.key_id()) })
        };
        let apps =
            self.apps.iter().enumerate().filter_map(|(index, app)| owned(Owner::App(index), &app.keys()));
        owned(Owner::Account, &self.account).into_iter().chain(apps).collect()
    }

    fn app(&self, app_id: &[u8]) -> Option<&AppKeys<F>> {
        self.apps.iter().find(|app| app.app_id.as_bytes() == app_id)
    }
}

impl<F: FetchKeySet> AppKeys<F> {
    fn id(&self) -> &str {
        &self.app_id
    }

    fn cache(&self) -> Option<&Arc<KeySetCache<F>>> {
        match &self.source {
            Source::Pinned(_) => None,
            Source::Fetched(cache) => Some(cache),
        }
    }

    fn keys(&self) -> Arc<[PublicKey]> {
        match &self.source {
            Source::Pinned(keys) => Arc::clone(keys),
            Source::Fetched(cache) => cache.keys(),
        }
    }

    fn is_fresh(&self) -> bool {
        self.cache().is_none_or(|cache| cache.is_fresh())
    }

    fn refresh(&self) -> Option<Refresh> {
        self.cache().and_then(KeySetCache::refresh)
    }
}

/// Waits for all of them; they run beside each other.
async fn wait_for(fetches: impl IntoIterator<Item = Refresh>) {
    let fetches: Vec<_> = fetches.into_iter().collect();
    for fetch in fetches {
        fetch.ended().await;
    }
}

/// The app that a leading `{"app_id":"…"` names: how Prelude's batches begin.
fn hinted_app_id(body: &[u8]) -> Option<&[u8]> {
    let body = body.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(br#""app_id""#)?;
    let value = body.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    value.split(|byte| *byte == b'"').next().filter(|app_id| app_id.len() <= MAX_APP_ID_LENGTH)
}

const MAX_APP_ID_LENGTH: usize = 63;
