//! A socket in front of the embedded SQS: the real protocol, for any SDK or the `aws` command.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet, time::Duration};
use winterbaume_core::{MockRequest, MockService as _};

use super::{
    guard::Guard,
    sqs::{EmbeddedSqs, REGION},
};

/// The embedded SQS on a loopback port, until it is dropped.
pub struct SqsFront {
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl SqsFront {
    /// Listens on 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(sqs: &EmbeddedSqs, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, sqs.service()));
        Ok(Self { address, _accepting: accepting })
    }

    /// For `AWS_ENDPOINT_URL_SQS` and `--endpoint-url`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept(listener: TcpListener, sqs: Arc<Guard>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let sqs = Arc::clone(&sqs);
                    connections.spawn(async move {
                        let service = service_fn(|request| respond(request, Arc::clone(&sqs)));
                        // The client's business: it went away.
                        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Twice what SQS takes in one call: the guard says what is too much.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

async fn respond(request: Request<Incoming>, sqs: Arc<Guard>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return Ok(status(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = MockRequest {
        method: parts.method.to_string(),
        // The region is read from the host, whatever the client connected to.
        uri: format!("https://sqs.{REGION}.amazonaws.com{}", parts.uri.path()),
        headers: parts.headers,
        body: body.to_bytes(),
    };
    let answer = sqs.handle(request).await;
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_sdk_sends_and_receives_through_the_socket() {
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        let front = SqsFront::start(&sqs, 0).await.unwrap();
        // Everything as for the embedded queues, but over a real connection.
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(REGION))
            .endpoint_url(front.endpoint())
            .credentials_provider(aws_sdk_sqs::config::Credentials::new("a", "b", None, None, "test"))
            .load()
            .await;
        let client = aws_sdk_sqs::Client::new(&config);
        let queue_url = EmbeddedSqs::queue_url_prefix("q");
        let sent = client.send_message().queue_url(&queue_url).message_body("{}").send().await.unwrap();
        let received = client.receive_message().queue_url(&queue_url).send().await.unwrap();
        assert_eq!(received.messages()[0].message_id(), sent.message_id());
        let missing =
            client.send_message().queue_url(queue_url + "x").message_body("{}").send().await.unwrap_err();
        assert!(missing.into_service_error().is_queue_does_not_exist());
    }
}
