//! The request as API Gateway delivered it: nothing is parsed, nothing is trusted.

use std::{borrow::Cow, fmt, sync::Arc, time::SystemTime};

use base64::{Engine, alphabet, engine};
use bytes::Bytes;
use http::Method;
use tokio::time::Instant;

use crate::rejection::Rejection;

/// One HTTP request, before any check.
pub struct Inbound {
    /// The request's method.
    pub method: Method,
    /// The event's own path (`rawPath`; REST: `path`), stage and base path included.
    pub path: String,
    /// The query, as text or as already decoded pairs.
    pub query: Query,
    /// All header lines.
    pub headers: Headers,
    /// The peer's address as API Gateway wrote it.
    pub source_ip: Option<String>,
    /// The body, still in API Gateway's wrapping.
    pub body: Body,
}

/// Invocation that carries a request.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The invocation's id, as Lambda logs it.
    pub request_id: Arc<str>,
    /// Time at which the request came in.
    pub received_at: SystemTime,
    /// Trace header of the Lambda context, when it is well-formed.
    pub trace_header: Option<Arc<str>>,
    /// Time at which the answer must be on its way.
    pub deadline: Instant,
}

/// Header lines as received: HTTP APIs join repeated ones with commas, REST APIs list them. Every line is kept, because
/// a dropped header would look like one that was not sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

/// The query string in the two forms of API Gateway.
#[derive(Clone, PartialEq, Eq)]
pub enum Query {
    /// `application/x-www-form-urlencoded` text (payload 2.0).
    Raw(String),
    /// Decoded pairs (payload 1.0).
    Decoded(Vec<(String, String)>),
}

/// The body in the two wrappings of API Gateway.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The text itself.
    Text(String),
    /// Base64 of the bytes (`isBase64Encoded`).
    Base64(String),
}

impl Headers {
    /// Values of every line of this name, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The only value of a header; `Err` when it is given more than once.
    pub(crate) fn single<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(first) }
    }
}

/// Error: the header is repeated.
pub(crate) struct Repeated;

impl Query {
    /// Decoded value of a parameter that occurs exactly once.
    pub(crate) fn single(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Raw(text) => only(form_urlencoded::parse(text.as_bytes()).filter(|(key, _)| key == name))
                .map(|(_, value)| value),
            Self::Decoded(pairs) => {
                only(pairs.iter().filter(|(key, _)| key == name)).map(|(_, value)| Cow::from(value))
            }
        }
    }
}

impl Body {
    /// Unwraps the exact bytes that the sender sent.
    ///
    /// # Errors
    /// [`Rejection::BodyNotBase64`] when API Gateway's wrapping cannot be decoded.
    pub fn into_bytes(self) -> Result<Bytes, Rejection> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Base64(text) => {
                BASE64.decode(text).map(Bytes::from).map_err(|_malformed| Rejection::BodyNotBase64)
            }
        }
    }
}

/// Padding is tolerated either way: emulators differ.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

impl fmt::Debug for Inbound {
    /// Shows no path, query, header value or body: tokens, signatures and people's data travel in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_parameter_must_be_given_once() {
        for query in [
            Query::Raw("a=1&b=x%2By+z&b2=&a%5F=3&d=1&d=2".into()),
            Query::Decoded(
                [("a", "1"), ("b", "x+y z"), ("b2", ""), ("a_", "3"), ("d", "1"), ("d", "2")]
                    .map(|(k, v)| (k.into(), v.into()))
                    .into(),
            ),
        ] {
            assert_eq!(query.single("a").as_deref(), Some("1"));
            assert_eq!(query.single("b").as_deref(), Some("x+y z"));
            assert_eq!(query.single("b2").as_deref(), Some(""));
            assert_eq!(query.single("a_").as_deref(), Some("3"));
            assert_eq!(query.single("c"), None);
            assert_eq!(query.single("d"), None);
        }
    }

    #[test]
    fn base64_is_undone_with_and_without_padding() {
        for text in ["eyJhIjoxfQ==", "eyJhIjoxfQ"] {
            assert_eq!(Body::Base64(text.into()).into_bytes().unwrap(), r#"{"a":1}"#);
        }
        assert_eq!(Body::Base64("///+".into()).into_bytes().unwrap(), [255u8, 255, 254][..]);
        for text in ["e", "e===", "*", "eyJh Ijox"] {
            assert_eq!(Body::Base64(text.into()).into_bytes(), Err(Rejection::BodyNotBase64), "{text}");
        }
        assert_eq!(Body::Text("é".into()).into_bytes().unwrap(), "é");
    }

    #[test]
    fn debug_shows_no_content() {
        let inbound = Inbound {
            method: Method::POST,
            path: "/webhooks/secret-token".into(),
            query: Query::Raw("verification_token=secret-token".into()),
            headers: Headers::default(),
            source_ip: None,
            body: Body::Text("+33612345678".into()),
        };
        assert_eq!(format!("{inbound:?}"), "Inbound { method: POST, .. }");
    }
}
