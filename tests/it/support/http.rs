//! A loopback HTTP/1.1 server: what the stand-ins for Lambda and SQS share.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

/// Whoever answers requests.
pub(crate) trait Answer: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// Serves every connection until its task is aborted, and the connections with it.
pub(crate) async fn serve<A: Answer>(listener: TcpListener, shared: Arc<A>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(shared.answer(request).await) }
        });
        // A connection that breaks is the client's end, which whoever waits for an answer notices.
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}
