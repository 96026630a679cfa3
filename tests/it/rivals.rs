//! Faults seen in other receivers, with the numbers of their discovery. One test per fault shows that ours lacks it.

mod authentication;
mod delivery;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::support::stack::{Api, SIGNATURE, Stack, context};

const VERIFY: &str = r#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#;

/// 3: the computed signature or all headers went to the log.
#[tokio::test]
async fn neither_signatures_nor_headers_are_logged() {
    let stack = Stack::start().await;
    for body in [VERIFY, "forged"] {
        let mut request = stack.signed(VERIFY).header("Authorization", "Bearer secret-of-the-header");
        body.as_bytes().clone_into(&mut request.body);
        let signature = request.headers.iter().find(|(name, _)| name == SIGNATURE).unwrap().1.clone();
        let (_, base64) = signature.split_once('=').unwrap();
        let log = format!("{:?}", stack.send(&request).await.log);
        for secret in [&signature, base64, base64.split_at(20).0, "secret-of-the-header", "Authorization"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }
}

/// 4: `isBase64Encoded` was ignored.
#[tokio::test]
async fn base64_bodies_are_decoded_only_if_the_event_marks_them() {
    let stack = Stack::start().await;
    for api in Api::BOTH {
        assert_eq!(stack.send_through(api, &stack.signed(VERIFY).base64()).await.status, 200);
        assert_eq!(stack.drain("verify-attempt").await.pop().unwrap().body, VERIFY);
        // Text that looks like base64 is used unchanged.
        let text = STANDARD.encode(VERIFY);
        assert_eq!(stack.send_through(api, &stack.signed(&*text)).await.status, 200);
        assert_eq!(stack.parked().await.pop().unwrap().body, text);
    }
}

/// 5: a base64 body that is not UTF-8 raised an error: 500.
#[tokio::test]
async fn a_body_that_is_not_utf8_is_kept() {
    let stack = Stack::start().await;
    let body = b"{\"type\":\"verify.attempt\",\"x\":\"\xe9\xff\"}";
    for api in Api::BOTH {
        assert_eq!(stack.send_through(api, &stack.signed(body)).await.status, 200);
        let message = stack.parked().await.pop().unwrap();
        assert_eq!(STANDARD.decode(message.body).unwrap(), body);
    }
}

/// 7: the Content-Length header was believed.
#[tokio::test]
async fn content_length_is_ignored() {
    let stack = Stack::start().await;
    for length in ["0", "1", "999999999999", "-1", "many", ""] {
        for api in Api::BOTH {
            let request = stack.signed(VERIFY).header("Content-Length", length);
            assert_eq!(stack.send_through(api, &request).await.status, 200, "{length}");
            assert_eq!(stack.drain("verify-attempt").await.pop().unwrap().body, VERIFY, "{length}");
        }
    }
}

/// 15: the local runner parsed the body and serialized it again, so that signatures failed or were not checked.
#[tokio::test]
async fn bytes_stay_unchanged_from_sender_to_queue() {
    let stack = Stack::start().await;
    let body = "\u{a0}".trim().to_owned()
        + "{ \"z\":1.0, \"a\" :1e2,\r\n\t\"type\":\"verify.attempt\",\"u\":\"\\u00e9\\/é\",\"z\":100000000000000000001 }\n\n";
    for api in Api::BOTH {
        for base64 in [false, true] {
            let mut request = stack.signed(&*body);
            request.force_base64 = base64;
            assert_eq!(stack.send_through(api, &request).await.status, 200);
            assert_eq!(stack.drain("verify-attempt").await.pop().unwrap().body, body);
        }
    }
}

/// 21: the answer revealed the reason of the refusal to the caller.
#[tokio::test]
async fn every_authentication_failure_looks_the_same() {
    let stack = Stack::start().await;
    let (account, app) = (&stack.prelude.account_key, &stack.app("app1").keys[0]);
    let good = account.sign(VERIFY.as_bytes()).unwrap();
    let with = |signature: &str| stack.post(VERIFY).header(SIGNATURE, signature);
    for api in Api::BOTH {
        let mut answers = Vec::new();
        for request in [
            stack.post(VERIFY),
            with(""),
            with("sha256=00"),
            with(good.split_at(100).0),
            with(&account.sign(b"another").unwrap()),
            stack.signed_by(app, VERIFY),
            stack.signed_by(app, r#"{"app_id":"app2","events":[]}"#),
        ] {
            let answer = stack.send_through(api, &request).await;
            answers.push((answer.status, answer.headers, answer.body));
        }
        assert_eq!(answers[0].0, 401);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
}

/// 22: CORS headers for every origin, on an API that no browser calls.
#[tokio::test]
async fn no_origin_is_allowed() {
    let stack = Stack::start().await;
    let mut preflight = stack.post("").header("Access-Control-Request-Method", "POST");
    preflight.method = "OPTIONS".to_owned();
    for (request, status) in [(preflight, 405), (stack.signed(VERIFY), 200), (stack.post(VERIFY), 401)] {
        for api in Api::BOTH {
            let request = request.clone().header("Origin", "https://example.com");
            let event = api.event(&request);
            let (response, _) = stack.receiver.invoke(event, context()).await;
            let response = response.unwrap();
            assert_eq!(response["statusCode"], Value::from(status));
            let text = response.to_string().to_ascii_lowercase();
            assert!(!text.contains("access-control") && !text.contains("vary"), "{text}");
        }
    }
}
