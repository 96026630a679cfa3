//! A request with what is expected of its answer, and the judgement of what came.

use std::{borrow::Cow, fmt, time::Duration};

use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::value::RawValue;

use prelude_local::http_client::{Answer, ClientError};

/// A request to the receiver's URL.
#[derive(Clone)]
pub struct Request {
    /// Any.
    pub method: Method,
    /// Without its question mark; added to the URL's own.
    pub query: String,
    /// A name may come twice.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// Whether headers are named `X-Webhook-Signature` or `x-webhook-signature`; as the target is used to, if not told.
    pub title_case: Option<bool>,
}

impl Request {
    /// A request without a query, headers or a body.
    pub fn new(method: Method) -> Self {
        Self { method, query: String::new(), headers: Vec::new(), body: Vec::new(), title_case: None }
    }

    /// Adds a header; a value that can not be one is sent as an empty one.
    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap_or(HeaderValue::from_static(""));
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Replaces the body, and nothing that was made from it.
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

/// One request of a check.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is sent, in words.
    pub what: Cow<'static, str>,
    /// The request.
    pub request: Request,
    /// What must come back.
    pub expect: Expect,
}

/// What must come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Success. That it is exactly 200 is a check of its own.
    Accepted,
    /// Anything but success.
    Refused,
    /// Success, with these digits.
    Challenge(String),
    /// Whatever the verdict is, an answer without an error of the server's.
    Answered,
    /// A body without signs of this.
    Hides(Secret),
}

/// What an answer must not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// A digest, a signature, a key, or this token.
    Computed(String),
    /// Stack traces, source files, names of libraries' errors.
    Internals,
}

impl Probe {
    /// A probe that must be accepted.
    pub fn accepted(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Accepted }
    }

    /// A probe that must be refused.
    pub fn refused(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Refused }
    }

    /// A probe that may have either verdict.
    pub fn answered(what: impl Into<Cow<'static, str>>, request: Request) -> Self {
        Self { what: what.into(), request, expect: Expect::Answered }
    }
}

/// A probe and what came back.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent.
    pub probe: Probe,
    /// What came back, if anything.
    pub answer: Result<Answer, ClientError>,
}

/// What an exchange shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// What was expected.
    Right,
    /// Not what was expected.
    Wrong,
    /// Nothing about the check: no answer, or a redirect. Checks of every answer tell about that.
    Unclear,
}

impl Exchange {
    /// Compares the answer with the expectation.
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

    /// The receiver said no, in its own words.
    pub fn is_refusal(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| (400..500).contains(&answer.status))
    }

    /// Same status, same body.
    pub fn looks_like(&self, other: &Self) -> bool {
        match (&self.answer, &other.answer) {
            (Ok(one), Ok(two)) => (one.status, &one.body) == (two.status, &two.body),
            _ => false,
        }
    }

    /// The answer's status, when there is one.
    pub fn status(&self) -> Option<u16> {
        Some(self.answer.as_ref().ok()?.status)
    }

    /// Whether the answer came too late, or not in time at all.
    pub fn is_late(&self, limit: Duration) -> bool {
        match &self.answer {
            Ok(answer) => answer.took > limit,
            Err(error) => matches!(error, ClientError::TimedOut(_)),
        }
    }

    /// Whether the connection ended without an answer.
    pub fn is_broken(&self) -> bool {
        matches!(self.answer, Err(ClientError::Broken(_)))
    }

    /// Whether the receiver took the request.
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }
}

/// What was sent and what came, without either's content.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.probe.what)?;
        match &self.answer {
            Ok(answer) => write!(f, "answered {}", answer.status),
            Err(ClientError::TimedOut(_)) => write!(f, "not answered in time"),
            Err(
                ClientError::NoConnection(_)
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
                write!(f, ", with what looks like a digest, signature or token")
            }
            Expect::Hides(Secret::Internals) => write!(f, ", with words of the program's inside"),
            Expect::Accepted | Expect::Refused | Expect::Challenge(_) | Expect::Answered => Ok(()),
        }
    }
}

/// `{"challenge":<digits>}` with other members or without, or the bare digits.
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

/// The length of 32 bytes in base64; request ids are shorter.
const DIGEST_LENGTH: usize = 43;

/// What only the inside of a program says.
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

fn shows(body: &str, secret: &Secret) -> bool {
    match secret {
        Secret::Internals => INTERNALS.iter().any(|words| body.contains(words)),
        Secret::Computed(token) => {
            let is_other = |c: char| !(c.is_ascii_alphanumeric() || "+/-_=".contains(c));
            body.split(is_other).any(|run| run.len() >= DIGEST_LENGTH)
                || (!token.is_empty() && body.contains(token.as_str()))
                || body.contains("-----BEGIN")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_its_digits_as_a_number_or_a_member() {
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
    fn a_digest_a_token_and_a_trace_are_seen_and_a_request_id_is_not() {
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
