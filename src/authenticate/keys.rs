//! Which keys may have signed, in which order they are tried, and when a key set is fetched for it.
//!
//! Account keys are configured; an app's keys are pinned or fetched. Hints from the unverified request order the
//! keys and never decide.

pub mod cache;
pub mod https;
pub mod jwks;

use std::sync::Arc;

use tokio::time::{Duration, Instant, timeout_at};

use self::cache::{FetchKeySet, KeySetCache, Refresh};
use super::{
    Owner,
    signature::{Owners, Ownership, PublicKey, Unverified, Verified},
};
use crate::{
    config::{App, AppKeySource},
    rejection::Rejection,
    watch::{Step, Watch},
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
    pub key_id: Option<&'a str>,
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
    pub async fn verify(
        &self,
        unverified: Unverified,
        hint: Hint<'_>,
        watch: &mut impl Watch,
    ) -> Result<Verified, Rejection> {
        let mut tell = |key: &PublicKey, trial| watch.see(Step::Key(key, trial));
        let patience = Instant::now() + PATIENCE;
        let first = hinted_app_id(unverified.unverified_body()).and_then(|app_id| self.app(app_id));
        let is_first = |app: &AppKeys<F>| first.is_some_and(|first| std::ptr::eq(first, app));
        // The set that the request claims is fetched before others are tried: a rotated key is found at once, and a
        // key that two apps share is known as both apps'.
        wait_for(first.into_iter().filter(|app| !app.is_fresh()), patience).await;
        let at_hand = self.candidates(first, hint, |app| app.is_fresh() || is_first(app));
        let unverified = match unverified.verify(at_hand.iter(), |key| self.owners_of(key), &mut tell) {
            Ok(verified) => return Ok(verified),
            Err(unverified) => unverified,
        };
        // Old keys are tried only after an attempt to replace them. A miss is worth a fetch of every set: a key may
        // just have been rotated.
        wait_for(self.apps.iter().filter(|app| hint.may_refetch || !app.is_fresh()), patience).await;
        let all = self.candidates(first, hint, |_| true);
        unverified.verify(all.iter(), |key| self.owners_of(key), tell).map_err(|_unverified| {
            if self.apps.iter().any(|app| app.keys().is_empty()) {
                Rejection::KeysUnavailable
            } else {
                Rejection::SignatureWrong
            }
        })
    }

    /// Keys in the order they are worth a try: the one that is named, the claimed app's, the account's, the others'.
    fn candidates(
        &self,
        first: Option<&AppKeys<F>>,
        hint: Hint<'_>,
        is_ready: impl Fn(&AppKeys<F>) -> bool,
    ) -> Candidates {
        let is_first = |app: &&AppKeys<F>| first.is_some_and(|first| std::ptr::eq(first, *app));
        let others = self.apps.iter().filter(|app| is_ready(app) && !is_first(app)).map(AppKeys::keys);
        let mut sets: Vec<_> = first.filter(|app| is_ready(app)).map(AppKeys::keys).into_iter().collect();
        sets.push(Arc::clone(&self.account));
        sets.extend(others);
        Candidates { sets, named: hint.key_id.map(Into::into) }
    }

    fn owners_of(&self, key: &PublicKey) -> Owners {
        let owned = |owner, set: &[PublicKey]| {
            let same = set.iter().find(|candidate| candidate.thumbprint() == key.thumbprint())?;
            Some(Ownership { owner, key_id: Arc::clone(same.key_id()) })
        };
        let mut owners = Owners::default();
        owners.known.extend(owned(Owner::Account, &self.account));
        for (index, app) in self.apps.iter().enumerate() {
            let (owner, keys) = (Owner::App(index), app.keys());
            if keys.is_empty() {
                owners.undecided.push(owner);
            }
            owners.known.extend(owned(owner, &keys));
        }
        owners
    }

    fn app(&self, app_id: &[u8]) -> Option<&AppKeys<F>> {
        self.apps.iter().find(|app| app.app_id.as_bytes() == app_id)
    }
}

/// Key sets, held while they are tried.
struct Candidates {
    sets: Vec<Arc<[PublicKey]>>,
    named: Option<Box<str>>,
}

impl Candidates {
    /// The named keys first; a key that comes twice is tried once.
    fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        let keys = || self.sets.iter().flat_map(|set| set.iter());
        keys().filter(|key| self.named.as_deref() == Some(&**key.key_id())).chain(keys())
    }
}

impl<F: FetchKeySet> AppKeys<F> {
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

/// Fetches these apps' sets where the cool-down allows it, beside each other, and waits for them.
async fn wait_for<'a, F: FetchKeySet>(apps: impl Iterator<Item = &'a AppKeys<F>>, patience: Instant) {
    let fetches: Vec<_> = apps.filter_map(AppKeys::refresh).collect();
    for fetch in fetches {
        if timeout_at(patience, fetch.ended()).await.is_err() {
            return;
        }
    }
}

/// How long one request waits for key sets, however many are due: the rest of the budget is for SQS.
const PATIENCE: Duration = Duration::from_secs(4);

/// The app that a leading `{"app_id":"…"` names: how Prelude's batches begin.
fn hinted_app_id(body: &[u8]) -> Option<&[u8]> {
    let body = body.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(br#""app_id""#)?;
    let value = body.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    value.split(|byte| *byte == b'"').next().filter(|app_id| app_id.len() <= MAX_APP_ID_LENGTH)
}

const MAX_APP_ID_LENGTH: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{authenticate::test_keys::pem, secret::Secret};

    struct NoServer;

    impl FetchKeySet for NoServer {
        async fn fetch(&self, _url: &str) -> Result<bytes::Bytes, cache::FetchError> {
            Err(cache::FetchError::Unreachable)
        }
    }

    fn keys(names: &[&str]) -> Vec<PublicKey> {
        names.iter().flat_map(|name| PublicKey::all_from_pem(&pem(name)).unwrap()).collect()
    }

    #[test]
    fn the_key_that_the_request_names_is_the_first_one_tried() {
        let app = |app_id: &str, name| App {
            app_id: app_id.into(),
            verification_token: Secret::unmatchable(),
            keys: AppKeySource::Pinned(keys(&[name]).into()),
        };
        let apps = [app("a", "app-2048"), app("b", "other-2048")];
        let ring = KeyRing::new(keys(&["account-3072", "account-2048"]), &apps, Duration::ZERO, NoServer);
        let first = |hint, body: &[u8]| {
            let claimed = hinted_app_id(body).and_then(|app_id| ring.app(app_id));
            *ring.candidates(claimed, hint, |_| true).iter().next().unwrap().thumbprint()
        };
        let is = |name| *keys(&[name])[0].thumbprint();
        let named = keys(&["account-2048"])[0].key_id().to_string();
        let hint = Hint { key_id: Some(&named), may_refetch: false };
        for body in [&b"{}"[..], br#"{"app_id":"b"}"#] {
            assert_eq!(first(hint, body), is("account-2048"), "the Key-Id");
        }
        assert_eq!(
            first(Hint::default(), br#" { "app_id" : "b" , "events":[]}"#),
            is("other-2048"),
            "the shape"
        );
        assert_eq!(first(Hint::default(), br#"{"app_id":"unknown"}"#), is("account-3072"));
        assert_eq!(first(Hint { key_id: Some("unknown"), ..hint }, b"{}"), is("account-3072"));
    }
}
