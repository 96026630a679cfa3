//! Raw figures of a run, which every table and plot is made of.

use serde::{Deserialize, Serialize};

use crate::{
    case::Case, contender::Contender, error::Result, machine::Machine, measure::size, report::number,
    statistics::Summary,
};

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine and the versions of everything measured.
    pub(crate) machine: Machine,
    /// Duration of the run in seconds, without builds and installations.
    pub(crate) seconds: u64,
    /// Contenders in the order of the tables.
    pub(crate) contenders: Vec<Row>,
    /// Measured values.
    pub(crate) series: Vec<Series>,
}

/// A contender in the tables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Name on the command line.
    pub(crate) name: String,
    /// Name in tables.
    pub(crate) label: String,
    /// Reason why it was not measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) skipped: Option<String>,
    /// Remark on the way it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) note: Option<String>,
    /// Sizes of the files that the user uploads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) size: Option<Size>,
    /// Cases that it does not accept, with its answer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) refused: Vec<(String, String)>,
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Size {
    /// The files themselves.
    pub(crate) files: u64,
    /// The files in a zip archive.
    pub(crate) zip: u64,
}

/// Values of one contender. Values at the same index of two contenders are of the same round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Series {
    /// Meaning and unit of the values.
    pub(crate) measure: Measure,
    /// Connection to SQS.
    pub(crate) wire: Wire,
    /// Id of the case.
    pub(crate) case: String,
    /// Name of the contender.
    pub(crate) contender: String,
    /// Values, one a round.
    pub(crate) values: Vec<u64>,
}

/// Meaning and unit of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Nanoseconds from the start of the process to its first request for an event.
    FirstPoll,
    /// Nanoseconds from the first event to its answer.
    FirstInvocation,
    /// Nanoseconds of CPU per request.
    Cpu,
    /// Nanoseconds per request.
    Wall,
    /// Bytes of memory at the peak.
    Memory,
}

impl Measure {
    /// A value with its unit.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Self::FirstPoll | Self::FirstInvocation => format!("{} ms", number(value / 1e6, 1)),
            Self::Cpu | Self::Wall => format!("{} µs", number(value / 1e3, 0)),
            Self::Memory => format!("{} MB", number(value / 1e6, 1)),
        }
    }
}

/// Connection to SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wire {
    /// HTTP without TLS.
    Plain,
    /// HTTP over TLS.
    Tls,
}

impl Row {
    /// Row of a contender that is measured.
    pub(crate) fn measured(contender: &Contender, note: Option<String>) -> Result<Self> {
        let size = Some(size::of(&contender.package)?);
        let (name, label) = (contender.name.clone(), contender.label.clone());
        Ok(Self { name, label, skipped: None, note, size, refused: Vec::new() })
    }

    /// Row of a contender that this machine cannot run.
    pub(crate) fn skipped(name: &str, label: &str, reason: String) -> Self {
        let (name, label, skipped) = (name.to_owned(), label.to_owned(), Some(reason));
        Self { name, label, skipped, note: None, size: None, refused: Vec::new() }
    }
}

impl Results {
    /// Values of a contender; empty if it was not measured.
    pub(crate) fn values(&self, measure: Measure, wire: Wire, case: Case, contender: &str) -> Vec<f64> {
        let id = case.id();
        let found = self.series.iter().filter(|series| {
            series.measure == measure
                && series.wire == wire
                && series.case == id
                && series.contender == contender
        });
        found.flat_map(|series| &series.values).map(|value| *value as f64).collect()
    }

    /// Summary of a contender's values.
    pub(crate) fn summary(
        &self,
        measure: Measure,
        wire: Wire,
        case: Case,
        contender: &str,
    ) -> Option<Summary> {
        Summary::of(self.values(measure, wire, case, contender))
    }

    /// Summary of the ratios to another contender, round by round.
    pub(crate) fn ratio(
        &self,
        measure: Measure,
        wire: Wire,
        case: Case,
        [contender, base]: [&str; 2],
    ) -> Option<Summary> {
        let values = |name| self.values(measure, wire, case, name);
        Summary::of_ratios(&values(contender), &values(base))
    }

    /// Text of a file with one line for each series, so that a difference of two runs is readable.
    pub(crate) fn to_json(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.replace("{\"measure\"", "\n{\"measure\"") + "\n"
    }

    /// Reports whether a case was measured over this wire.
    pub(crate) fn has(&self, wire: Wire) -> bool {
        self.series.iter().any(|series| series.wire == wire)
    }

    /// Notes that a contender does not accept a case.
    pub(crate) fn refuse(&mut self, contender: &str, case: Case, answer: String) {
        if let Some(row) = self.contenders.iter_mut().find(|row| row.name == contender) {
            let refused = (case.id(), answer);
            if !row.refused.contains(&refused) {
                row.refused.push(refused);
            }
        }
    }

    /// Appends a value to its series.
    pub(crate) fn push(&mut self, measure: Measure, wire: Wire, case: Case, contender: &str, value: u64) {
        let id = case.id();
        let found = self.series.iter_mut().find(|series| {
            series.measure == measure
                && series.wire == wire
                && series.case == id
                && series.contender == contender
        });
        match found {
            Some(series) => series.values.push(value),
            None => self.series.push(Series {
                measure,
                wire,
                case: id,
                contender: contender.to_owned(),
                values: vec![value],
            }),
        }
    }
}
