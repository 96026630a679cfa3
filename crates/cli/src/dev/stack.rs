//! The running stack: receiver, queues, key server, inspector.

use std::{io, net::IpAddr, path::PathBuf, sync::Arc};

use prelude_webhooks::{
    config::Problem,
    gate::Gate,
    route::{QueueType, Routes},
};
use tokio::{task::JoinSet, time::Duration};

use super::addresses::Addresses;
use super::inspector::{Inspector, Parts};
use super::journal::Journal;
use super::keep::{Keep, KeepError};
use super::sender::Sender;
use super::settings::Settings;
use crate::{environment::EnvironmentError, port::PortUnusable};
use prelude_local::{
    aws::{
        gateway::{Api, GatewayServer},
        sqs::{EmbeddedSqs, EmbeddedSqsError, REGION, SqsServer},
    },
    prelude::{KeyError, jwks_server::JwksServer},
    receiver::LocalReceiver,
};

/// Where the stack listens, and what it does beside answering.
#[derive(Debug, Clone)]
pub struct Options {
    /// Of the receiver; 0 takes any free one, as for the others.
    pub port: u16,
    /// Of the inspector.
    pub inspector_port: u16,
    /// Of the local Prelude's key server.
    pub prelude_port: u16,
    /// Of the queues.
    pub sqs_port: u16,
    /// The file that keeps the queues' messages.
    pub keep: Option<PathBuf>,
    /// How often the Session app gets a new key.
    pub rotate_every: Option<Duration>,
}

/// A running stack.
pub struct Stack {
    /// Where everything is.
    pub addresses: Addresses,
    /// What deserves a look in the settings.
    pub warnings: Vec<Problem>,
    /// How many messages `--keep` brought back.
    pub restored: usize,
    /// How many queues there are.
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

/// Why the stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// What the receiver says of its settings.
    #[error(
        "{0}\nWhat your settings leave out is filled up: `prelude dev --print-settings` shows the whole."
    )]
    Config(#[from] EnvironmentError),
    /// The settings' queues.
    #[error(transparent)]
    Sqs(#[from] EmbeddedSqsError),
    /// A port.
    #[error(transparent)]
    Port(#[from] PortUnusable),
    /// The file of `--keep`.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// A key of the samples.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The system gives no thread or no signals.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Stack {
    /// Starts everything with these settings, in the current runtime.
    ///
    /// # Errors
    /// The first thing that is in the way.
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
        // Published before the receiver first asks for it.
        let sender = Arc::new(Sender::new(path.clone(), source_ip.clone(), key_server)?);
        let receiver = LocalReceiver::with_config(config, sqs.client().config());
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

    /// Every delivery from now on.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The queues.
    pub const fn sqs(&self) -> &EmbeddedSqs {
        &self.sqs
    }

    /// Activates the samples' Session app, as Prelude does when a webhook is registered; not with other apps.
    pub async fn activate(&self) {
        if let Some(sender) = &self.sender {
            self.api.handle(sender.activation()).await;
        }
    }

    /// Waits for what can go wrong while the stack runs: the file of `--keep` that can not be written any more.
    pub async fn failed(&mut self) -> KeepError {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(error)) => return error,
                Some(Err(_panicked)) => {}
                None => return std::future::pending().await,
            }
        }
    }

    /// Takes no more requests, answers those under way, and writes the file of `--keep`.
    ///
    /// # Errors
    /// The file can not be written.
    pub async fn stop(self) -> Result<(), KeepError> {
        let Self { gateway_server, inspector, keep, sqs, mut tasks, .. } = self;
        inspector.stop().await;
        // What the receiver takes at most, and a little more.
        gateway_server.stop(Duration::from_secs(9)).await;
        tasks.shutdown().await;
        keep.map_or(Ok(()), |keep| keep.save(&sqs))
    }
}

/// Prelude's own address, unless the allow-list has others only.
fn source_ip(gate: &Gate) -> String {
    let usual = GatewayServer::SOURCE_IP.parse::<IpAddr>().ok();
    let is_listed = usual.is_some_and(|address| gate.allowed.iter().any(|block| block.contains(&address)));
    match gate.allowed.first() {
        Some(first) if !is_listed => first.addr().to_string(),
        _ => GatewayServer::SOURCE_IP.to_owned(),
    }
}

/// What the parking queue's URL begins with, like every other's.
fn url_prefix(routes: &Routes) -> String {
    let suffix = match routes.queue_type() {
        QueueType::Standard => prelude_webhooks::route::PARKING_SLUG.to_owned(),
        QueueType::Fifo => format!("{}.fifo", prelude_webhooks::route::PARKING_SLUG),
    };
    let parking = routes.parking().as_str();
    parking.strip_suffix(suffix.as_str()).unwrap_or(parking).to_owned()
}
