//! A key server that can misbehave, behind the port for key sets: real sockets do not go with a stopped clock. The same
//! faults on a socket, through the real HTTP client, are in `keys/outages.rs`.

use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use prelude_webhooks::authenticate::{FetchError, FetchKeySet};
use serde_json::json;
use tokio::time::{Duration, sleep};

use crate::support::keys::private_key;

/// How a key server fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// No connection.
    Down,
    /// The right answer after this time.
    Slow(Duration),
    /// No answer, ever.
    Hanging,
    /// Another status than 200.
    Failing,
    /// A key set without the key that signs.
    Wrong,
    /// No key set.
    Garbage,
    /// More than may be read.
    Huge,
    /// The set without the key that signs once, then the right one.
    Rotating,
    /// A redirect.
    Redirecting,
}

impl KeyFault {
    /// One of each kind.
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

    /// Returns whether the function has keys without the one that signed, so that the answer is 401.
    pub(crate) const fn hides_the_key(self) -> bool {
        matches!(self, Self::Wrong | Self::Rotating)
    }
}

/// The key server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct KeyServer(Arc<Mutex<State>>);

/// The set with the key that signs, and one without it. Reading a private key takes as long as a whole case.
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
    /// A server of the key `app-2048`, with this fault.
    pub(crate) fn new(fault: impl Into<Option<KeyFault>>) -> Self {
        let state = State { fault: fault.into(), asked: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Changes the fault, or ends it.
    pub(crate) fn set(&self, fault: impl Into<Option<KeyFault>>) {
        self.0.lock().unwrap().fault = fault.into();
    }

    /// Every URL that was asked for.
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
