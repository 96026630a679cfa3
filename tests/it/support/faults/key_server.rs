//! Key server with faults, behind the port for key sets, because a stopped clock does not work with real sockets.
//!
//! `keys/outages.rs` tests the same faults on a socket, through the real HTTP client.

use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use prelude_webhooks::authenticate::{FetchError, FetchKeySet};
use serde_json::json;
use tokio::time::{Duration, sleep};

use crate::support::keys::private_key;

/// Fault of a key server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// Refuses the connection.
    Down,
    /// Answers correctly, after this time.
    Slow(Duration),
    /// Never answers.
    Hanging,
    /// Answers with a status other than 200.
    Failing,
    /// Serves a key set without the key that signs.
    Wrong,
    /// Serves bytes that are not a key set.
    Garbage,
    /// Serves more bytes than the receiver reads.
    Huge,
    /// Serves the set without the key that signs once, then the right one.
    Rotating,
    /// Answers with a redirect.
    Redirecting,
}

impl KeyFault {
    /// One fault of each kind.
    pub(crate) const ALL: [Self; 9] = [
        Self::Down,
        Self::Slow(Duration::from_millis(1_300)),
        Self::Hanging,
        Self::Failing,
        Self::Wrong,
        Self::Garbage,
        Self::Huge,
        Self::Rotating,
        Self::Redirecting,
    ];

    /// The fault's name in `docs/reliability.md`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Down => "key server down",
            Self::Slow(_) => "key server slow",
            Self::Hanging => "key server hangs",
            Self::Failing => "key server answers 5xx",
            Self::Wrong => "key set without the signing key",
            Self::Garbage => "key set is garbage",
            Self::Huge => "key set is huge",
            Self::Rotating => "key just rotated",
            Self::Redirecting => "key server redirects",
        }
    }

    /// Reports whether the function has keys without the one that signed, so that the answer is 401.
    pub(crate) const fn hides_the_key(self) -> bool {
        matches!(self, Self::Wrong | Self::Rotating)
    }
}

/// Key server. Clones share its state.
#[derive(Clone)]
pub(crate) struct KeyServer(Arc<Mutex<State>>);

/// Set with the key that signs. Reading a private key takes as long as a whole case, so it is read once.
static RIGHT: LazyLock<Bytes> = LazyLock::new(|| key_set("app-2048"));
static WRONG: LazyLock<Bytes> = LazyLock::new(|| key_set("other-2048"));

fn key_set(name: &str) -> Bytes {
    json!({"keys": [private_key(name, "app").jwk()]}).to_string().into()
}

struct State {
    fault: Option<KeyFault>,
    asked: Vec<String>,
}

impl KeyServer {
    /// Server of the key `app-2048`, with this fault.
    pub(crate) fn new(fault: impl Into<Option<KeyFault>>) -> Self {
        let state = State { fault: fault.into(), asked: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Changes the fault, or ends it.
    pub(crate) fn set(&self, fault: impl Into<Option<KeyFault>>) {
        self.0.lock().unwrap().fault = fault.into();
    }

    /// Every requested URL.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

impl FetchKeySet for KeyServer {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        let (fault, asked) = {
            let mut state = self.0.lock().unwrap();
            state.asked.push(url.to_owned());
            (state.fault, state.asked.len())
        };
        match fault {
            None => {}
            Some(KeyFault::Down) => return Err(FetchError::Unreachable),
            Some(KeyFault::Slow(time)) => sleep(time).await,
            Some(KeyFault::Hanging) => std::future::pending().await,
            Some(KeyFault::Failing) => return Err(FetchError::Status(503)),
            Some(KeyFault::Rotating) if asked > 1 => {}
            Some(KeyFault::Wrong | KeyFault::Rotating) => return Ok(WRONG.clone()),
            Some(KeyFault::Garbage) => return Ok(Bytes::from_static(b"\xff<html>{\"keys\":[")),
            Some(KeyFault::Huge) => return Err(FetchError::TooLarge),
            Some(KeyFault::Redirecting) => return Err(FetchError::Status(302)),
        }
        Ok(RIGHT.clone())
    }
}
