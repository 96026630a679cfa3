use std::sync::Mutex;

use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::{
    aws::{
        gateway::{Exchange, Observe},
        sqs::EmbeddedSqs,
    },
    http_client::{Answer, Client},
    prelude::{PreludeKey, samples},
    receiver::LocalReceiver,
};

#[derive(Default)]
struct Seen(Mutex<Vec<Exchange>>);

impl Observe for Seen {
    type Watch = ();

    fn watch(&self, _request: &Request) {}

    fn exchanged(&self, exchange: Exchange, _watch: Option<()>) {
        self.0.lock().unwrap().push(exchange);
    }
}

struct Stack {
    front: GatewayServer,
    seen: Arc<Seen>,
    sqs: EmbeddedSqs,
}

impl Stack {
    async fn start() -> Self {
        let sqs = EmbeddedSqs::start(["prelude-webhooks-verify-attempt", "prelude-webhooks-unrouted"]);
        let sqs = sqs.await.unwrap();
        let receiver = LocalReceiver::start(samples::environment().unwrap(), &sqs).unwrap();
        let seen = Arc::new(Seen::default());
        let api = Api::new(receiver).observed_by(Arc::clone(&seen));
        let front = GatewayServer::start(api, 0, GatewayServer::SOURCE_IP).await.unwrap();
        Self { front, seen, sqs }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = http::HeaderName::try_from(*name).unwrap();
            map.append(name, HeaderValue::try_from(*value).unwrap());
        }
        let url = format!("{}{path}", self.front.url());
        Client::new().unwrap().send(method, &url, map, body.to_vec()).await.unwrap()
    }

    fn last(&self) -> Exchange {
        self.seen.0.lock().unwrap().last().unwrap().clone()
    }
}

fn path() -> String {
    format!("/webhooks/{}", samples::PATH_TOKEN)
}

fn signature(body: &[u8]) -> String {
    let pem = include_str!("../../../../../../tests/keys/account-2048.pem");
    PreludeKey::from_pem("account", pem).unwrap().sign(body).unwrap()
}

#[tokio::test]
async fn a_delivery_over_http_lands_in_its_queue_and_is_observed() {
    let stack = Stack::start().await;
    let body = br#"{"type":"verify.attempt","id":"evt_1","payload":{}}"#;
    let answer = stack
        .send(
            Method::POST,
            &path(),
            &[("X-Webhook-Signature", &signature(body)), ("X-A", "1"), ("x-a", "2")],
            body,
        )
        .await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"accepted":1}"#.to_owned()));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(!answer.headers["apigw-requestid"].is_empty());
    let messages = stack.sqs.drain("prelude-webhooks-verify-attempt").await.unwrap();
    assert_eq!(messages[0].body.as_bytes(), body);
    let trace = &messages[0].system_attributes["AWSTraceHeader"];

    let exchange = stack.last();
    let event = exchange.event.unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["headers"]["x-a"], "1,2");
    assert_eq!(event["headers"]["x-amzn-trace-id"], trace.as_str());
    assert_eq!(event["requestContext"]["http"]["sourceIp"], GatewayServer::SOURCE_IP);
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(exchange.answer.status, 200);
    assert_eq!(exchange.log.last().unwrap()["code"], "accepted");
    assert_eq!(exchange.log.last().unwrap()["request_id"], messages[0].attribute("request_id").unwrap());
}

#[tokio::test]
async fn a_request_sets_its_source_address_by_a_header_that_the_event_lacks() {
    let stack = Stack::start().await;
    let answer = stack.send(Method::POST, &path(), &[("Prelude-Dev-Source-Ip", "198.51.100.7")], b"{}").await;
    assert_eq!(answer.status, 403);
    let event = stack.last().event.unwrap();
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "198.51.100.7");
    assert_eq!(event["headers"]["x-forwarded-for"], "198.51.100.7");
    assert!(event["headers"].get(SOURCE_IP_HEADER).is_none());
}

#[tokio::test]
async fn binary_bodies_travel_as_base64_and_verify() {
    let stack = Stack::start().await;
    let body = b"\xff\xfe";
    let answer = stack.send(Method::POST, &path(), &[("X-Webhook-Signature", &signature(body))], body).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"accepted":1}"#.to_owned()), "parked");
    let event = stack.last().event.unwrap();
    assert_eq!((&event["isBase64Encoded"], &event["body"]), (&true.into(), &"//4=".into()));
}

#[tokio::test]
async fn methods_queries_and_paths_arrive() {
    let stack = Stack::start().await;
    let query = crate::prelude::activation_query(samples::APP_ID, samples::VERIFICATION_TOKEN, "42");
    let answer = stack.send(Method::GET, &format!("{}?{query}", path()), &[], b"").await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"challenge":42}"#.to_owned()));
    assert_eq!(stack.last().event.unwrap()["rawQueryString"], query);
    let answer = stack.send(Method::DELETE, &path(), &[], b"").await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &HeaderValue::from_static("GET, POST")));
    assert_eq!(stack.send(Method::POST, "/hooks", &[], b"{}").await.status, 404);
}

#[tokio::test]
async fn a_request_too_large_for_lambda_or_the_api_is_refused() {
    let stack = Stack::start().await;
    for size in [6 * 1024 * 1024, MAX_BODY + 1] {
        let answer = stack.send(Method::POST, &path(), &[], &vec![b' '; size]).await;
        let expected = (413, r#"{"message":"Request Entity Too Large"}"#.to_owned());
        assert_eq!((answer.status, answer.text()), expected, "{size}");
    }
    let exchange = stack.last();
    assert!(exchange.event.is_none() && exchange.log.is_empty(), "the function was not invoked");
}

#[test]
fn a_path_is_passed_decoded_up_to_a_question_mark() {
    for (sent, decoded) in [
        ("/webhooks/t", "/webhooks/t"),
        ("/web%68ooks/a+b&c", "/webhooks/a+b&c"),
        ("/webhooks%2Ft", "/webhooks/t"),
        ("/webhooks%3Fa=b", "/webhooks"),
        ("/%C3%A9%", "/é%"),
    ] {
        assert_eq!(decoded_path(sent), decoded);
    }
}
