//! Serves an HTTP API on loopback.

use std::{borrow::Cow, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request as HttpRequest, Response, StatusCode, body::Incoming};
use tokio::time::Duration;

use super::{Api, ApiAnswer, Observe, Request};
use crate::{
    http_server::{HttpServer, response},
    prelude::ADDRESSES,
};

/// Request header that sets the event's source address. The event does not contain this header.
pub const SOURCE_IP_HEADER: &str = "prelude-dev-source-ip";

/// HTTP API on a loopback port. Dropping it stops the server.
#[derive(Debug)]
pub struct GatewayServer(HttpServer);

impl GatewayServer {
    /// Listens on 127.0.0.1. Port 0 takes any free port.
    ///
    /// The caller's address in events is `source_ip`, usually [`GatewayServer::SOURCE_IP`]. A request can override it
    /// with [`SOURCE_IP_HEADER`].
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start<O: Observe>(
        api: Api<O>,
        port: u16,
        source_ip: impl Into<Arc<str>>,
    ) -> io::Result<Self> {
        let source_ip = source_ip.into();
        let respond = move |request| respond(request, api.clone(), Arc::clone(&source_ip));
        HttpServer::start(port, respond).await.map(Self)
    }

    /// First of Prelude's addresses, so that the receiver's default allow-list admits local deliveries.
    pub const SOURCE_IP: &str = {
        let [first, ..] = ADDRESSES;
        first
    };

    /// Address that the server listens on.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// URL of the API, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Stops accepting requests, and waits at most this long for pending answers.
    pub async fn stop(self, patience: Duration) {
        self.0.stop(patience).await;
    }
}

/// Largest body that an HTTP API accepts: 10 MB.
const MAX_BODY: usize = 10 * 1024 * 1024;

async fn respond<O: Observe>(
    request: HttpRequest<Incoming>,
    api: Api<O>,
    source_ip: Arc<str>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return http(ApiAnswer::too_large()),
        Err(_broken_off) => return http(ApiAnswer::message(StatusCode::BAD_REQUEST, "Bad Request")),
    };
    let mut source_ip = source_ip.to_string();
    let mut headers = Vec::with_capacity(parts.headers.len());
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == SOURCE_IP_HEADER {
            source_ip = value.into_owned();
        } else {
            headers.push((name.to_string(), value.into_owned()));
        }
    }
    let request = Request {
        method: parts.method.to_string(),
        path: decoded_path(parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
        source_ip,
        force_base64: false,
    };
    http(api.handle(request).await)
}

/// Path as an HTTP API passes it: decoded, despite the name `rawPath`, and cut at the first decoded question mark.
fn decoded_path(path: &str) -> String {
    // `form_urlencoded` decodes a plus sign to a space and splits at an ampersand, so both are escaped first.
    let pair = format!("={}", path.replace('+', "%2B").replace('&', "%26"));
    let decoded =
        form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(path), |(_, path)| path);
    decoded.split('?').next().unwrap_or_default().to_owned()
}

fn http(answer: ApiAnswer) -> Response<Full<Bytes>> {
    response(answer.status, answer.headers, answer.body)
}

#[cfg(test)]
mod tests;
