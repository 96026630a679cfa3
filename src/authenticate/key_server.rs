//! Key servers: the port through which key sets are fetched, and the URLs that may be one.

use std::net::IpAddr;

use bytes::Bytes;
use http::Uri;

/// Port to the key servers. Tests put a double here.
pub trait FetchKeySet: Send + Sync + 'static {
    /// Fetches the document at `url` from a 200 answer, without following redirects.
    ///
    /// # Errors
    /// Reason of the failure; [`FetchError::TooLarge`] for more than [`MAX_KEY_SET`] bytes.
    fn fetch(&self, url: &str) -> impl Future<Output = Result<Bytes, FetchError>> + Send;
}

/// Reason why a key set could not be fetched. The text is a stable log code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The connection failed or broke.
    #[error("unreachable")]
    Unreachable,
    /// The status is not 200. A redirect is such a status.
    #[error("status_{0}")]
    Status(u16),
    /// The document is longer than [`MAX_KEY_SET`].
    #[error("too_large")]
    TooLarge,
    /// The fetch exceeded its time limit.
    #[error("timeout")]
    Timeout,
    /// The document holds no usable key.
    #[error("no_usable_key")]
    NoUsableKey,
}

/// Longest document that is read, in bytes. It limits the number of keys to try a signature with.
pub const MAX_KEY_SET: usize = 64 * 1024;

/// Reports whether key sets may be fetched from this URL: `https`, or `http` on a loopback address, where nobody can
/// replace the keys.
#[must_use]
pub fn is_key_server(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    match uri.scheme_str() {
        Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
        Some("http") => is_loopback(url),
        _ => false,
    }
}

/// Reports whether a URL's host is this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_addresses_only() {
        for loopback in ["127.0.0.1:9324", "127.1.2.3", "localhost:1", "[::1]:9324"] {
            for url in ["http", "https"].map(|scheme| format!("{scheme}://{loopback}/x")) {
                assert!(is_loopback(&url) && is_key_server(&url), "{url}");
            }
        }
        assert!(is_key_server("https://keys.example/jwks.json"));
        for url in [
            "http://keys.example",
            "http://127.0.0.1.example.com",
            "http://[2001:db8::1]",
            "ftp://[::1]",
            "x",
            "",
        ] {
            assert!(!is_key_server(url), "{url}");
        }
        for url in ["https://sqs.eu-west-1.amazonaws.com", "http://127.0.0.1.example.com", "x", ""] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
