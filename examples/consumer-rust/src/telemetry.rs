//! The log: one line of JSON for each entry.

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, filter::Targets, layer::SubscriberExt, registry::Registry, util::SubscriberInitExt,
};

pub fn start() {
    let filter = Targets::new()
        .with_target("consumer_rust", Level::INFO)
        .with_target("prelude_consumer", Level::INFO)
        // Below warnings, the SDK logs requests. Errors of the runtime quote unreadable input.
        .with_default(LevelFilter::WARN)
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let lines = lines.with_current_span(false).with_span_list(false).with_target(false);
    Registry::default().with(lines.with_filter(filter)).init();
    std::panic::set_hook(Box::new(|panic| {
        // Only the place is logged, because the message may quote the event.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
}
