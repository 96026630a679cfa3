//! HTTP/1.1 server on loopback, which every server of this crate runs on.

use std::{error::Error, future::Future, io, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::Duration,
};

/// Server on 127.0.0.1. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinSet<()>,
}

impl HttpServer {
    /// Listens on 127.0.0.1 and answers each request with `respond`; `None` closes the connection. Port 0 takes any free
    /// port.
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start<R, F, B>(port: u16, respond: R) -> io::Result<Self>
    where
        R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output: Into<Option<Response<B>>>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::start_over(port, |stream| std::future::ready(Ok(stream)), respond).await
    }

    /// [`start`](Self::start) over the stream that `open` makes of each connection, such as a TLS stream. A connection that
    /// `open` fails for is closed.
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start_over<O, G, S, R, F, B>(port: u16, open: O, respond: R) -> io::Result<Self>
    where
        O: Fn(TcpStream) -> G + Clone + Send + Sync + 'static,
        G: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output: Into<Option<Response<B>>>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, open, respond, stopping));
        Ok(Self { address, stop, accepting })
    }

    /// Address that the server listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting requests, and waits at most this long for pending answers.
    pub async fn stop(mut self, patience: Duration) {
        self.stop.send_replace(true);
        // Dropping `self` cuts off answers that take longer.
        drop(tokio::time::timeout(patience, self.accepting.join_next()).await);
    }
}

/// Response with this status, headers and body.
pub fn response(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Response with this status and a JSON body.
pub fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response(status, HeaderMap::from_iter([content_type]), body.to_string().into())
}

/// Error that makes hyper close a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the server does not answer")]
struct Closed;

async fn accept<O, G, S, R, F, B>(
    listener: TcpListener,
    open: O,
    respond: R,
    mut stopping: watch::Receiver<bool>,
) where
    O: Fn(TcpStream) -> G + Clone + Send + Sync + 'static,
    G: Future<Output = io::Result<S>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    R: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Into<Option<Response<B>>>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Otherwise the answer to a small request may wait 40 ms for an acknowledgement. A connection that this
                    // fails for is broken, and ends below.
                    stream.set_nodelay(true).ok();
                    let (opening, respond, stopping) = (open(stream), respond.clone(), stopping.clone());
                    connections.spawn(async move {
                        if let Ok(stream) = opening.await {
                            serve(stream, respond, stopping).await;
                        }
                    });
                }
                // Possibly out of file descriptors: connections that close will free some.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopping.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve<S, R, F, B>(stream: S, respond: R, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output: Into<Option<Response<B>>>>,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let service = service_fn(|request| {
        let response = respond(request);
        async { response.await.into().ok_or(Closed) }
    });
    let mut connection =
        std::pin::pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    // An error here means that the client disconnected, so it is ignored.
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::Client;

    #[tokio::test]
    async fn stopping_waits_for_pending_answers_and_accepts_no_request() {
        let server = HttpServer::start(0, |_| async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Response::new(Full::new(Bytes::from_static(b"late")))
        })
        .await
        .unwrap();
        let url = format!("http://{}/", server.address());
        let client = Client::new().unwrap();
        let get = |client: Client, url: String| async move {
            client.send(http::Method::GET, &url, http::HeaderMap::new(), Bytes::new()).await
        };
        let slow = tokio::spawn(get(client.clone(), url.clone()));
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.stop(Duration::from_secs(5)).await;
        assert_eq!(slow.await.unwrap().unwrap().text(), "late");
        assert!(get(client, url).await.is_err());
    }
}
