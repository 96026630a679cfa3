//! Lines on the standard output of the built function, at every level, and Lambda's own filter.

use std::path::Path;

use prelude_local::prelude::samples;
use serde_json::Value;

use super::{counts, form::assert_form};
use crate::support::{
    process::{FunctionProcess, OWN_BINARY},
    runtime_api::{Invocation, RuntimeApi},
};

/// Levels of Lambda, from the quietest.
const LEVELS: [&str; 6] = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// Lambda's filter: it takes a line without a known `level`, or without a valid `timestamp`, as INFO
/// (`docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html`).
fn passes(line: &Value, level: &str) -> bool {
    let place = |level: &str| LEVELS.iter().position(|known| *known == level);
    let is_dated = line["timestamp"].as_str().is_some_and(is_rfc_3339);
    let own = line["level"].as_str().and_then(place).filter(|_| is_dated);
    own.or_else(|| place("INFO")) <= place(level)
}

fn is_rfc_3339(text: &str) -> bool {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let (seconds, fraction) = form.split_at_checked(19).unwrap_or_default();
    let digits = fraction.strip_suffix('Z').map(|digits| digits.strip_prefix('.').unwrap_or("0"));
    seconds == "0000-00-00T00:00:00"
        && digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte == b'0'))
}

/// Runs the function with these variables, and sends it the sample of a challenge.
async fn output(variables: &[(&str, &str)]) -> String {
    let runtime_api = RuntimeApi::start().await;
    let own = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables: Vec<_> = samples::environment().unwrap().into_iter().chain(own).collect();
    let process = FunctionProcess::spawn(Path::new(OWN_BINARY), &variables, &runtime_api);
    let files = samples::files().unwrap();
    let challenge = files.iter().find(|file| file.path == "challenge.json").unwrap();
    let event: Value = serde_json::from_str(&challenge.text).unwrap();
    for _ in 0..2 {
        let answer = runtime_api.invoke(event.clone()).await;
        assert!(matches!(&answer, Invocation::Response(answer) if answer["statusCode"] == 200), "{answer:?}");
    }
    // Both are written before the answer, so the reader of the pipe has the second line soon.
    if variables.iter().any(|(name, value)| name == "PRELUDE_METRICS" && value == "emf") {
        process.output_containing("Challenges\":1").await;
    }
    process.output()
}

#[tokio::test]
async fn every_level_and_format_writes_whole_lines_that_lambda_keeps() {
    for format in ["JSON", "Text"] {
        for level in LEVELS {
            let settings = [
                ("PRELUDE_METRICS", "emf"),
                ("AWS_LAMBDA_LOG_LEVEL", level),
                ("AWS_LAMBDA_LOG_FORMAT", format),
            ];
            let output = output(&settings).await;
            let lines = output.lines().filter(|line| line.contains("_aws"));
            let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(!lines.is_empty(), "{format} {level}: {output}");
            assert_form(&lines);
            for line in &lines {
                assert_eq!(counts(line).get("Challenges"), Some(&1.0), "{line}");
                assert_eq!(line["FunctionName"], "prelude-webhooks", "Lambda's name of the function");
                assert!(passes(line, level), "{format} {level}: {line}");
            }
            let is_logged = output.contains("challenge_answered\",\"status") || output.contains("status=200");
            assert_eq!(is_logged, !["FATAL", "ERROR", "WARN"].contains(&level), "{format} {level}: {output}");
        }
    }
}

#[tokio::test]
async fn a_line_is_calm_where_lambda_keeps_it() {
    for (set, expected) in [("TRACE", "INFO"), ("INFO", "INFO"), ("WARN", "WARN"), ("FATAL", "FATAL")] {
        let output = output(&[("PRELUDE_METRICS", "emf"), ("AWS_LAMBDA_LOG_LEVEL", set)]).await;
        let line = output.lines().find(|line| line.contains("_aws")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["level"], expected);
    }
    assert!(!output(&[("AWS_LAMBDA_LOG_LEVEL", "TRACE")]).await.contains("_aws"), "off is the default");
}
