//! The key ring: the keys to try, their order, and the fetches that a request starts.
//!
//! The account's keys are configured. An app's keys are pinned or fetched. Hints of the unverified request order the keys
//! and never decide.

pub mod cache;
pub mod https;
pub mod jwks;

use std::sync::Arc;

use tokio::time::{Duration, Instant, timeout_at};

use self::cache::{KeySetCache, Refresh};
use super::{
    key_server::FetchKeySet,
    public_key::PublicKey,
    signature::{Owner, Owners, Ownership, Trial, Unverified, Verified},
};
use crate::{
    app::{App, AppKeySource},
    rejection::Rejection,
};

/// Every configured key, and its source.
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

/// Claims of the unverified request about its signer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// Value of `X-Webhook-Signature-Key-Id`.
    pub key_id: Option<&'a str>,
    /// Permission to fetch every key set again when no key verifies.
    pub may_refetch: bool,
}

impl<F: FetchKeySet> KeyRing<F> {
    /// Takes the configured keys. Nothing is fetched yet.
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

    /// Starts fetching every key set at once. The fetches continue when the result is dropped.
    pub fn start_fetches(&self) -> impl Future<Output = ()> + use<F> {
        let fetches: Vec<_> = self.apps.iter().filter_map(AppKeys::refresh).collect();
        async move {
            for fetch in fetches {
                fetch.ended().await;
            }
        }
    }

    /// Age of the oldest fetched set; `None` before the first one.
    pub fn oldest_set(&self) -> Option<Duration> {
        self.caches().filter_map(|cache| cache.age()).max()
    }

    /// Number of fetches that failed since the last call. Each failure is returned once.
    pub fn take_failed_fetches(&self) -> u64 {
        self.caches().map(|cache| cache.take_failures()).sum()
    }

    /// Finds the key that verifies: first among the known keys, then in the sets that are due. Otherwise fetches every
    /// set once more. Reports each trial.
    ///
    /// # Errors
    /// [`Rejection::KeysUnavailable`] while the app that the body claims has no key, otherwise
    /// [`Rejection::SignatureWrong`].
    pub async fn verify(
        &self,
        unverified: Unverified,
        hint: Hint<'_>,
        mut report: impl FnMut(&PublicKey, Trial),
    ) -> Result<Verified, Rejection> {
        let patience = Instant::now() + PATIENCE;
        let first = hinted_app_id(unverified.unverified_body()).and_then(|app_id| self.app(app_id));
        let is_first = |app: &AppKeys<F>| first.is_some_and(|first| std::ptr::eq(first, app));
        // The claimed app's set is fetched before other keys are tried, so that a rotated key is found at once. A key
        // that two apps share is then known as both apps' key.
        wait_for(first.filter(|app| !app.is_fresh()).and_then(AppKeys::refresh), patience).await;
        let at_hand = self.candidates(first, hint, |app| app.is_fresh() || is_first(app));
        let unverified = match unverified.verify(at_hand.iter(), |key| self.owners_of(key), &mut report) {
            Ok(verified) => return Ok(verified),
            Err(unverified) => unverified,
        };
        // Stale keys are tried only after an attempt to replace them. A miss is worth a fetch of every set, because a key
        // may just have been rotated. The fetch for an app without a key is not awaited unless the body claims the app.
        // Otherwise an app that was deleted would delay every bad signature.
        let due = self.apps.iter().filter(|app| hint.may_refetch || !app.is_fresh());
        let is_awaited = |app: &AppKeys<F>| app.has_keys() || is_first(app);
        wait_for(due.filter_map(|app| app.refresh().filter(|_started| is_awaited(app))), patience).await;
        let all = self.candidates(first, hint, |_| true);
        unverified.verify(all.iter(), |key| self.owners_of(key), report).map_err(|_unverified| {
            if first.is_none_or(AppKeys::has_keys) {
                Rejection::SignatureWrong
            } else {
                Rejection::KeysUnavailable
            }
        })
    }

    /// Keys in the order to try them: the named key, the claimed app's, the account's, the other apps'.
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
        let key_id_in = |set: &[PublicKey]| {
            let same = set.iter().find(|candidate| candidate.thumbprint() == key.thumbprint())?;
            Some(Arc::clone(same.key_id()))
        };
        let mut owners = Owners::default();
        if let Some(key_id) = key_id_in(&self.account) {
            owners.known.push(Ownership { owner: Owner::Account, key_id });
        }
        for app in &self.apps {
            let (owner, keys) = (|| Owner::App(Arc::clone(&app.app_id)), app.keys());
            if keys.is_empty() {
                owners.undecided.push(owner());
            } else if let Some(key_id) = key_id_in(&keys) {
                owners.known.push(Ownership { owner: owner(), key_id });
            }
        }
        owners
    }

    fn caches(&self) -> impl Iterator<Item = &Arc<KeySetCache<F>>> {
        self.apps.iter().filter_map(AppKeys::cache)
    }

    fn app(&self, app_id: &[u8]) -> Option<&AppKeys<F>> {
        self.apps.iter().find(|app| app.app_id.as_bytes() == app_id)
    }
}

/// Key sets whose keys are tried.
struct Candidates {
    sets: Vec<Arc<[PublicKey]>>,
    named: Option<Box<str>>,
}

impl Candidates {
    /// The named keys first. `Unverified` tries a repeated key once.
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

    fn has_keys(&self) -> bool {
        !self.keys().is_empty()
    }

    fn is_fresh(&self) -> bool {
        self.cache().is_none_or(|cache| cache.is_fresh())
    }

    fn refresh(&self) -> Option<Refresh> {
        self.cache().and_then(KeySetCache::refresh)
    }
}

/// Waits for fetches that run at the same time: all are started before the first is awaited.
async fn wait_for(fetches: impl IntoIterator<Item = Refresh>, patience: Instant) {
    let started: Vec<_> = fetches.into_iter().collect();
    for fetch in started {
        if timeout_at(patience, fetch.ended()).await.is_err() {
            return;
        }
    }
}

/// Time that one request waits for key sets in total. The rest of the budget is for SQS.
const PATIENCE: Duration = Duration::from_secs(4);

/// The app that a leading `{"app_id":"…"` names. Prelude's batches begin with it.
fn hinted_app_id(body: &[u8]) -> Option<&[u8]> {
    let body = body.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(br#""app_id""#)?;
    let value = body.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    value.get(..value.iter().position(|byte| *byte == b'"')?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        authenticate::{key_server::FetchError, test_keys::pem},
        secret::Secret,
    };

    struct NoServer;

    impl FetchKeySet for NoServer {
        async fn fetch(&self, _url: &str) -> Result<bytes::Bytes, FetchError> {
            Err(FetchError::Unreachable)
        }
    }

    fn keys(names: &[&str]) -> Vec<PublicKey> {
        names.iter().flat_map(|name| PublicKey::all_from_pem(&pem(name)).unwrap()).collect()
    }

    #[test]
    fn a_body_claims_an_app_by_a_whole_leading_member() {
        for claim in [
            r#"{"app_id":"a","events":[]}"#,
            " {\r\n\t\"app_id\" : \"a\"",
            r#"{"app_id":"a"x"#,
            r#"{"app_id":"a","app_id":"b"}"#,
        ] {
            assert_eq!(hinted_app_id(claim.as_bytes()), Some(&b"a"[..]), "{claim}");
        }
        for other in [
            "",
            "{",
            r#"{"app_id":"a"#,
            r#"{"app_id":a}"#,
            r#"{"app_id":["a"]}"#,
            r#"["app_id":"a"]"#,
            r#"{"events":[],"app_id":"a"}"#,
            r#"{"App_id":"a"}"#,
            r#"{"app\u005fid":"a"}"#,
        ] {
            assert_eq!(hinted_app_id(other.as_bytes()), None, "{other}");
        }
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
