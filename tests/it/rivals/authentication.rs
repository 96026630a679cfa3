//! Faults in the authentication of a request.

use prelude_local::{aws::gateway::Request, prelude::activation_query};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::VERIFY;
use crate::support::{
    keys::private_key,
    stack::{Api, FOREIGN_ADDRESS, LISTED_ADDRESS, PATH_TOKEN, SIGNATURE, Setup, Stack, app_entry},
};

fn without(mut request: Request, header: &str) -> Request {
    request.headers.retain(|(name, _)| name != header);
    request
}

/// 1: a request without the signature header was accepted.
#[tokio::test]
async fn a_missing_signature_header_is_refused() {
    let stack = Stack::start().await;
    for request in [stack.signed(VERIFY), stack.batch("app1", [r#"{"type":"user.created"}"#])] {
        assert_eq!(stack.send(&without(request, SIGNATURE)).await.status, 401);
    }
    assert_eq!(stack.taken(), 0);
}

/// 2: the verifier existed, but was never called.
#[tokio::test]
async fn the_whole_function_refuses_forged_deliveries_and_accepts_genuine_ones() {
    let stack = Stack::start().await;
    let genuine = stack.signed(VERIFY);
    for position in (0..VERIFY.len()).step_by(7) {
        let mut forged = genuine.clone();
        forged.body[position] ^= 1;
        assert_eq!(stack.send(&forged).await.status, 401, "body, byte {position}");
    }
    let signature = genuine.headers.iter().position(|(name, _)| name == SIGNATURE).unwrap();
    for position in (20..360).step_by(37) {
        let mut forged = genuine.clone();
        let value = &mut forged.headers[signature].1;
        let other = if value.as_bytes()[position] == b'A' { "B" } else { "A" };
        value.replace_range(position..=position, other);
        assert_eq!(stack.send(&forged).await.status, 401, "signature, character {position}");
    }
    let stranger = stack.signed_by(&private_key("other-2048", "account"), VERIFY);
    assert_eq!(stack.send(&stranger).await.status, 401);
    assert_eq!(stack.taken(), 0);
    assert_eq!(stack.send(&genuine).await.status, 200);
    assert_eq!(stack.taken(), 1);
}

/// 6: the body was parsed, and the deduplication table was read, before the signature was verified.
#[tokio::test]
async fn a_body_is_not_read_before_it_is_verified() {
    let stack = Stack::start().await;
    let signature = stack.prelude.account_key.sign(b"another").unwrap();
    let deep = "[".repeat(100_000);
    for body in [VERIFY, "", "{", "\0", &deep, r#"{"app_id":"app1","events":[]}"#, r#"{"type":"check"}"#] {
        let answer = stack.send(&stack.post(body).header(SIGNATURE, &signature)).await;
        assert_eq!((answer.status, answer.code()), (401, Some("signature_wrong")), "{:.40}", body);
    }
    assert_eq!(stack.sqs.calls(), []);
}

/// 12: a time in the future passed the check of age. Prelude signs no time, so a time authenticates nothing.
#[tokio::test]
async fn a_time_in_the_event_authenticates_nothing() {
    let stack = Stack::start().await;
    for time in ["1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "never"] {
        let body = format!(r#"{{"type":"verify.attempt","created_at":"{time}"}}"#);
        let unsigned = stack.post(&*body).header("X-Webhook-Timestamp", time);
        assert_eq!(stack.send(&unsigned).await.status, 401, "{time}");
        assert_eq!(
            stack.send(&stack.signed(&*body)).await.status,
            200,
            "retries arrive for two weeks: {time}"
        );
    }
}

/// 13: the header's name was expected in one or two spellings.
#[tokio::test]
async fn header_names_may_have_any_case() {
    let stack = Stack::start().await;
    let signature = stack.prelude.account_key.sign(VERIFY.as_bytes()).unwrap();
    for name in ["x-webhook-signature", "X-Webhook-Signature", "X-WEBHOOK-SIGNATURE", "x-Webhook-sIGNATURE"] {
        for (api, members) in
            [(Api::Http, ["headers"].as_slice()), (Api::Rest, &["headers", "multiValueHeaders"])]
        {
            // An event may contain any spelling, although gateways change names.
            let mut event = api.event(&stack.post(VERIFY));
            for member in members {
                event[member][name] =
                    if *member == "headers" { json!(signature) } else { json!([signature]) };
            }
            assert_eq!(stack.invoke(event).await.status, 200, "{api:?} {name}");
        }
    }
}

/// 17: secrets were plain text in the environment.
#[tokio::test]
async fn tokens_can_be_configured_by_their_digests() {
    let digest = |token: &str| {
        let digest = Sha256::digest(token);
        format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let setup = Setup::new().await;
    let app = setup.prelude.app("app1").unwrap().clone();
    let mut entry = app_entry(&app, &setup.jwks);
    entry["verification_token"] = json!(digest(&app.verification_token));
    let setup =
        setup.set("PRELUDE_APPS", json!([entry]).to_string()).set("PRELUDE_PATH_TOKEN", digest(PATH_TOKEN));
    let environment = format!("{:?}", setup.variables());
    assert!(!environment.contains(PATH_TOKEN) && !environment.contains(&app.verification_token));
    let stack = setup.start().await;
    assert_eq!(stack.send(&stack.signed(VERIFY)).await.status, 200);
    assert_eq!(stack.send(&stack.activation("app1", "7")).await.both(), (200, r#"{"challenge":7}"#));
    // The digest itself is not accepted as a token.
    let mut request = stack.signed(VERIFY);
    request.path = format!("/webhooks/{}", digest(PATH_TOKEN));
    assert_eq!(stack.send(&request).await.status, 404);
    let query = activation_query("app1", &digest(&app.verification_token), "7");
    let request = Request::new("GET", &stack.path, LISTED_ADDRESS).query(query);
    assert_eq!(stack.send(&request).await.status, 403);
}

/// 19: every unknown key id started a fetch of the key set.
#[tokio::test]
async fn forged_requests_do_not_fetch_keys() {
    let stack = Stack::start().await;
    assert_eq!(stack.send(&stack.batch("app1", [r#"{"type":"user.created"}"#])).await.status, 200);
    let stranger = private_key("other-2048", "other");
    for number in 0..30 {
        let body = stack.app("app1").batch([format!("{number}")]);
        let request = stack.signed_by(&stranger, body);
        let request = request.header("X-Webhook-Signature-Key-Id", format!("key-{number}"));
        assert_eq!(stack.send(&request).await.status, 401);
    }
    for app in ["app1", "app2"] {
        assert_eq!(stack.jwks.requests(app), 1, "{app}: one fetch at the start, then the cool-down");
    }
}

/// 20: the address was read from a header that anyone can send, or not read if it had a port.
#[tokio::test]
async fn the_address_is_the_peers_with_or_without_a_port() {
    let stack = Stack::start().await;
    for header in
        ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "Forwarded", "Client-IP"]
    {
        for api in Api::BOTH {
            let mut request = stack.signed(VERIFY).header(header, LISTED_ADDRESS);
            request.source_ip = FOREIGN_ADDRESS.to_owned();
            assert_eq!(stack.send_through(api, &request).await.status, 403, "{header}");
            let mut request = stack.signed(VERIFY).header(header, FOREIGN_ADDRESS);
            request.source_ip = format!("{LISTED_ADDRESS}:52417");
            assert_eq!(stack.send_through(api, &request).await.status, 200, "{header}");
        }
    }
    for (address, status) in
        [(format!("::ffff:{LISTED_ADDRESS}"), 200), (format!("{FOREIGN_ADDRESS}:443"), 403)]
    {
        let mut request = stack.signed(VERIFY);
        request.source_ip.clone_from(&address);
        assert_eq!(stack.send(&request).await.status, status, "{address}");
    }
}
