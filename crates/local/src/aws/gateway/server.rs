//! API Gateway in front of the local receiver: HTTP requests on loopback in, the function's answers out.

use std::{borrow::Cow, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request as HttpRequest, Response, StatusCode, body::Incoming};
use tokio::time::Duration;

use super::{Api, ApiAnswer, Request};
use crate::{
    http_server::{HttpServer, response},
    prelude::ADDRESSES,
};

/// The request header that sets the source address of the event; the event does not have it.
pub const SOURCE_IP_HEADER: &str = "prelude-dev-source-ip";

/// An HTTP API on a loopback port, until it is dropped.
#[derive(Debug)]
pub struct GatewayServer(HttpServer);

impl GatewayServer {
    /// Listens on 127.0.0.1; port 0 takes any free one.
    ///
    /// The function's events name `source_ip` as the caller, or what the request's [`SOURCE_IP_HEADER`] says. The
    /// usual one is [`GatewayServer::SOURCE_IP`].
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(api: Api, port: u16, source_ip: impl Into<Arc<str>>) -> io::Result<Self> {
        let source_ip = source_ip.into();
        let respond = move |request| respond(request, api.clone(), Arc::clone(&source_ip));
        HttpServer::start(port, respond).await.map(Self)
    }

    /// The first of Prelude's addresses, so that the receiver's own allow-list admits what is delivered here.
    pub const SOURCE_IP: &str = {
        let [first, ..] = ADDRESSES;
        first
    };

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The API's URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Takes no more requests, and waits for the answers under way for this time at most.
    pub async fn stop(self, patience: Duration) {
        self.0.stop(patience).await;
    }
}

/// What an HTTP API takes: 10 MB.
const MAX_BODY: usize = 10 * 1024 * 1024;

async fn respond(request: HttpRequest<Incoming>, api: Api, source_ip: Arc<str>) -> Response<Full<Bytes>> {
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

/// An HTTP API hands the path over decoded, although it calls it raw, and only as far as a question mark in it.
fn decoded_path(path: &str) -> String {
    // The one decoder at hand is for forms, where a plus sign means a space.
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
