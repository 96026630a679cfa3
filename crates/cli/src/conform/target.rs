//! The receiver under test: its URL, and the clients that send requests to it.

use std::time::Duration;

use http::HeaderMap;
use tokio::task::JoinSet;

use super::{
    ConformError,
    probe::{Exchange, Probe},
};
use prelude_local::http_client::{Client, ClientError};

/// Time that Prelude waits for an answer.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Receiver at a URL.
#[derive(Debug, Clone)]
pub struct Target {
    url: String,
    limit: Duration,
    lower_case: Client,
    title_case: Client,
    prefers_title_case: bool,
}

impl Target {
    /// Creates a target that must answer within this time.
    ///
    /// # Errors
    /// The platform's trust roots cannot be read.
    pub fn new(url: impl Into<String>, limit: Duration) -> Result<Self, ClientError> {
        Ok(Self {
            url: url.into(),
            limit,
            lower_case: Client::with_patience(limit)?,
            title_case: Client::in_title_case(limit)?,
            prefers_title_case: true,
        })
    }

    /// Target at another URL, with the same clients.
    #[must_use]
    pub fn at(&self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self.clone() }
    }

    /// Time limit of an answer.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Sets the case of header names for requests that do not choose one.
    pub(super) fn prefer_title_case(&mut self, prefers: bool) {
        self.prefers_title_case = prefers;
    }

    /// Sends one probe.
    pub(super) async fn send(&self, probe: Probe) -> Result<Exchange, ConformError> {
        let request = &probe.request;
        let title_case = request.title_case.unwrap_or(self.prefers_title_case);
        let client = if title_case { &self.title_case } else { &self.lower_case };
        let url = match request.query.as_str() {
            "" => self.url.clone(),
            query => format!("{}{}{query}", self.url, if self.url.contains('?') { '&' } else { '?' }),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.append(name, value.clone());
        }
        let answer = client.send(request.method.clone(), &url, headers, request.body.clone()).await;
        match answer {
            Err(
                error @ (ClientError::NotAUrl
                | ClientError::Unusable
                | ClientError::NoConnection(_)
                | ClientError::UnknownHost(_)),
            ) => Err(error.into()),
            answer => Ok(Exchange { probe, answer }),
        }
    }

    /// Sends probes one after the other.
    pub(super) async fn in_turn(&self, probes: Vec<Probe>) -> Result<Vec<Exchange>, ConformError> {
        let mut exchanges = Vec::with_capacity(probes.len());
        for probe in probes {
            exchanges.push(self.send(probe).await?);
        }
        Ok(exchanges)
    }

    /// Sends probes at the same time.
    pub(super) async fn at_once(&self, probes: Vec<Probe>) -> Result<Vec<Exchange>, ConformError> {
        let mut sending = JoinSet::new();
        for probe in probes {
            let target = self.clone();
            sending.spawn(async move { target.send(probe).await });
        }
        sending.join_all().await.into_iter().collect()
    }
}
