//! The edge to the key servers: the HTTPS client and trust roots that the AWS SDK links anyway.

use std::sync::OnceLock;

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::authenticate::key_server::{FetchError, FetchKeySet, MAX_KEY_SET};

/// Fetches key sets over HTTPS, or over plain HTTP from a loopback address.
#[derive(Debug, Default)]
pub struct HttpsKeySets {
    // Made by the first fetch, because pinned keys and account keys need no client.
    connector: OnceLock<Connector>,
}

impl FetchKeySet for HttpsKeySets {
    async fn fetch(&self, url: &str) -> Result<Bytes, FetchError> {
        let mut request = HttpRequest::get(url).map_err(|_invalid| FetchError::Unreachable)?;
        for (name, value) in HEADERS {
            request.headers_mut().insert(name, value);
        }
        let answer = self.connector().call(request).await.map_err(|_unreachable| FetchError::Unreachable)?;
        // The connector does not follow redirects, so a redirect is a status like any other.
        match answer.status().as_u16() {
            200 => read(answer.into_body()).await,
            status => Err(FetchError::Status(status)),
        }
    }
}

/// Headers of every request besides `host`. Firewalls refuse requests without a user-agent.
const HEADERS: [(&str, &str); 2] =
    [("user-agent", concat!("prelude-webhooks/", env!("CARGO_PKG_VERSION"))), ("accept", "application/json")];

impl HttpsKeySets {
    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            // No time limits here, because the cache limits the whole fetch.
            Connector::builder()
                // Fetches are a minute apart, and a frozen sandbox keeps dead connections.
                .pool_max_idle_per_host(0)
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .build()
        })
    }
}

async fn read(body: aws_smithy_types::body::SdkBody) -> Result<Bytes, FetchError> {
    match Limited::new(body, MAX_KEY_SET).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
        Err(_broken) => Err(FetchError::Unreachable),
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[tokio::test]
    async fn a_document_that_is_too_large_differs_from_one_that_breaks_off() {
        let document = |length| SdkBody::from(vec![b' '; length]);
        assert_eq!(read(document(MAX_KEY_SET)).await.map(|read| read.len()), Ok(MAX_KEY_SET));
        assert_eq!(read(document(MAX_KEY_SET + 1)).await, Err(FetchError::TooLarge));
        // A taken body fails without a connection.
        assert_eq!(read(SdkBody::taken()).await, Err(FetchError::Unreachable));
    }
}
