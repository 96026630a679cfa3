//! Requests of the checks, their expected answers, and the comparison with the real answers.

use std::{borrow::Cow, fmt, time::Duration};

use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::value::RawValue;

use prelude_local::http_client::{Answer, ClientError};

/// A request to the receiver's URL.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Query without a question mark. It is added to the URL's own query.
    pub query: String,
    /// Headers. A name may occur twice.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Exact bytes of the body.
    pub body: Vec<u8>,
    /// Header names as `X-Webhook-Signature` (true), `x-webhook-signature` (false), or in the target's case (`None`).
    pub title_case: Option<bool>,
}

impl Request {
    /// Makes a request without a query, headers or a body.
    pub fn new(method: Method) -> Self {
        Self { method, query: String::new(), headers: Vec::new(), body: Vec::new(), title_case: None }
    }

    /// Adds a header. An invalid value becomes an empty one.
    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap_or(HeaderValue::from_static(""));
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// Removes a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Replaces the body, but keeps the signature of the old one.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }
}

/// Shows no token, signature or body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Request of a check, with the expected answer.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Description of the request.
    pub what: Cow<'static, str>,
    /// Request to send.
    pub request: Request,
    /// Expected answer.
    pub expect: Expect,
}

/// Expected answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Any success. Another check requires exactly 200.
    Accepted,
    /// Any status except success.
    Refused,
    /// Success with these digits.
    Challenge(String),
    /// Success or refusal, but not a server error.
    Answered,
    /// Any status, with a body that does not show the secret.
    Hides(Secret),
}

/// Information that an answer must not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// Digest, signature, key, or this token.
    Computed(String),
    /// Stack trace, source file, or error of a library.
    Internals,
}

impl Probe {
    /// Makes a probe that must be accepted.
    pub fn accepted(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Accepted }
    }

    /// Makes a probe that must be refused.
    pub fn refused(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Refused }
    }

    /// Makes a probe that may be accepted or refused.
    pub fn answered(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Answered }
    }
}

/// Probe with its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Probe that was sent.
    pub probe: Probe,
    /// Answer, or the failure to get one.
    pub answer: Result<Answer, ClientError>,
}

/// Comparison of an answer with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Expected answer.
    Right,
    /// Other answer than expected.
    Wrong,
    /// No answer, or a redirect. The checks of every answer report these.
    Unclear,
}

impl Exchange {
    /// Compares the answer with the expected one.
    pub fn judge(&self) -> Judgement {
        let Ok(answer) = &self.answer else { return Judgement::Unclear };
        let success = (200..300).contains(&answer.status);
        let right = match &self.probe.expect {
            _ if (300..400).contains(&answer.status) => return Judgement::Unclear,
            Expect::Accepted => success,
            Expect::Refused => !success,
            Expect::Challenge(digits) => success && holds_challenge(&answer.body, digits),
            Expect::Answered => answer.status < 500 || answer.status == 503,
            Expect::Hides(secret) => !shows(&answer.text(), secret),
        };
        if right { Judgement::Right } else { Judgement::Wrong }
    }

    /// Reports whether the receiver refused the request with a 4xx status.
    pub fn is_refusal(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| (400..500).contains(&answer.status))
    }

    /// Reports whether both answers have the same status and body.
    pub fn looks_like(&self, other: &Self) -> bool {
        match (&self.answer, &other.answer) {
            (Ok(one), Ok(two)) => (one.status, &one.body) == (two.status, &two.body),
            _ => false,
        }
    }

    /// Status of the answer, if there is an answer.
    pub fn status(&self) -> Option<u16> {
        Some(self.answer.as_ref().ok()?.status)
    }

    /// Reports whether the answer took longer than the limit, or timed out.
    pub fn is_late(&self, limit: Duration) -> bool {
        match &self.answer {
            Ok(answer) => answer.took > limit,
            Err(error) => matches!(error, ClientError::TimedOut(_)),
        }
    }

    /// Reports whether the connection ended without an answer.
    pub fn is_broken(&self) -> bool {
        matches!(self.answer, Err(ClientError::Broken(_)))
    }

    /// Reports whether the receiver accepted the request.
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }
}

/// Description of the request and status of the answer, without the content of either.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.probe.what)?;
        match &self.answer {
            Ok(answer) => write!(f, "answered {}", answer.status),
            Err(ClientError::TimedOut(_)) => write!(f, "not answered in time"),
            Err(
                ClientError::NoConnection(_)
                | ClientError::UnknownHost(_)
                | ClientError::Broken(_)
                | ClientError::NotAUrl
                | ClientError::Unusable,
            ) => write!(f, "the connection broke off"),
        }?;
        match self.probe.expect {
            Expect::Challenge(_) if self.status() == Some(200) => {
                write!(f, ", without the challenge's digits")
            }
            Expect::Hides(Secret::Computed(_)) => {
                write!(f, ", with text like a digest, signature or token")
            }
            Expect::Hides(Secret::Internals) => write!(f, ", with internals of the program"),
            Expect::Accepted | Expect::Refused | Expect::Challenge(_) | Expect::Answered => Ok(()),
        }
    }
}

/// Reports whether the body is `{"challenge":<digits>}`, with or without other members, or the digits alone.
fn holds_challenge(body: &[u8], digits: &str) -> bool {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        challenge: &'a RawValue,
    }
    match serde_json::from_slice::<Object<'_>>(body) {
        Ok(object) => object.challenge.get() == digits,
        Err(_) => body.trim_ascii() == digits.as_bytes(),
    }
}

/// Length of 32 bytes in base64. Request ids are shorter.
const DIGEST_LENGTH: usize = 43;

/// Texts that only internals of a program contain.
const INTERNALS: [&str; 16] = [
    "panicked at",
    "Traceback (most recent",
    "stack backtrace",
    "goroutine ",
    "Exception",
    "    at ",
    "\\n    at ",
    ".rs:",
    ".js:",
    ".ts:",
    ".go:",
    ".py\"",
    ".rb:",
    ".php",
    "node_modules",
    "SyntaxError",
];

/// Reports whether the body shows the secret.
fn shows(body: &str, secret: &Secret) -> bool {
    match secret {
        Secret::Internals => INTERNALS.iter().any(|words| body.contains(words)),
        Secret::Computed(token) => {
            let is_separator = |c: char| !(c.is_ascii_alphanumeric() || "+/-_=".contains(c));
            body.split(is_separator).any(|run| run.len() >= DIGEST_LENGTH)
                || (!token.is_empty() && body.contains(token.as_str()))
                || body.contains("-----BEGIN")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_found_as_bare_digits_or_as_a_member() {
        for body in ["12", " 12\n", "{\"challenge\":12}", "{ \"ok\":true, \"challenge\" : 12 }"] {
            assert!(holds_challenge(body.as_bytes(), "12"), "{body}");
        }
        for body in
            ["", "13", "12.0", "\"12\"", "{\"challenge\":\"12\"}", "{\"challenge\":1.2e1}", "{\"x\":12}"]
        {
            assert!(!holds_challenge(body.as_bytes(), "12"), "{body}");
        }
    }

    #[test]
    fn a_digest_a_token_and_a_trace_are_found_and_a_request_id_is_not() {
        let computed = Secret::Computed("the-token".into());
        let hex = "a".repeat(64);
        for body in [hex.as_str(), "expected the-token", "-----BEGIN PUBLIC KEY-----"] {
            assert!(shows(body, &computed), "{body}");
        }
        for body in ["", "{\"error\":\"unauthorized\"}", "id 8f3e373f-2a3a-420a-a747-5c6378cf6bba"] {
            assert!(!shows(body, &computed) && !shows(body, &Secret::Internals), "{body}");
        }
        assert!(shows("thread 'main' panicked at src/main.rs:1:2", &Secret::Internals));
    }
}
