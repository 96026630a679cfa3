//! Tests of the stack through the page's API and an SDK.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use prelude_events::{EventType, Source};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Duration, timeout},
};

use super::{settings::Settings, *};
use prelude_local::http_client::{Answer, Client};

const ANY_PORTS: Options =
    Options { port: 0, inspector_port: 0, prelude_port: 0, sqs_port: 0, keep: None, rotate_every: None };

async fn start() -> Stack {
    Stack::start(&mut Settings::read([], None).unwrap(), &ANY_PORTS).await.unwrap()
}

struct Page {
    origin: String,
    token: String,
}

impl Page {
    async fn load(stack: &Stack) -> Self {
        let origin = stack.addresses.inspector.trim_end_matches('/').to_owned();
        let mut page = Self { origin, token: String::new() };
        let text = page.get("/").await.text();
        let token = text.split("name=\"prelude-dev-token\" content=\"").nth(1).unwrap();
        page.token = token.split('"').next().unwrap().to_owned();
        page
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Value::Null).await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let headers = [("origin", self.origin.as_str()), ("prelude-dev-token", &self.token)];
        self.send(Method::POST, path, &headers, body).await
    }

    async fn trigger(&self, name: &str, tamper: &str) -> Value {
        let answer = self.post("/api/trigger", json!({"name": name, "tamper": tamper})).await;
        let number = serde_json::from_slice::<Value>(&answer.body).unwrap()["number"].as_u64().unwrap();
        self.json(&format!("/api/deliveries/{number}")).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut map = HeaderMap::new();
        map.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        let url = format!("{}{path}", self.origin);
        Client::new().unwrap().send(method, &url, map, body.to_string()).await.unwrap()
    }
}

fn outcomes(delivery: &Value) -> Vec<&str> {
    delivery["checks"].as_array().unwrap().iter().map(|check| check["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_way_to_tamper_is_refused_at_its_step_and_shown_so() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    for (tamper, code, failed) in [
        ("body", "signature_wrong", 3),
        ("signature", "signature_wrong", 3),
        ("key", "signature_wrong", 3),
        ("unsigned", "signature_missing", 4),
        ("address", "address_not_allowed", 0),
    ] {
        for name in ["verify.attempt", "user.created"] {
            let delivery = page.trigger(name, tamper).await;
            assert_eq!(delivery["summary"]["code"], code, "{name} {tamper}");
            assert_eq!(delivery["summary"]["verdict"], "refused");
            let outcomes = outcomes(&delivery);
            assert!(outcomes[..failed].iter().all(|outcome| *outcome == "passed"), "{outcomes:?}");
            assert_eq!(outcomes[failed], "failed");
            assert!(delivery["advice"].is_string());
            let tried = delivery["keys"].as_array().unwrap();
            assert_eq!(tried.len(), if code == "signature_wrong" { 3 } else { 0 }, "{delivery:#}");
            assert!(outcomes[failed + 1..].iter().all(|outcome| *outcome == "skipped"), "{outcomes:?}");
        }
    }
    assert!(page.json("/api/queues").await.as_array().unwrap().iter().all(|depth| depth["visible"] == 0));
}

#[tokio::test]
async fn the_figures_are_those_of_the_receivers_lines() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    page.trigger("user.created", "none").await;
    page.trigger("session-batch", "none").await;
    page.trigger("unknown-type", "none").await;
    page.trigger("verify.attempt", "signature").await;
    let of_session = EventType::ALL.iter().filter(|known| known.source() == Some(Source::Session)).count();
    let shown = page.json("/api/metrics").await;
    let figures = shown["metrics"].as_array().unwrap();
    let names: Vec<_> = figures.iter().map(|figure| figure["name"].as_str().unwrap()).collect();
    let known: Vec<_> = prelude_webhooks::metrics::METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!((names, &shown["lines"]), (known, &json!(4)));
    let figure = |name: &str| figures.iter().find(|figure| figure["name"] == name).unwrap();
    for (name, sum) in [
        ("Deliveries", 4),
        ("EventsAccepted", of_session + 1),
        ("EventsParked", 1),
        ("RefusedSignature", 1),
        ("PublishFailures", 0),
    ] {
        assert_eq!(figure(name)["since_start"]["sum"].as_f64(), Some(sum as f64), "{name}");
        assert_eq!(figure(name)["recent"], figure(name)["since_start"], "{name}");
    }
    assert_eq!(figure("Duration")["since_start"]["samples"], 4);
    assert_eq!(
        (&shown["newest"][0]["code"], &shown["newest"][1]["code"]),
        (&json!("signature_wrong"), &json!("accepted"))
    );

    let mut settings = Settings::read([("PRELUDE_METRICS".into(), "off".into())], None).unwrap();
    let quiet = Stack::start(&mut settings, &ANY_PORTS).await.unwrap();
    let page = Page::load(&quiet).await;
    page.trigger("user.created", "none").await;
    assert_eq!(page.json("/api/metrics").await["lines"], 0);
    assert_eq!(page.json("/api/setup").await["metrics"], false);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_messages_and_looking_does_not_receive_them() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    let delivery = page.trigger("user.created", "none").await;
    assert_eq!(delivery["summary"]["verdict"], "accepted");
    assert_eq!(outcomes(&delivery), ["passed"; 6]);
    assert_eq!(
        delivery["checks"][3]["detail"],
        "genuine; its key proves Session batches of the app demoapp1"
    );
    let key = json!({"owner": "app demoapp1", "key_id": "app", "bits": 2048, "result": "verified"});
    assert_eq!((&delivery["keys"], &delivery["advice"]), (&json!([key]), &Value::Null));
    let message = &delivery["messages"][0];
    assert_eq!(message["queue"], "prelude-webhooks-user-created");
    assert_eq!(message["attributes"]["event_type"], "user.created");

    for _ in 0..2 {
        let peeked = page.json("/api/queues/prelude-webhooks-user-created").await;
        assert_eq!(peeked["depth"]["visible"], 1);
        assert_eq!(peeked["messages"].as_array().unwrap().len(), 1);
        assert_eq!(peeked["messages"][0]["message_id"], message["message_id"]);
    }
    let received = stack.sqs().drain("prelude-webhooks-user-created").await.unwrap();
    assert_eq!(received.len(), 1, "still there, and visible");
    assert_eq!(received[0].body, message["body"].as_str().unwrap());
    assert_eq!(page.json("/api/queues/prelude-webhooks-user-created").await["messages"], json!([]));

    let parked = page.trigger("unknown-type", "none").await;
    assert_eq!(
        (&parked["summary"]["verdict"], &parked["messages"][0]["attributes"]["reason"]),
        (&json!("parked"), &json!("unknown_type"))
    );
    assert_eq!(outcomes(&parked)[5], "noted");
    assert_eq!(parked["summary"]["reason"], "the type is unknown, or belongs to another source");
    let batch = page.trigger("session-batch", "none").await;
    let of_session = EventType::ALL.iter().filter(|known| known.source() == Some(Source::Session));
    assert_eq!(batch["messages"].as_array().unwrap().len(), of_session.count());
    assert_eq!(
        page.trigger("attempt", "none").await["checks"][3]["detail"],
        "none: the secret path and the address authenticate events of verify_v1"
    );

    let number = delivery["summary"]["number"].as_u64().unwrap();
    let replayed = page.post(&format!("/api/deliveries/{number}/replay"), json!({})).await;
    assert_eq!(replayed.status, 200);
    let again = stack.sqs().drain("prelude-webhooks-user-created").await.unwrap();
    let same = again.iter().filter(|message| message.body == received[0].body).count();
    assert_eq!((again.len(), same), (2, 1), "the batch's and the replayed one");

    assert_eq!(page.post("/api/queues/prelude-webhooks-unrouted/purge", json!({})).await.status, 200);
    assert_eq!(page.json("/api/queues/prelude-webhooks-unrouted").await["messages"], json!([]));
    for (path, body) in [
        ("/api/trigger", json!({"name": "user.creatd"})),
        ("/api/deliveries/99/replay", json!({})),
        ("/api/queues/missing/purge", json!({})),
    ] {
        let answer = page.post(path, body).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("error"), "{path}");
    }
}

#[tokio::test]
async fn only_the_page_itself_may_change_something() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    let port = stack.addresses.inspector.rsplit(':').next().unwrap().trim_end_matches('/');
    let (origin, token) = (("origin", page.origin.as_str()), ("prelude-dev-token", page.token.as_str()));
    for path in
        ["/api/trigger", "/api/activate", "/api/rotate", "/api/deliveries/1/replay", "/api/queues/q/purge"]
    {
        for headers in [&[][..], &[origin], &[token], &[("origin", "http://evil.example"), token]] {
            let answer = page.send(Method::POST, path, headers, json!({"name": "user.created"})).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    for path in ["/", "/api/deliveries", "/api/live"] {
        let answer =
            page.send(Method::GET, path, &[("host", &format!("rebound.example:{port}"))], Value::Null).await;
        assert_eq!(answer.status, 421, "{path}");
        assert!(!answer.text().contains(&page.token));
    }
    assert!(stack.journal().summaries().is_empty());
    let localhost = format!("localhost:{port}");
    assert_eq!(page.send(Method::GET, "/", &[("host", &localhost)], Value::Null).await.status, 200);
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_script() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    let (one, two) = (page.get("/").await, page.get("/").await);
    let policy = |answer: &Answer| answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert_ne!(policy(&one), policy(&two), "a nonce is used once");
    assert!(policy(&one).starts_with("default-src 'none'; script-src 'nonce-"));
    let nonce = policy(&one).split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let text = one.text();
    assert_eq!(text.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert_eq!((text.matches("<script").count(), text.matches("<style").count()), (1, 1));
    for forbidden in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "http://",
        "https://",
        "{{",
    ] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert_eq!(one.headers["cache-control"], "no-store");
    assert_eq!(one.headers["x-frame-options"], "DENY");
}

#[tokio::test]
async fn news_come_live_and_end_with_the_stack() {
    let stack = start().await;
    let page = Page::load(&stack).await;
    let host = page.origin.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(format!("GET /api/live HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut seen = String::new();
    let mut read_until = async |wanted: &[&str]| {
        let reading = async {
            while !wanted.iter().all(|wanted| seen.contains(wanted)) {
                let mut bytes = [0; 16 * 1024];
                let count = stream.read(&mut bytes).await.unwrap();
                if count == 0 {
                    return;
                }
                seen.push_str(str::from_utf8(&bytes[..count]).unwrap());
            }
        };
        timeout(Duration::from_secs(10), reading).await.expect("news in time");
        seen.clone()
    };
    read_until(&["text/event-stream"]).await;
    page.trigger("verify.attempt", "none").await;
    let seen = read_until(&["event: delivery", "event: queues"]).await;
    assert!(seen.contains(r#""types":[["verify.attempt",1]]"#), "{seen}");
    assert!(seen.contains(r#""queue":"prelude-webhooks-verify-attempt","visible":1"#), "{seen}");
    stack.stop().await.unwrap();
    read_until(&["never"]).await;
}

#[tokio::test]
async fn users_settings_decide_the_path_the_queues_and_the_address() {
    let own = [
        ("PRELUDE_PATH_TOKEN", "mine-0123456789abcdef0123456789abc"),
        ("PRELUDE_ALLOWED_IPS", "10.0.0.0/24"),
        ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.us-east-1.amazonaws.com/999999999999/mine-"),
        ("PRELUDE_QUEUE_TYPE", "fifo"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::read(own, None).unwrap();
    let stack = Stack::start(&mut settings, &ANY_PORTS).await.unwrap();
    assert!(stack.addresses.receiver.ends_with("/webhooks/mine-0123456789abcdef0123456789abc"));
    let page = Page::load(&stack).await;
    let delivery = page.trigger("user.created", "none").await;
    assert_eq!(delivery["messages"][0]["queue"], "mine-user-created.fifo", "{delivery:#}");
    assert_eq!(delivery["request"]["source_ip"], "10.0.0.0");
    assert_eq!(stack.sqs().drain("mine-user-created.fifo").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_that_only_report_mode_admits_is_noted() {
    let report = [("PRELUDE_IP_CHECK".to_owned(), "report".to_owned())];
    let stack = Stack::start(&mut Settings::read(report, None).unwrap(), &ANY_PORTS).await.unwrap();
    let page = Page::load(&stack).await;
    let delivery = page.trigger("user.created", "address").await;
    assert_eq!(delivery["summary"]["verdict"], "accepted");
    assert_eq!(outcomes(&delivery), ["noted", "passed", "passed", "passed", "passed", "passed"]);
    let detail = delivery["checks"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("PRELUDE_IP_CHECK=report admits it"), "{detail}");
}
