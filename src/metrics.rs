//! Metrics: one line of CloudWatch's embedded metric format (EMF) for each request.
//!
//! `Measurement` observes the steps of a request, and [`Emf`] writes its line. Without an [`Emf`] nothing is measured.

mod line;
mod measurement;
mod table;

use std::{fmt, time::SystemTime};

use aws_smithy_types::{DateTime, date_time::Format};
use prelude_events::Source;

use self::line::{Directive, Line, Metadata};
pub(crate) use self::measurement::{KeySets, Measurement};
pub use self::table::{METRICS, Metric};
use crate::inbound::Arrival;

/// `PRELUDE_METRICS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetricsFormat {
    /// Each request writes a line.
    Emf,
    /// Nothing is measured.
    #[default]
    Off,
}

/// CloudWatch namespace of every metric.
pub const NAMESPACE: &str = "PreludeWebhooks";
/// The only dimension, because every further one is a billed metric for each of its values.
pub const DIMENSION: &str = "FunctionName";

/// Writes the lines of requests.
pub struct Emf {
    function_name: Box<str>,
    level: &'static str,
    sink: Box<dyn Fn(&str) + Send + Sync>,
}

impl MetricsFormat {
    /// Writer of this format; `None` without metrics. `log_level` is the value of `AWS_LAMBDA_LOG_LEVEL`. The sink
    /// receives each line whole, with its line end.
    #[must_use]
    pub fn writer(
        self,
        function_name: &str,
        log_level: Option<&str>,
        sink: impl Fn(&str) + Send + Sync + 'static,
    ) -> Option<Emf> {
        match self {
            Self::Emf => Some(Emf {
                function_name: function_name.into(),
                level: passing_level(log_level),
                sink: Box::new(sink),
            }),
            Self::Off => None,
        }
    }
}

impl Emf {
    /// Writes the line of a request that ended.
    pub(crate) fn write(&self, arrival: &Arrival, measurement: &Measurement) {
        let Measurement { figures, code, source, event_types, reasons, .. } = measurement;
        let line = Line {
            metadata: Metadata {
                timestamp: milliseconds(arrival.received_at),
                directives: [Directive {
                    namespace: NAMESPACE,
                    dimensions: [[DIMENSION]],
                    metrics: figures.metrics().collect(),
                }],
            },
            function_name: &self.function_name,
            level: self.level,
            // Formatting fails only for years that RFC 3339 cannot represent.
            timestamp: DateTime::from(arrival.received_at).fmt(Format::DateTime).unwrap_or_default(),
            request_id: &arrival.request_id,
            code,
            source: source.map(Source::as_str),
            event_types,
            reasons,
            figures,
        };
        // Only a map with other keys than texts cannot be written.
        if let Ok(mut line) = serde_json::to_string(&line) {
            line.push('\n');
            (self.sink)(&line);
        }
    }
}

impl fmt::Debug for Emf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emf").field("function_name", &self.function_name).finish_non_exhaustive()
    }
}

/// Level that passes Lambda's filter, which compares the level of each JSON line with the function's. INFO where that
/// passes, because a reader should not take the line for an error.
fn passing_level(log_level: Option<&str>) -> &'static str {
    let quiet = ["WARN", "ERROR", "FATAL"];
    let is_set = |level: &&str| log_level.is_some_and(|set| set.eq_ignore_ascii_case(level));
    quiet.into_iter().find(is_set).unwrap_or("INFO")
}

fn milliseconds(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
