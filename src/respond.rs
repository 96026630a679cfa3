//! The answer to the caller, and the log line of the result.

use http::StatusCode;
use tokio::time::Duration;

use crate::{
    authenticate::challenge::{Challenge, ChallengeForm},
    publish::Receipt,
    rejection::Rejection,
};

/// Success of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The activation challenge is proven.
    Challenged(Challenge),
    /// Every event is durable.
    Accepted(Receipt),
}

impl Outcome {
    /// The stable `code` in the log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Challenged(_) => "challenge_answered",
            Self::Accepted(_) => "accepted",
        }
    }
}

/// HTTP answer with a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The JSON body.
    pub body: String,
    /// Further headers; `content-type` is always `application/json`.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
}

impl Reply {
    /// Answer to a result. Only the log has the cause of a refusal.
    #[must_use]
    pub fn new(result: &Result<Outcome, Rejection>, form: ChallengeForm) -> Self {
        let ok = |body| Self { status: StatusCode::OK, body, headers: Vec::new() };
        match result {
            Ok(Outcome::Challenged(challenge)) => ok(match form {
                ChallengeForm::Object => format!(r#"{{"challenge":{}}}"#, challenge.digits()),
                ChallengeForm::Number => challenge.digits().into(),
            }),
            Ok(Outcome::Accepted(receipt)) => ok(format!(r#"{{"accepted":{}}}"#, receipt.accepted)),
            Err(rejection) => {
                let headers = match rejection.status() {
                    StatusCode::METHOD_NOT_ALLOWED => vec![(http::header::ALLOW, ALLOWED_METHODS)],
                    StatusCode::SERVICE_UNAVAILABLE => vec![(http::header::RETRY_AFTER, RETRY_AFTER_SECONDS)],
                    _ => Vec::new(),
                };
                let body = format!(r#"{{"error":"{}"}}"#, rejection.word());
                Self { status: rejection.status(), body, headers }
            }
        }
    }
}

const ALLOWED_METHODS: http::HeaderValue = http::HeaderValue::from_static("GET, POST");
/// Prelude's first retry comes after a minute.
const RETRY_AFTER_SECONDS: http::HeaderValue = http::HeaderValue::from_static("60");

/// Logs the result: codes, counts and queue names, and nothing from the request.
pub(crate) fn log(result: &Result<Outcome, Rejection>, request_id: &str, took: Duration) {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(outcome @ Outcome::Challenged(_)) => {
            tracing::info!(code = outcome.code(), status = 200, request_id, ms)
        }
        Ok(outcome @ Outcome::Accepted(receipt)) => {
            let code = outcome.code();
            let accepted = receipt.accepted;
            let parked: usize = receipt.parked.values().sum();
            let routed = receipt.routed.iter().filter(|(_, count)| **count > 0);
            let queues =
                routed.map(|(url, count)| format!("{}={count}", url.name())).collect::<Vec<_>>().join(" ");
            let reasons = receipt.parked.iter().map(|(reason, count)| format!("{}={count}", reason.as_str()));
            let reasons = reasons.collect::<Vec<_>>().join(" ");
            if parked == 0 {
                tracing::info!(code, status = 200, request_id, ms, accepted, queues);
            } else {
                tracing::warn!(code, status = 200, request_id, ms, accepted, queues, parked, reasons);
            }
        }
        Err(rejection) => {
            let (code, status) = (rejection.code(), rejection.status().as_u16());
            if rejection.status().is_server_error() {
                tracing::error!(code, status, request_id, ms, "{rejection}");
            } else {
                tracing::warn!(code, status, request_id, ms, "{rejection}");
            }
        }
    }
}
