//! The form of a line: CloudWatch's schema, and the rules that the schema does not state.
//!
//! `emf.schema.json` is the schema of
//! `docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html`, section
//! "Embedded metric format example and JSON schema", without a change.

use prelude_webhooks::metrics::{DIMENSION, METRICS, NAMESPACE};
use serde_json::{Value, json};

use super::figures;

/// Checks lines against the schema, the specification's rules about targets, and the table of metrics.
#[track_caller]
pub(super) fn assert_form(lines: &[Value]) {
    let schema: Value = serde_json::from_str(include_str!("emf.schema.json")).unwrap();
    for line in lines {
        assert_eq!(fault(&schema, line), None, "{line}");
        let [directive] = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
            panic!("one directive: {line}")
        };
        assert_eq!(directive["Namespace"], NAMESPACE, "{line}");
        assert_eq!(directive["Dimensions"], json!([[DIMENSION]]), "{line}");
        assert!(line[DIMENSION].as_str().is_some_and(|name| !name.is_empty()), "{line}");
        // The directive names exactly the figures of the line, with the units of the table.
        let figures = figures(line);
        let listed = METRICS.iter().filter(|metric| figures.contains_key(metric.name));
        let listed: Vec<_> = listed.map(|metric| json!({"Name": metric.name, "Unit": metric.unit})).collect();
        assert_eq!(directive["Metrics"], json!(listed), "{line}");
        let properties = line.as_object().unwrap().keys().filter(|name| {
            !figures.contains_key(name.as_str()) && !["_aws", DIMENSION].contains(&name.as_str())
        });
        for property in properties {
            assert!(PROPERTIES.contains(&&**property), "{property}: {line}");
            assert!(line[property].as_str().is_some_and(|text| !text.is_empty()), "{property}: {line}");
        }
    }
}

/// Members that are neither a figure nor the dimension.
const PROPERTIES: [&str; 7] =
    ["level", "timestamp", "request_id", "code", "source", "event_types", "reasons"];

/// The first keyword of the schema that a value breaks. An unsupported keyword fails the test.
fn fault(schema: &Value, value: &Value) -> Option<String> {
    // A keyword does not apply to a value of another type.
    let length = |value: &Value| match value {
        Value::Array(items) => Some(items.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    };
    schema.as_object().unwrap().iter().find_map(|(keyword, rule)| {
        let fits = match keyword.as_str() {
            "$id" | "title" | "examples" => true,
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("the type {other}"),
            },
            "required" => {
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "minItems" | "minLength" => length(value).is_none_or(|length| length >= rule.as_u64().unwrap()),
            "maxItems" | "maxLength" => length(value).is_none_or(|length| length <= rule.as_u64().unwrap()),
            "pattern" => match rule.as_str().unwrap() {
                "^(.*)$" => value.as_str().is_none_or(|text| !text.contains('\n')),
                words => {
                    let words = words.strip_prefix("^(").and_then(|words| words.strip_suffix(")$")).unwrap();
                    words.replace("\\/", "/").split('|').any(|word| value == word)
                }
            },
            "items" => return value.as_array()?.iter().find_map(|item| fault(rule, item)),
            "properties" => {
                let rules = rule.as_object().unwrap().iter();
                return rules.filter_map(|(name, rule)| fault(rule, value.get(name)?)).next();
            }
            other => panic!("the keyword {other}"),
        };
        (!fits).then(|| format!("{keyword}: {value}"))
    })
}

#[test]
fn the_schema_refuses_what_cloudwatch_would_not_read() {
    let schema: Value = serde_json::from_str(include_str!("emf.schema.json")).unwrap();
    let good = json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [
        {"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m", "Unit": "Count"}]}
    ]}});
    assert_eq!(fault(&schema, &good), None);
    for (place, wrong) in [
        ("/_aws", json!({})),
        ("/_aws/Timestamp", json!("1")),
        ("/_aws/Timestamp", json!(1.5)),
        ("/_aws/CloudWatchMetrics", json!({})),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!(["d"])),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!([])),
        ("/_aws/CloudWatchMetrics/0/Metrics/0", json!({"Unit": "Count"})),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("Number")),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("count")),
    ] {
        let mut line = good.clone();
        *line.pointer_mut(place).unwrap() = wrong;
        assert!(fault(&schema, &line).is_some(), "{line}");
    }
}
