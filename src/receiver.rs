//! The pipeline. Only this file knows the order of the steps.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::Method;
use tokio::time::{Instant, timeout_at};

use crate::{
    app::App,
    authenticate::{
        Authenticator, FetchKeySet, SignatureStep,
        challenge::{Challenge, ChallengeForm},
        keys::KeyRing,
    },
    config::Config,
    endpoint::Endpoint,
    gate::{Caller, Gate, IpCheck},
    inbound::{Arrival, Inbound},
    metrics::{Emf, KeySets, Measurement},
    parse::parse,
    publish::{MAX_EVENTS, Publisher, SendBatch},
    rejection::Rejection,
    respond::{self, Outcome, Reply},
    watch::{Step, Watch},
};

/// Receives requests, one after the other.
pub struct Receiver<F, S> {
    gate: Gate,
    endpoint: Endpoint,
    apps: Vec<App>,
    authenticator: Authenticator<F>,
    publisher: Publisher<S>,
    challenge_form: ChallengeForm,
    metrics: Option<Emf>,
}

impl<F: FetchKeySet, S: SendBatch> Receiver<F, S> {
    /// Puts the steps together. Nothing is fetched or sent yet.
    #[must_use]
    pub fn new(config: Config, fetcher: F, sender: S) -> Self {
        let Config {
            gate,
            endpoint,
            apps,
            account_keys,
            accept_unsigned,
            jwks_ttl,
            routes,
            challenge_form,
            ..
        } = config;
        let keys = KeyRing::new(account_keys, &apps, jwks_ttl, fetcher);
        Self {
            gate,
            endpoint,
            apps,
            authenticator: Authenticator { keys, accept_unsigned },
            publisher: Publisher::new(sender, routes),
            challenge_form,
            metrics: None,
        }
    }

    /// Writes the metrics of each request.
    #[must_use]
    pub fn with_metrics(self, metrics: Option<Emf>) -> Self {
        Self { metrics, ..self }
    }

    /// Starts fetching the apps' key sets, so that the first request finds them. The fetches continue when the result is
    /// dropped.
    pub fn warm_up(&self) -> impl Future<Output = ()> + use<F, S> {
        self.authenticator.keys.start_fetches()
    }

    /// Answers a request by its deadline.
    pub async fn receive(&self, inbound: Inbound, arrival: &Arrival) -> Reply {
        self.receive_watched(inbound, arrival, &mut ()).await
    }

    /// Answers a request, and reports each step.
    pub async fn receive_watched(
        &self,
        inbound: Inbound,
        arrival: &Arrival,
        watch: &mut impl Watch,
    ) -> Reply {
        let started = Instant::now();
        let measurement = self.metrics.as_ref().map(|_| Measurement::start(&inbound.method));
        let mut watch = (watch, measurement);
        // A panic is answered here, because the runtime's answer would quote its message, which may quote the request.
        let process = AssertUnwindSafe(self.process(inbound, arrival, &mut watch)).catch_unwind();
        let result = match timeout_at(arrival.deadline, process).await {
            Ok(result) => result.unwrap_or(Err(Rejection::Panicked)),
            Err(_elapsed) => Err(Rejection::OutOfTime),
        };
        watch.see(Step::Ended(&result));
        respond::log(&result, &arrival.request_id, started.elapsed());
        if let (Some(metrics), (_, Some(mut measurement))) = (&self.metrics, watch) {
            measurement.end(arrival, &self.key_sets());
            metrics.write(arrival, &measurement);
        }
        Reply::new(&result, self.challenge_form)
    }

    async fn process(
        &self,
        inbound: Inbound,
        arrival: &Arrival,
        watch: &mut impl Watch,
    ) -> Result<Outcome, Rejection> {
        let caller = self.gate.identify(&inbound);
        watch.see(Step::Caller(&caller));
        self.report(&caller, arrival);
        self.gate.admit(&caller)?;
        watch.see(Step::Admitted);
        let path = self.endpoint.check(&inbound.path)?;
        watch.see(Step::Found);
        match inbound.method {
            Method::GET => Challenge::prove(&inbound.query, &self.apps).map(Outcome::Challenged),
            Method::POST => {
                let report = |step: SignatureStep<'_>| watch.see(step.into());
                let delivery = self.authenticator.authenticate(inbound, &caller, path, report).await?;
                watch.see(Step::Authenticated(&delivery));
                let batch = parse(&delivery, MAX_EVENTS);
                if let Err(Rejection::KeyWrongForApp | Rejection::KeysUnavailable) = batch
                    && caller.is_listed()
                {
                    // The key is configured, but not (yet) known as the claimed app's key.
                    drop(self.authenticator.keys.start_fetches());
                }
                let batch = batch?;
                watch.see(Step::Parsed(&batch));
                let retried = || watch.see(Step::Retried);
                self.publisher.publish(batch, arrival, retried).await.map(Outcome::Accepted)
            }
            _ => Err(Rejection::MethodNotAllowed),
        }
    }

    fn key_sets(&self) -> KeySets {
        let keys = &self.authenticator.keys;
        KeySets { failed_fetches: keys.take_failed_fetches(), oldest: keys.oldest_set() }
    }

    /// Logs an address that the allow-list would refuse. Operators complete their list from it in `report` mode.
    fn report(&self, caller: &Caller, arrival: &Arrival) {
        if let (Some(refusal), IpCheck::Enforce | IpCheck::Report) = (caller.refusal, self.gate.check) {
            let address =
                caller.address.map_or_else(|| "unreadable".to_owned(), |address| address.to_string());
            let request_id = &*arrival.request_id;
            tracing::warn!(
                code = "address_check",
                request_id,
                would_refuse = refusal.code(),
                caller = address
            );
        }
    }
}
