//! The table of metrics. The line's members, its directive, `docs/metrics.md` and the tests derive from it.

use serde::Serialize;

/// A metric, as the directive of a line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Name in CloudWatch, and member of the line.
    #[serde(rename = "Name")]
    pub name: &'static str,
    /// CloudWatch's unit.
    #[serde(rename = "Unit")]
    pub unit: &'static str,
    /// Meaning, as a phrase for the documentation.
    #[serde(skip)]
    pub meaning: &'static str,
}

macro_rules! metrics {
    ($($field:ident: $number:ty = $name:literal, $unit:literal, $meaning:literal;)+) => {
        /// Every metric.
        pub const METRICS: &[Metric] =
            &[$(Metric { name: $name, unit: $unit, meaning: $meaning }),+];

        /// Figures of one request. An absent one is not written.
        #[derive(Debug, Default, Serialize)]
        pub(super) struct Figures {
            $(
                #[doc = $meaning]
                #[serde(rename = $name, skip_serializing_if = "Option::is_none")]
                pub(super) $field: Option<$number>,
            )+
        }

        impl Figures {
            /// The metrics that have a figure.
            pub(super) fn metrics(&self) -> impl Iterator<Item = &'static Metric> {
                let present = [$(self.$field.is_some()),+];
                METRICS.iter().zip(present).filter_map(|(metric, is_present)| is_present.then_some(metric))
            }
        }
    };
}

metrics! {
    deliveries: u64 = "Deliveries", "Count",
        "`POST` requests, whatever the answer, except those refused for their path";
    events_accepted: u64 = "EventsAccepted", "Count",
        "events that are durable in their queues, in answers of 200";
    events_parked: u64 = "EventsParked", "Count",
        "events that are durable in the parking queue, in answers of 200";
    challenges: u64 = "Challenges", "Count",
        "activation challenges that were answered";
    publish_failures: u64 = "PublishFailures", "Count",
        "deliveries answered 503 because not every event was stored in time";
    sqs_retries: u64 = "SqsRetries", "Count",
        "calls to SQS that repeat a failed call, or failed entries of one";
    key_fetch_failures: u64 = "KeyFetchFailures", "Count",
        "fetches of a key set that failed since the line before";
    refused_address: u64 = "RefusedAddress", "Count",
        "requests refused because of the caller's address";
    refused_signature: u64 = "RefusedSignature", "Count",
        "deliveries refused with 401, except those that an unlisted address sent unsigned";
    refused_path: u64 = "RefusedPath", "Count",
        "requests refused because of their path, path token or method";
    refused_keys_unavailable: u64 = "RefusedKeysUnavailable", "Count",
        "deliveries answered 503 because the claimed app has no key yet";
    refused_other: u64 = "RefusedOther", "Count",
        "`GET` requests that are not a valid activation challenge";
    duration: f64 = "Duration", "Milliseconds",
        "time from the request's arrival to its answer";
    verify_duration: f64 = "VerifyDuration", "Milliseconds",
        "time for verifying, waits for key sets included";
    publish_duration: f64 = "PublishDuration", "Milliseconds",
        "time for publishing";
    time_left: f64 = "TimeLeft", "Milliseconds",
        "rest of the request's time budget at the answer";
    key_set_age: f64 = "KeySetAge", "Seconds",
        "age of the oldest fetched key set";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_line_names_the_metrics_that_it_has() {
        let figures = Figures { deliveries: Some(1), time_left: Some(0.0), ..Figures::default() };
        let named: Vec<_> = figures.metrics().map(|metric| metric.name).collect();
        assert_eq!(named, ["Deliveries", "TimeLeft"]);
        assert_eq!(serde_json::to_string(&figures).unwrap(), r#"{"Deliveries":1,"TimeLeft":0.0}"#);
        assert_eq!(
            serde_json::to_string(&METRICS[0]).unwrap(),
            r#"{"Name":"Deliveries","Unit":"Count"}"#,
            "as CloudWatch spells a definition"
        );
    }

    #[test]
    fn every_name_is_its_own() {
        let names: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
    }
}
