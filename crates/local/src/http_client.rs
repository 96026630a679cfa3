//! HTTP client for receivers, key servers and management APIs at any address.

use std::{
    error::Error,
    iter::successors,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method};

/// HTTP client with a time limit. Sends requests unchanged and follows no redirects.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// Answer to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Exact bytes of the body.
    pub body: Bytes,
    /// Time from the start of the request to the end of the answer.
    pub took: Duration,
}

impl Answer {
    /// Body as text. Bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Usual time limit, above Prelude's own limit of 10 s.
pub const PATIENCE: Duration = Duration::from_secs(12);

impl Client {
    /// Client with the time limit [`PATIENCE`].
    ///
    /// # Errors
    /// The platform's trust roots cannot be read.
    pub fn new() -> Result<Self, ClientError> {
        Self::with_patience(PATIENCE)
    }

    /// Client with this time limit.
    ///
    /// # Errors
    /// The platform's trust roots cannot be read.
    pub fn with_patience(patience: Duration) -> Result<Self, ClientError> {
        Self::build(reqwest::Client::builder().timeout(patience))
    }

    /// Client with this time limit that writes header names as `X-Webhook-Signature`, not in lower case.
    ///
    /// # Errors
    /// The platform's trust roots cannot be read.
    pub fn in_title_case(patience: Duration) -> Result<Self, ClientError> {
        Self::build(reqwest::Client::builder().timeout(patience).http1_title_case_headers())
    }

    /// The user agent names the tool, whose commands send requests to addresses outside this machine.
    fn build(client: reqwest::ClientBuilder) -> Result<Self, ClientError> {
        let client = client
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("prelude-cli/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|_error| ClientError::Unusable)
    }

    /// Sends one request.
    ///
    /// # Errors
    /// The URL is invalid, or no answer arrived. The text never repeats the URL's path or query, because they may contain
    /// tokens.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, ClientError> {
        let place = place(url)?;
        let started = Instant::now();
        let request = self.0.request(method, url).headers(headers).body(body.into());
        let failed = |error| ClientError::of(error, &place);
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map_err(failed)?;
        Ok(Answer { status, headers, body, took: started.elapsed() })
    }
}

/// Scheme, host and port of a URL: the parts that may be shown.
fn place(url: &str) -> Result<String, ClientError> {
    let url = reqwest::Url::parse(url).map_err(|_invalid| ClientError::NotAUrl)?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => Ok(url.origin().ascii_serialization()),
        _ => Err(ClientError::NotAUrl),
    }
}

/// Reason for a missing answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Connection refused or impossible.
    #[error("nothing answers at {0}: is it running, and is the address right?")]
    NoConnection(String),
    /// Host name that nobody knows.
    #[error("the host of {0} cannot be found: is its name right, and does DNS work?")]
    UnknownHost(String),
    /// No complete answer in time.
    #[error("{0} did not answer in time")]
    TimedOut(String),
    /// Broken connection, or an answer that is not HTTP.
    #[error("{0} closed the connection or does not speak HTTP")]
    Broken(String),
    /// URL without `http://` or `https://`, or without a host.
    #[error("the address is not a URL: expected http:// or https:// and a host")]
    NotAUrl,
    /// Certificates of this machine that cannot be read.
    #[error("HTTPS is not available: the certificates of this machine cannot be read")]
    Unusable,
}

impl ClientError {
    fn of(error: reqwest::Error, place: &str) -> Self {
        let place = place.to_owned();
        if error.is_connect() {
            if is_unresolved(&error) { Self::UnknownHost(place) } else { Self::NoConnection(place) }
        } else if error.is_timeout() {
            Self::TimedOut(place)
        } else {
            Self::Broken(place)
        }
    }
}

/// Reports whether a client failed because the name of the host could not be resolved. hyper, below reqwest and the AWS SDK,
/// has no other sign of it than this text.
pub fn is_unresolved(error: &(dyn Error + 'static)) -> bool {
    let mut causes = successors(Some(error), |&cause| cause.source());
    causes.any(|cause| cause.to_string() == "dns error")
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    async fn answer_once(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/secret?token=secret", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        });
        url
    }

    async fn get(url: &str) -> Result<Answer, ClientError> {
        let client = Client::with_patience(Duration::from_millis(300)).unwrap();
        client.send(Method::GET, url, HeaderMap::new(), Bytes::new()).await
    }

    #[tokio::test]
    async fn an_answer_is_unchanged_and_a_redirect_is_not_followed() {
        let url = answer_once("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 2\r\n\r\nhi").await;
        let answer = get(&url).await.unwrap();
        assert_eq!((answer.status, answer.text()), (302, "hi".to_owned()));
        assert_eq!(answer.headers["location"], "/x");
    }

    #[tokio::test]
    async fn errors_never_contain_path_or_query() {
        let silent = get(&answer_once("").await).await.unwrap_err();
        assert!(matches!(silent, ClientError::TimedOut(_)), "{silent}");
        let garbage = get(&answer_once("garbage\r\n\r\n").await).await.unwrap_err();
        assert!(matches!(garbage, ClientError::Broken(_)), "{garbage}");
        let closed = get("http://127.0.0.1:1/secret").await.unwrap_err();
        assert_eq!(closed, ClientError::NoConnection("http://127.0.0.1:1".to_owned()));
        for error in [silent, garbage, closed] {
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let unknown = get("http://name.invalid/secret").await.unwrap_err();
        assert_eq!(unknown, ClientError::UnknownHost("http://name.invalid".to_owned()));
        for url in ["", "127.0.0.1:9000", "ftp://a/", "http://"] {
            assert_eq!(get(url).await.unwrap_err(), ClientError::NotAUrl, "{url}");
        }
    }
}
