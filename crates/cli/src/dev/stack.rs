//! The running stack: receiver, queues, key server, inspector.

use std::{collections::BTreeMap, io, net::IpAddr, path::PathBuf, slice, sync::Arc};

use prelude_events::EventType;
use prelude_webhooks::{
    config::Problem,
    gate::Gate,
    metrics::MetricsFormat,
    route::{QueueType, Routes},
};
use tokio::{task::JoinSet, time::Duration};

use super::addresses::Addresses;
use super::figures::Figures;
use super::inspector::{Inspector, Parts};
use super::journal::Journal;
use super::keep::{Keep, KeepError};
use super::sender::Sender;
use super::settings::Settings;
use crate::{environment::EnvironmentError, operate::redrive, port::PortUnusable};
use prelude_local::{
    aws::{
        gateway::{Api, GatewayServer},
        sqs::{EmbeddedSqs, EmbeddedSqsError, REGION, SqsServer},
    },
    prelude::{KeyError, jwks_server::JwksServer},
    receiver::LocalReceiver,
};

/// Options of a stack. A port of 0 takes a free one.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port of the receiver.
    pub port: u16,
    /// Port of the inspector.
    pub inspector_port: u16,
    /// Port of the local Prelude's key server.
    pub prelude_port: u16,
    /// Port of the queues.
    pub sqs_port: u16,
    /// File that keeps the queues' messages.
    pub keep: Option<PathBuf>,
    /// Time between two new keys of the Session app.
    pub rotate_every: Option<Duration>,
}

/// A running stack.
pub struct Stack {
    /// Addresses of its servers.
    pub addresses: Addresses,
    /// Warnings about the settings.
    pub warnings: Vec<Problem>,
    /// Number of messages that `--keep` put back.
    pub restored: usize,
    /// Number of queues, without dead-letter queues.
    pub queues: usize,
    journal: Arc<Journal>,
    sqs: EmbeddedSqs,
    api: Api<Journal>,
    sender: Option<Arc<Sender>>,
    gateway_server: GatewayServer,
    inspector: Inspector,
    keep: Option<Keep>,
    /// Ends when the stack is dropped.
    _sqs_server: SqsServer,
    tasks: JoinSet<KeepError>,
}

/// Error of starting or running the stack.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The receiver refuses its settings.
    #[error("{0}\nThe samples complete your settings: `prelude dev --print-settings` prints all of them.")]
    Config(#[from] EnvironmentError),
    /// A queue cannot be created.
    #[error(transparent)]
    Sqs(#[from] EmbeddedSqsError),
    /// A port cannot be used.
    #[error(transparent)]
    Port(#[from] PortUnusable),
    /// The file of `--keep` is unusable.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// A key of the samples is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The system provides no thread or no signals.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Stack {
    /// Starts a stack with these settings in the current runtime.
    ///
    /// # Errors
    /// The first problem.
    pub async fn start(settings: &mut Settings, options: &Options) -> Result<Self, DevError> {
        let key_server = JwksServer::start_on(options.prelude_port).await;
        let key_server = key_server.map_err(PortUnusable::of(options.prelude_port, "--prelude-port"))?;
        let jwks = key_server.url(prelude_local::prelude::samples::APP_ID);
        settings.resolve_jwks_url(&jwks);
        let config = settings.config()?;
        let warnings = config.warnings.clone();
        let source_ip = source_ip(&config.gate);
        let path = settings.path();
        let url_prefix = url_prefix(&config.routes);

        let sqs = EmbeddedSqs::start_for(&config.routes).await?;
        let queues = config.routes.queue_urls().count();
        let keep = options.keep.clone().map(Keep::new);
        let restored = match &keep {
            Some(keep) => keep.restore(&sqs).await?,
            None => 0,
        };
        let sqs_server = SqsServer::start(&sqs, options.sqs_port).await;
        let sqs_server = sqs_server.map_err(PortUnusable::of(options.sqs_port, "--sqs-port"))?;

        let journal = Arc::new(Journal::new(sqs.clone(), &config));
        // The keys are published before the receiver first fetches them.
        let sender = Arc::new(Sender::new(path.clone(), source_ip.clone(), key_server)?);
        let parking_queue = config.routes.parking().name().to_owned();
        let dead_letters = dead_letters(&config.routes);
        let has_metrics = config.metrics == MetricsFormat::Emf;
        let figures = Arc::new(Figures::default());
        let sink = Arc::clone(&figures);
        let receiver = LocalReceiver::with_metrics(config, sqs.client().config(), move |line| sink.add(line));
        let api = Api::new(receiver).observed_by(Arc::clone(&journal));
        let gateway_server = GatewayServer::start(api.clone(), options.port, source_ip).await;
        let gateway_server = gateway_server.map_err(PortUnusable::of(options.port, "--port"))?;

        let mut addresses = Addresses {
            receiver: format!("{}{path}", gateway_server.url()),
            inspector: String::new(),
            sqs: sqs_server.endpoint(),
            jwks,
            queue_url_prefix: url_prefix,
            region: REGION,
        };
        let parts = Parts {
            api: api.clone(),
            journal: Arc::clone(&journal),
            sqs: sqs.clone(),
            sender: Arc::clone(&sender),
            figures,
            has_metrics,
            parking_queue,
            dead_letters,
        };
        let inspector = Inspector::start(parts, &mut addresses, options.inspector_port).await;
        let inspector = inspector.map_err(PortUnusable::of(options.inspector_port, "--inspector-port"))?;
        let mut tasks = JoinSet::new();
        if let Some(keep) = keep.clone() {
            let sqs = sqs.clone();
            tasks.spawn(async move { keep.follow(&sqs).await });
        }
        if let Some(period) = options.rotate_every {
            tasks.spawn(super::rotation::rotate(Arc::clone(&sender), period));
        }
        let sender = settings.has_sample_app().then_some(sender);
        Ok(Self {
            addresses,
            warnings,
            restored,
            queues,
            journal,
            sqs,
            api,
            sender,
            gateway_server,
            inspector,
            keep,
            _sqs_server: sqs_server,
            tasks,
        })
    }

    /// Record of the deliveries.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Queues of the stack.
    pub const fn sqs(&self) -> &EmbeddedSqs {
        &self.sqs
    }

    /// Activates the samples' Session app if it is configured, as Prelude does when a webhook is registered.
    pub async fn activate(&self) {
        if let Some(sender) = &self.sender {
            self.api.handle(sender.activation()).await;
        }
    }

    /// Waits until the file of `--keep` cannot be written, which is the only failure of a running stack.
    pub async fn failed(&mut self) -> KeepError {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(error)) => return error,
                Some(Err(_panicked)) => {}
                None => return std::future::pending().await,
            }
        }
    }

    /// Accepts no more requests, answers those in progress, and writes the file of `--keep`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn stop(self) -> Result<(), KeepError> {
        let Self { gateway_server, inspector, keep, sqs, mut tasks, .. } = self;
        inspector.stop().await;
        // The receiver's time budget, and a margin.
        gateway_server.stop(Duration::from_secs(9)).await;
        tasks.shutdown().await;
        keep.map_or(Ok(()), |keep| keep.save(&sqs))
    }
}

/// Caller's address: Prelude's own, or the allow-list's first one if Prelude's is not listed.
fn source_ip(gate: &Gate) -> String {
    let usual = GatewayServer::SOURCE_IP.parse::<IpAddr>().ok();
    let is_listed = usual.is_some_and(|address| gate.allowed.iter().any(|block| block.contains(&address)));
    match gate.allowed.first() {
        Some(first) if !is_listed => first.addr().to_string(),
        _ => GatewayServer::SOURCE_IP.to_owned(),
    }
}

/// Name of the dead-letter queue of each event type. Types that a rule merges share one.
fn dead_letters(routes: &Routes) -> BTreeMap<EventType, String> {
    let of_type = |event_type: &EventType| redrive::dead_letters(routes, slice::from_ref(event_type)).pop();
    let named = |event_type: &EventType| Some((event_type.clone(), of_type(event_type)?.name));
    EventType::ALL.iter().filter_map(named).collect()
}

/// Queue URL without its suffix, taken from the parking queue's URL.
fn url_prefix(routes: &Routes) -> String {
    let suffix = match routes.queue_type() {
        QueueType::Standard => prelude_webhooks::route::PARKING_SLUG.to_owned(),
        QueueType::Fifo => format!("{}.fifo", prelude_webhooks::route::PARKING_SLUG),
    };
    let parking = routes.parking().as_str();
    parking.strip_suffix(suffix.as_str()).unwrap_or(parking).to_owned()
}
