//! Figures of the receiver's lines of metrics, computed from the lines as CloudWatch does.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use prelude_webhooks::metrics::{METRICS, Metric};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

/// Figures of all lines since the start, and the newest lines.
pub struct Figures {
    kept: Mutex<Kept>,
    changes: watch::Sender<u64>,
}

/// Period of the recent figures, in seconds.
const RECENT: u64 = 5 * 60;
/// Number of lines that the page shows.
const SHOWN: usize = 20;

#[derive(Default)]
struct Kept {
    since_start: ByName,
    /// Statistics of each second of the recent period, by its seconds since 1970.
    seconds: BTreeMap<u64, ByName>,
    newest: VecDeque<Value>,
    count: u64,
}

type ByName = BTreeMap<String, Statistics>;

/// CloudWatch's statistics of a metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// Number of values.
    pub samples: u64,
    /// Sum of the values.
    pub sum: f64,
    /// Smallest value.
    pub minimum: f64,
    /// Largest value.
    pub maximum: f64,
}

/// Figures at one moment.
#[derive(Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Number of lines since the start.
    pub lines: u64,
    /// Every metric, in the order of the receiver's table.
    pub metrics: Vec<Figure>,
    /// Newest lines first.
    pub newest: Vec<Value>,
}

/// One metric.
#[derive(Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Name in CloudWatch.
    pub name: &'static str,
    /// CloudWatch's unit.
    pub unit: &'static str,
    /// Meaning, as a phrase.
    pub meaning: &'static str,
    /// Statistics since the start.
    pub since_start: Statistics,
    /// Statistics of the last five minutes.
    pub recent: Statistics,
}

/// The part of a line from which CloudWatch makes metrics.
#[derive(Deserialize)]
struct Embedded {
    #[serde(rename = "_aws")]
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: u64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    metrics: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

impl Default for Figures {
    fn default() -> Self {
        Self { kept: Mutex::default(), changes: watch::channel(0).0 }
    }
}

impl Figures {
    /// Adds a line. CloudWatch ignores a line in another format, and so does this.
    pub fn add(&self, text: &str) {
        let Ok(line) = serde_json::from_str::<Value>(text) else { return };
        let Ok(Embedded { metadata }) = Embedded::deserialize(&line) else { return };
        let mut kept = self.kept();
        let kept = &mut *kept;
        let second = kept.seconds.entry(metadata.timestamp / 1_000).or_default();
        for Named { name } in metadata.cloud_watch_metrics.into_iter().flat_map(|directive| directive.metrics)
        {
            let Some(value) = line.get(&name).and_then(Value::as_f64) else { continue };
            let value = Statistics { samples: 1, sum: value, minimum: value, maximum: value };
            kept.since_start.entry(name.clone()).or_default().add(value);
            second.entry(name).or_default().add(value);
        }
        kept.count += 1;
        kept.newest.push_front(line);
        kept.newest.truncate(SHOWN);
        self.changes.send_modify(|count| *count += 1);
    }

    /// Counter that changes with each line.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Figures at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.at(SystemTime::now())
    }

    fn at(&self, now: SystemTime) -> Snapshot {
        let oldest = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().saturating_sub(RECENT);
        let mut kept = self.kept();
        kept.seconds = kept.seconds.split_off(&oldest);
        let mut recent = ByName::new();
        for (name, statistics) in kept.seconds.values().flatten() {
            recent.entry(name.clone()).or_default().add(*statistics);
        }
        let figure = |metric: &Metric| Figure {
            name: metric.name,
            unit: metric.unit,
            meaning: metric.meaning,
            since_start: kept.since_start.get(metric.name).copied().unwrap_or_default(),
            recent: recent.get(metric.name).copied().unwrap_or_default(),
        };
        Snapshot {
            lines: kept.count,
            metrics: METRICS.iter().map(figure).collect(),
            newest: kept.newest.iter().cloned().collect(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Statistics {
    fn add(&mut self, other: Self) {
        let is_first = self.samples == 0;
        self.samples += other.samples;
        self.sum += other.sum;
        self.minimum = if is_first { other.minimum } else { self.minimum.min(other.minimum) };
        self.maximum = if is_first { other.maximum } else { self.maximum.max(other.maximum) };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn line(at: u64, parked: u64, duration: f64) -> String {
        format!(
            r#"{{"_aws":{{"Timestamp":{at},"CloudWatchMetrics":[{{"Namespace":"PreludeWebhooks","Dimensions":[["FunctionName"]],"Metrics":[{{"Name":"EventsParked","Unit":"Count"}},{{"Name":"Duration","Unit":"Milliseconds"}}]}}]}},"FunctionName":"f","EventsParked":{parked},"Duration":{duration},"TimeLeft":1}}"#
        )
    }

    fn of(snapshot: &Snapshot, name: &str) -> (Statistics, Statistics) {
        let figure = snapshot.metrics.iter().find(|figure| figure.name == name).unwrap();
        (figure.since_start, figure.recent)
    }

    #[test]
    fn figures_are_those_of_the_lines() {
        let figures = Figures::default();
        let minutes = |count: u64| count * 60 * 1_000;
        figures.add(&line(minutes(1), 2, 1.5));
        figures.add(&line(minutes(9), 1, 4.5));
        figures.add("{\"level\":\"INFO\"}");
        figures.add("no JSON");
        let snapshot = figures.at(UNIX_EPOCH + Duration::from_millis(minutes(10)));
        assert_eq!((snapshot.lines, snapshot.newest.len(), snapshot.metrics.len()), (2, 2, METRICS.len()));
        let (all, recent) = of(&snapshot, "EventsParked");
        assert_eq!((all.sum, all.samples, recent.sum, recent.samples), (3.0, 2, 1.0, 1));
        let (all, recent) = of(&snapshot, "Duration");
        assert_eq!((all.minimum, all.maximum, recent.minimum), (1.5, 4.5, 4.5));
        let (all, _) = of(&snapshot, "TimeLeft");
        assert_eq!(all, Statistics::default(), "a member that the directive does not name is no metric");
    }
}
