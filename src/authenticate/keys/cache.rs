//! One app's key set: TTL, cool-down, one fetch at a time, and the old set while the key server is down.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::FutureExt;
use tokio::{
    sync::watch,
    time::{Duration, Instant, timeout},
};

use super::jwks;
use crate::authenticate::{
    key_server::{FetchError, FetchKeySet},
    public_key::PublicKey,
};

/// Time limit of a fetch, from its start to the last byte.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// Time over its limit that a fetch takes only when Lambda froze the sandbox meanwhile.
const FREEZE: Duration = Duration::from_millis(500);
/// Time after a fetch in which no other one starts, so that forged requests cannot flood the key server.
pub const COOL_DOWN: Duration = Duration::from_secs(60);
/// Cool-down of an app without any key.
pub const COOL_DOWN_WITHOUT_KEYS: Duration = Duration::from_secs(5);

/// An app's fetched key set.
pub(crate) struct KeySetCache<F> {
    app_id: Arc<str>,
    url: String,
    ttl: Duration,
    fetcher: Arc<F>,
    state: Mutex<State>,
    /// Number of failed fetches since the last [`take_failures`](Self::take_failures).
    failures: AtomicU64,
}

struct State {
    keys: Arc<[PublicKey]>,
    fetched_at: Option<Instant>,
    last_start: Option<Instant>,
    /// Channel that closes when the fetch in flight ends, even by a panic.
    in_flight: Option<watch::Receiver<()>>,
}

impl<F: FetchKeySet> KeySetCache<F> {
    pub(crate) fn new(app_id: Arc<str>, url: String, ttl: Duration, fetcher: Arc<F>) -> Self {
        let state = State { keys: Arc::new([]), fetched_at: None, last_start: None, in_flight: None };
        Self { app_id, url, ttl, fetcher, state: Mutex::new(state), failures: AtomicU64::new(0) }
    }

    /// The cached keys, stale or not.
    pub(crate) fn keys(&self) -> Arc<[PublicKey]> {
        Arc::clone(&self.state().keys)
    }

    /// Reports whether the set is younger than its TTL.
    pub(crate) fn is_fresh(&self) -> bool {
        self.state().fetched_at.is_some_and(|at| at.elapsed() < self.ttl)
    }

    /// Age of the set; `None` before the first one.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.state().fetched_at.map(|at| at.elapsed())
    }

    /// Number of fetches that failed since the last call. Each failure is returned once.
    pub(crate) fn take_failures(&self) -> u64 {
        self.failures.swap(0, Ordering::Relaxed)
    }

    /// Starts a fetch, or joins the one in flight. `None` during the cool-down.
    pub(crate) fn refresh(self: &Arc<Self>) -> Option<Refresh> {
        let mut state = self.state();
        if let Some(in_flight) = state.in_flight.as_ref().filter(|fetch| fetch.has_changed().is_ok()) {
            return Some(Refresh(in_flight.clone()));
        }
        let cool_down = if state.keys.is_empty() { COOL_DOWN_WITHOUT_KEYS } else { COOL_DOWN };
        if state.last_start.is_some_and(|start| start.elapsed() < cool_down) {
            return None;
        }
        state.last_start = Some(Instant::now());
        let (ended, in_flight) = watch::channel(());
        state.in_flight = Some(in_flight.clone());
        let cache = Arc::clone(self);
        // A separate task, because the fetch outlives the request that started it.
        tokio::spawn(async move {
            // A panic is a failure, too.
            let is_fetched = AssertUnwindSafe(cache.fetch()).catch_unwind().await.unwrap_or(false);
            if !is_fetched {
                cache.failures.fetch_add(1, Ordering::Relaxed);
            }
            drop(ended);
        });
        Some(Refresh(in_flight))
    }

    /// Reports whether the set was replaced.
    async fn fetch(&self) -> bool {
        let started = Instant::now();
        let fetched = timeout(FETCH_TIMEOUT, self.fetcher.fetch(&self.url)).await;
        let keys = fetched.unwrap_or(Err(FetchError::Timeout)).map(|document| jwks::parse(&document));
        match keys {
            Ok(keys) if !keys.is_empty() => {
                tracing::info!(code = "keys_fetched", app_id = &*self.app_id, keys = keys.len());
                let mut state = self.state();
                state.keys = keys.into();
                state.fetched_at = Some(Instant::now());
                true
            }
            failed => {
                let reason = failed.err().unwrap_or(FetchError::NoUsableKey);
                let keys_at_hand = self.keys().len();
                if started.elapsed() > FETCH_TIMEOUT + FREEZE {
                    // The sandbox was frozen meanwhile, so the server had no chance to answer, and a request waits.
                    self.state().last_start = None;
                }
                tracing::warn!(code = "keys_fetch_failed", app_id = &*self.app_id, %reason, keys_at_hand);
                false
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, and every write leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handle to a fetch in flight.
pub(crate) struct Refresh(watch::Receiver<()>);

impl Refresh {
    /// Waits until the fetch ends.
    pub(crate) async fn ended(mut self) {
        // Nothing is sent: the channel closes when the fetch ends.
        while self.0.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;

    use super::*;
    use crate::authenticate::test_keys;

    struct Server {
        answers: Mutex<Vec<Result<Bytes, FetchError>>>,
        delay: Duration,
        fetches: AtomicUsize,
    }

    impl FetchKeySet for Server {
        async fn fetch(&self, _url: &str) -> Result<Bytes, FetchError> {
            self.fetches.fetch_add(1, Ordering::Relaxed);
            let answer = self.answers.lock().unwrap().pop();
            tokio::time::sleep(self.delay).await;
            answer.unwrap_or(Err(FetchError::Unreachable))
        }
    }

    /// A cache whose server gives these answers, the last one first.
    fn cache(delay: Duration, answers: Vec<Result<Bytes, FetchError>>) -> Arc<KeySetCache<Server>> {
        let server = Server { answers: Mutex::new(answers), delay, fetches: AtomicUsize::new(0) };
        let ttl = Duration::from_secs(600);
        Arc::new(KeySetCache::new("54e9ujn".into(), "https://keys".into(), ttl, Arc::new(server)))
    }

    fn fetches(cache: &KeySetCache<Server>) -> usize {
        cache.fetcher.fetches.load(Ordering::Relaxed)
    }

    async fn refreshed(cache: &Arc<KeySetCache<Server>>) -> bool {
        match cache.refresh() {
            Some(refresh) => {
                refresh.ended().await;
                true
            }
            None => false,
        }
    }

    fn ok() -> Result<Bytes, FetchError> {
        Ok(test_keys::jwks(&["app-2048"]))
    }

    #[tokio::test(start_paused = true)]
    async fn a_set_is_fresh_for_its_ttl() {
        let cache = cache(Duration::ZERO, vec![ok()]);
        assert!(!cache.is_fresh());
        assert!(refreshed(&cache).await);
        assert!(cache.is_fresh());
        tokio::time::advance(Duration::from_secs(599)).await;
        assert!(cache.is_fresh());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!cache.is_fresh());
        assert_eq!(cache.keys().len(), 1, "stale, and still there");
    }

    #[tokio::test(start_paused = true)]
    async fn every_fetch_starts_a_cool_down() {
        let cache =
            cache(Duration::ZERO, vec![Err(FetchError::Status(500)), ok(), Err(FetchError::Unreachable)]);
        assert!(refreshed(&cache).await);
        assert!(!refreshed(&cache).await, "5 s without a key");
        tokio::time::advance(COOL_DOWN_WITHOUT_KEYS).await;
        assert!(refreshed(&cache).await);
        assert_eq!(cache.keys().len(), 1);
        tokio::time::advance(COOL_DOWN - Duration::from_millis(1)).await;
        assert!(!refreshed(&cache).await, "60 s with one");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(refreshed(&cache).await);
        assert_eq!((fetches(&cache), cache.keys().len()), (3, 1), "a failure replaces nothing");
        assert!(!refreshed(&cache).await, "a failure cools down as well");
    }

    #[tokio::test(start_paused = true)]
    async fn one_fetch_at_a_time() {
        let cache = cache(Duration::from_secs(1), vec![ok()]);
        let waiters: Vec<_> = std::iter::repeat_with(|| cache.refresh().unwrap()).take(50).collect();
        for waiter in waiters {
            waiter.ended().await;
        }
        assert_eq!((fetches(&cache), cache.keys().len()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_server_costs_two_seconds() {
        let cache = cache(Duration::from_secs(3600), vec![ok()]);
        let start = Instant::now();
        assert!(refreshed(&cache).await);
        assert_eq!(start.elapsed(), FETCH_TIMEOUT);
        assert!(cache.keys().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_that_the_sandbox_slept_through_starts_no_cool_down() {
        let longest = FETCH_TIMEOUT + FREEZE;
        for (asleep, at_once) in
            [(FETCH_TIMEOUT, false), (longest, false), (longest + Duration::from_millis(1), true)]
        {
            let cache = cache(Duration::from_secs(3600), Vec::new());
            let refresh = cache.refresh().unwrap();
            tokio::task::yield_now().await;
            // The clock leaps, as it does for a process that did not run.
            tokio::time::advance(asleep).await;
            refresh.ended().await;
            assert_eq!(cache.refresh().is_some(), at_once, "{asleep:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_set_without_a_usable_key_replaces_nothing() {
        let empty = || Ok(Bytes::from_static(br#"{"keys":[]}"#));
        let cache = cache(Duration::ZERO, vec![Ok("<html>".into()), empty(), ok()]);
        for _ in 0..3 {
            assert!(refreshed(&cache).await);
            assert_eq!(cache.keys().len(), 1);
            tokio::time::advance(COOL_DOWN).await;
        }
    }
}
