//! Logs: one subscriber, JSON or text as Lambda's settings say.
//!
//! Only the receiver's own lines are written. The runtime, the SDK and the HTTP stack log requests and bodies at their
//! lower levels; whatever level is asked for, they get no further than warnings.

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::Registry,
    util::SubscriberInitExt,
};

/// Starts logging to `sink`. `level` and `format` are the values of `AWS_LAMBDA_LOG_LEVEL` and
/// `AWS_LAMBDA_LOG_FORMAT`.
pub fn start<W>(level: Option<&str>, format: Option<&str>, sink: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // A second start, in tests, changes nothing.
    if let Err(_already_started) = subscriber(level, format, sink).try_init() {}
}

/// The subscriber itself, for tests that read what was logged.
pub fn subscriber<W>(
    level: Option<&str>,
    format: Option<&str>,
    sink: W,
) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = match level {
        // Lambda's quietest; what is the receiver's worst line is still one.
        Some("FATAL") => Level::ERROR,
        level => level.and_then(|level| level.parse().ok()).unwrap_or(Level::INFO),
    };
    let filter = Targets::new()
        .with_target("prelude_webhooks", level)
        .with_default(LevelFilter::from_level(level).min(LevelFilter::WARN))
        // These quote what they could not read.
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_writer(sink).with_target(false).with_ansi(false);
    let lines = match format {
        Some(format) if format.eq_ignore_ascii_case("json") => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
        _ => lines.boxed(),
    };
    Registry::default().with(lines.with_filter(filter))
}
