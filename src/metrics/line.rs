//! The line in CloudWatch's embedded metric format
//! (`docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html`).
//!
//! Members besides the figures and the dimension are properties: they can be queried, and cost no metric. Lambda's filter
//! reads `level`, and only in a line that also has an RFC 3339 `timestamp`
//! (`docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html`).

use serde::Serialize;

use super::table::{Figures, Metric};

/// A line. Nothing in it comes from the request, except the names of known sources and event types.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "_aws")]
    pub(super) metadata: Metadata,
    #[serde(rename = "FunctionName")]
    pub(super) function_name: &'a str,
    pub(super) level: &'static str,
    pub(super) timestamp: String,
    pub(super) request_id: &'a str,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) event_types: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) reasons: &'a str,
    #[serde(flatten)]
    pub(super) figures: &'a Figures,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    pub(super) timestamp: u64,
    #[serde(rename = "CloudWatchMetrics")]
    pub(super) directives: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Directive {
    pub(super) namespace: &'static str,
    pub(super) dimensions: [[&'static str; 1]; 1],
    pub(super) metrics: Vec<&'static Metric>,
}
