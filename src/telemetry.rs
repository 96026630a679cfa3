//! Logs: one subscriber, in JSON or text by Lambda's settings.
//!
//! The runtime, the SDK and the HTTP stack log requests and bodies below the level of warnings. Therefore only warnings of
//! theirs are written, at every configured level.

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
    // In tests, a second start has no effect.
    if let Err(_already_started) = subscriber(level, format, sink).try_init() {}
}

/// Builds the subscriber. Tests read the log through it.
pub fn subscriber<W>(
    level: Option<&str>,
    format: Option<&str>,
    sink: W,
) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = match level {
        // Lambda's quietest level still shows the receiver's errors.
        Some("FATAL") => Level::ERROR,
        level => level.and_then(|level| level.parse().ok()).unwrap_or(Level::INFO),
    };
    let filter = Targets::new()
        .with_target("prelude_webhooks", level)
        .with_default(LevelFilter::from_level(level).min(LevelFilter::WARN))
        // Their errors quote unreadable input.
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
