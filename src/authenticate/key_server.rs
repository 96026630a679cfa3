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
    let Ok(url) = url.parse::<Uri>() else { return false };
    let Some(host) = url.host().filter(|host| !host.is_empty()) else { return false };
    match url.scheme_str() {
        Some("https") => true,
        Some("http") => {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        _ => false,
    }
}
