//! Checks that the answer is a row of the status table.

use lambda_runtime::Diagnostic;
use prelude_webhooks::lambda::Response;
use serde_json::{Value, json};

use super::{request::Case, rig::Rig};

pub struct Answer {
    /// Status; 0 for an event of another origin.
    pub status: i64,
    /// Number of accepted events, if the request is a delivery.
    pub accepted: Option<usize>,
}

pub fn read(answer: Result<Response, Diagnostic>, rig: &Rig, case: &Case) -> Answer {
    let response = match answer {
        Ok(response) => response,
        Err(diagnostic) => {
            assert_eq!(diagnostic.error_type, "not_api_gateway");
            assert!(case.request.is_none(), "the event of a request was refused as one of another origin");
            return Answer { status: 0, accepted: None };
        }
    };
    if let Response::Checked { .. } = response {
        assert!(case.request.is_none(), "a request was taken as the deployment's check");
        return Answer { status: 0, accepted: None };
    }
    let is_rest_api = matches!(response, Response::RestApi(_));
    assert!(
        case.request.as_ref().is_none_or(|request| request.rest_api == is_rest_api),
        "the answer has the other API's form"
    );
    let response = serde_json::to_value(response).unwrap();
    let status = response["statusCode"].as_i64().unwrap();
    let body = response["body"].as_str().unwrap();
    let error = |word: &str| body == format!(r#"{{"error":"{word}"}}"#);
    let accepted = body.strip_prefix(r#"{"accepted":"#).and_then(|rest| rest.strip_suffix('}'));
    let accepted = accepted.and_then(|digits| digits.parse().ok());
    let challenge = if rig.bare_challenge {
        Some(body)
    } else {
        body.strip_prefix(r#"{"challenge":"#).and_then(|rest| rest.strip_suffix('}'))
    };
    let is_challenge = challenge.is_some_and(is_integer);
    let may_fail = !case.script.is_empty() || rig.is_keyless;
    let is_row = match status {
        200 => accepted.is_some() || is_challenge,
        400 => error("bad_request"),
        401 => error("unauthorized"),
        403 => error("forbidden"),
        404 => error("not_found"),
        405 => error("method_not_allowed"),
        503 => error("unavailable") && may_fail,
        _ => false,
    };
    assert!(is_row, "{response}");
    let mut headers = json!({"content-type": "application/json"});
    match status {
        405 => headers["allow"] = json!("GET, POST"),
        503 => headers["retry-after"] = json!("60"),
        _ => {}
    }
    assert_eq!(response["headers"], headers);
    assert_ne!(response["isBase64Encoded"], Value::Bool(true));
    Answer { status, accepted }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=20).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}
