//! The key server, tested with a plain HTTP/1.1 client.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

async fn open(server: &JwksServer, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Status code, head in lower case, and body.
async fn get(server: &JwksServer, path: &str) -> (String, String, Vec<u8>) {
    let mut bytes = Vec::new();
    open(server, path).await.read_to_end(&mut bytes).await.unwrap();
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..split]).to_lowercase();
    let body = bytes.get(split + 4..).unwrap_or_default().to_vec();
    (head.split(' ').nth(1).unwrap_or_default().to_owned(), head, body)
}

const PATH: &str = "/app1/.well-known/jwks.json";

#[tokio::test]
async fn each_app_has_its_key_set_which_may_be_replaced() {
    let server = JwksServer::start().await.unwrap();
    assert_eq!(server.url("app1"), format!("http://{}{PATH}", server.address()));
    assert_eq!(get(&server, PATH).await.0, "404");
    assert_eq!(server.requests("app1"), 0);
    server.publish("app1", &json!({"keys": []}));
    let (status, head, body) = get(&server, PATH).await;
    assert_eq!((status.as_str(), body.as_slice()), ("200", b"{\"keys\":[]}".as_slice()));
    assert!(head.contains("content-type: application/json"));
    assert!(head.contains("content-length: 11"));
    server.publish("app1", &json!({"keys": [1]}));
    assert_eq!(get(&server, PATH).await.2, b"{\"keys\":[1]}");
    assert_eq!(server.requests("app1"), 2);
    assert_eq!(get(&server, "/app2/.well-known/jwks.json").await.0, "404");
    assert_eq!(get(&server, "/").await.0, "404");
}

#[tokio::test]
async fn faults_are_answered_until_they_are_lifted() {
    let server = JwksServer::start().await.unwrap();
    server.publish("app1", &json!({"keys": []}));
    server.set_fault("app1", JwksFault::Status(503));
    assert_eq!(get(&server, PATH).await.0, "503");
    server.set_fault("app1", JwksFault::Redirect("http://127.0.0.1:1/".into()));
    let (status, head, _) = get(&server, PATH).await;
    assert!(status == "302" && head.contains("location: http://127.0.0.1:1/"), "{head}");
    server.set_fault("app1", JwksFault::Garbage);
    assert!(serde_json::from_slice::<Value>(&get(&server, PATH).await.2).is_err());
    server.set_fault("app1", JwksFault::Huge(200_000));
    let (_, _, body) = get(&server, PATH).await;
    assert_eq!(body.len(), 200_000);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["keys"], json!([]));
    server.set_fault("app1", JwksFault::Close);
    assert_eq!(get(&server, PATH).await, (String::new(), String::new(), Vec::new()));
    server.set_fault("app1", JwksFault::Delay(Duration::from_millis(20)));
    let started = std::time::Instant::now();
    assert_eq!(get(&server, PATH).await.0, "200");
    assert!(started.elapsed() >= Duration::from_millis(20));
    server.set_fault("app1", None);
    assert_eq!(get(&server, PATH).await.0, "200");
    assert_eq!(server.requests("app1"), 7);
}

#[tokio::test]
async fn a_stalled_answer_begins_and_never_ends() {
    let server = JwksServer::start().await.unwrap();
    server.publish("app1", &json!({"keys": []}));
    server.set_fault("app1", JwksFault::Stall);
    let mut stream = open(&server, PATH).await;
    let mut bytes = Vec::new();
    let reading = tokio::time::timeout(Duration::from_millis(100), stream.read_to_end(&mut bytes));
    assert!(reading.await.is_err());
    assert!(String::from_utf8_lossy(&bytes).contains("{\"key"), "{bytes:?}");
}

#[tokio::test]
async fn a_dropped_server_does_not_answer() {
    let server = JwksServer::start().await.unwrap();
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
}
