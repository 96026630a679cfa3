//! Validates JSON against the keywords that the schemas use.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The first fault of a value. An unsupported keyword fails the test. With `closed`, a member without a schema is a
/// fault too.
pub(crate) fn fault(schema: &Value, value: &Value, closed: bool) -> Option<String> {
    let schema: &Map<String, Value> = schema.as_object().unwrap();
    let wrong = |keyword: &str| Some(format!("{keyword}: {value}"));
    schema.iter().find_map(|(keyword, rule)| {
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" | "format" | "x-personal" => true,
            "type" => match rule {
                Value::Array(names) => names.iter().any(|name| is(name, value)),
                name => is(name, value),
            },
            "const" => value == rule,
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => {
                assert_eq!(rule, u64::MAX, "the only maximum, and not a float");
                value.is_u64() || value.as_f64().is_none_or(|number| number < u64::MAX as f64)
            }
            "maxLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap())
            }
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "anyOf" => rule.as_array().unwrap().iter().any(|one| fault(one, value, closed).is_none()),
            "required" => {
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "items" => {
                return value.as_array()?.iter().find_map(|item| fault(rule, item, closed));
            }
            "properties" => {
                return value.as_object()?.iter().find_map(|(name, value)| match rule.get(name) {
                    Some(schema) => fault(schema, value, closed),
                    None if closed => Some(format!("`{name}` has no schema")),
                    None => None,
                });
            }
            other => panic!("the keyword {other}"),
        };
        if fits { None } else { wrong(keyword) }
    })
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        // 1.0 and 1e3 are integers, too.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the type {other}"),
    }
}

/// Matches the two patterns of the schemas without an engine for regular expressions.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9]{0,19}$" => text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit()),
        // A leading 1 makes the text a JSON number despite leading zeros.
        r"^(-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)?$" => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = serde_json::from_str::<IgnoredAny>(&format!("1{digits}")).is_ok();
            text.is_empty()
                || is_number && digits.starts_with(|c: char| c.is_ascii_digit()) && text.trim() == text
        }
        other => panic!("the pattern {other}"),
    }
}
