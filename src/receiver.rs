//! The pipeline: the only file that knows the order of the steps.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use http::Method;
use tokio::time::{Instant, timeout_at};

use crate::{
    authenticate::{
        Authenticator,
        challenge::Challenge,
        keys::{KeyRing, cache::FetchKeySet},
    },
    config::{App, Config},
    endpoint::Endpoint,
    gate::{Caller, Gate, IpCheck},
    inbound::Inbound,
    parse::parse,
    publish::{Arrival, MAX_EVENTS, Publisher, SendBatch},
    rejection::Rejection,
    respond::{self, ChallengeForm, Outcome, Reply},
    watch::{Step, Watch},
};

/// Receives one request after the other.
pub struct Receiver<F, S> {
    gate: Gate,
    endpoint: Endpoint,
    apps: Vec<App>,
    app_ids: Vec<Arc<str>>,
    authenticator: Authenticator<F>,
    publisher: Publisher<S>,
    challenge_form: ChallengeForm,
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
            app_ids: apps.iter().map(|app| Arc::clone(&app.app_id)).collect(),
            apps,
            authenticator: Authenticator { keys, accept_unsigned },
            publisher: Publisher::new(sender, routes),
            challenge_form,
        }
    }

    /// Starts fetching the apps' key sets, now, so that the first request finds them. The fetches go on whether the
    /// result is awaited or dropped.
    pub fn warm_up(&self) -> impl Future<Output = ()> + use<F, S> {
        self.authenticator.keys.start_fetches()
    }

    /// Answers a request, at the latest when its deadline comes.
    pub async fn receive(&self, inbound: Inbound, arrival: &Arrival) -> Reply {
        self.receive_watched(inbound, arrival, &mut ()).await
    }

    /// The same, and tells each step.
    pub async fn receive_watched(
        &self,
        inbound: Inbound,
        arrival: &Arrival,
        watch: &mut impl Watch,
    ) -> Reply {
        let started = Instant::now();
        // A panic is answered here: the runtime would put its message, which can quote the request, into its answer.
        let process = AssertUnwindSafe(self.process(inbound, arrival, watch)).catch_unwind();
        let result = match timeout_at(arrival.deadline, process).await {
            Ok(result) => result.unwrap_or(Err(Rejection::Panicked)),
            Err(_elapsed) => Err(Rejection::OutOfTime),
        };
        watch.see(Step::Ended(&result));
        respond::log(&result, &arrival.request_id, started.elapsed());
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
                let delivery = self.authenticator.authenticate(inbound, &caller, path, watch).await?;
                watch.see(Step::Authenticated(&delivery));
                let batch = parse(&delivery, &self.app_ids, MAX_EVENTS);
                if let Err(Rejection::KeyWrongForApp | Rejection::KeysUnavailable) = batch
                    && caller.is_listed()
                {
                    // The key is a configured one, and not, or not yet, known as the claimed app's.
                    drop(self.authenticator.keys.start_fetches());
                }
                let batch = batch?;
                watch.see(Step::Parsed(&batch));
                self.publisher.publish(batch, arrival).await.map(Outcome::Accepted)
            }
            _ => Err(Rejection::MethodNotAllowed),
        }
    }

    /// Tells an address that the allow-list would refuse: how an allow-list is found in `report` mode.
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
