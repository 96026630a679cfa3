//! Serves the embedded SQS on loopback, with SQS's JSON protocol: for any SDK and the `aws` command.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};
use winterbaume_core::{MockRequest, MockService as _};

use super::{EmbeddedSqs, REGION, sight};
use crate::{
    aws::guard::Guard,
    http_server::{HttpServer, response},
};

/// Embedded SQS on a loopback port. Dropping it stops the server.
#[derive(Debug)]
pub struct SqsServer(HttpServer);

impl SqsServer {
    /// Listens on 127.0.0.1. Port 0 takes any free port.
    ///
    /// # Errors
    /// The port is in use.
    pub async fn start(sqs: &EmbeddedSqs, port: u16) -> io::Result<Self> {
        let sqs = sqs.service();
        HttpServer::start(port, move |request| respond(request, Arc::clone(&sqs))).await.map(Self)
    }

    /// URL for `AWS_ENDPOINT_URL_SQS` and `--endpoint-url`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.address())
    }
}

/// Largest request, well above SQS's own limit, so that the guard is the one that refuses a batch.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

async fn respond(request: Request<Incoming>, sqs: Arc<Guard>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let empty = |status| response(status, HeaderMap::new(), Bytes::new());
    // Browsers send `Origin` with every POST; no SDK does. Without this check, a web page could reach the queues by DNS
    // rebinding, and read and empty them.
    if parts.method != Method::POST || parts.headers.contains_key(header::ORIGIN) {
        return empty(StatusCode::FORBIDDEN);
    }
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    if parts.headers.get("x-amz-target").is_some_and(|target| target == sight::TARGET) {
        return match sight::answer(sqs.ledger(), &body.to_bytes()) {
            Some(seen) => response(StatusCode::OK, HeaderMap::new(), seen),
            None => empty(StatusCode::BAD_REQUEST),
        };
    }
    let answer = sqs.handle(sqs_request(parts, body.to_bytes())).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response(status, answer.headers, answer.body)
}

/// Request in the form that the embedded SQS takes. It reads the region from the host, so the host is always AWS's.
pub fn sqs_request(parts: http::request::Parts, body: Bytes) -> MockRequest {
    MockRequest {
        method: parts.method.to_string(),
        uri: format!("https://sqs.{REGION}.amazonaws.com{}", parts.uri.path()),
        headers: parts.headers,
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_sdk_sends_and_receives_through_the_socket() {
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        let front = SqsServer::start(&sqs, 0).await.unwrap();
        // Same client as for the embedded queues, over a real connection.
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

    #[tokio::test]
    async fn another_process_sees_new_messages_and_receives_none() {
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        let front = SqsServer::start(&sqs, 0).await.unwrap();
        let queue_url = EmbeddedSqs::queue_url_prefix("q");
        let send = async |body: &str| {
            sqs.client().send_message().queue_url(&queue_url).message_body(body).send().await.unwrap();
        };
        send("old").await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let since = std::time::SystemTime::now();
        send("new").await;
        for _ in 0..50 {
            let seen = sight::messages_since(&front.endpoint(), since).await.unwrap().unwrap();
            let seen: Vec<_> = seen.iter().map(|seen| (&*seen.queue, &*seen.body)).collect();
            assert_eq!(seen, [("q", "new")]);
        }
        assert!(sqs.peek("q").iter().all(|held| held.received == 0));
    }

    #[tokio::test]
    async fn a_page_in_a_browser_reaches_no_queue() {
        let sqs = EmbeddedSqs::start(["q"]).await.unwrap();
        let front = SqsServer::start(&sqs, 0).await.unwrap();
        let client = crate::http_client::Client::new().unwrap();
        let ask = async |method, origin: Option<&'static str>| {
            let mut headers = http::HeaderMap::new();
            headers.insert("x-amz-target", http::HeaderValue::from_static("AmazonSQS.ListQueues"));
            headers.extend(origin.map(|origin| (header::ORIGIN, http::HeaderValue::from_static(origin))));
            let body = Bytes::from_static(b"{}");
            client.send(method, &front.endpoint(), headers, body).await.unwrap().status
        };
        assert_eq!(ask(Method::POST, None).await, 200);
        for origin in ["http://evil.example:9324", "http://127.0.0.1:9001", "null"] {
            assert_eq!(ask(Method::POST, Some(origin)).await, 403, "{origin}");
        }
        assert_eq!(ask(Method::GET, None).await, 403, "a GET of the same origin carries no Origin header");
    }
}
