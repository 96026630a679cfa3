//! Every row of the status table, through both kinds of API Gateway: exact status, body and headers.

mod challenges;
mod refusals;

use prelude_local::{
    aws::gateway::Request,
    prelude::{batch, jwks_server::JwksFault},
};
use serde_json::json;

use crate::support::{
    keys::private_key,
    stack::{Answer, Api, FOREIGN_ADDRESS, LISTED_ADDRESS, PATH_TOKEN, SIGNATURE, Setup, Stack, app_entry},
};

const VERIFY: &str = r#"{"id":"evt_1","type":"verify.attempt","payload":{}}"#;
const UNAUTHORIZED: &str = r#"{"error":"unauthorized"}"#;

/// Checks status, body and all headers against the table. Fails for any other header.
fn assert_answer(case: &str, answer: &Answer, status: u16, body: &str) {
    assert_eq!(answer.both(), (status, body), "{case}: {:?}", answer.codes());
    let further = match status {
        405 => vec![("allow", "GET, POST")],
        503 => vec![("retry-after", "60")],
        _ => vec![],
    };
    let expected = further.into_iter().chain([("content-type", "application/json")]);
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(answer.headers, expected, "{case}");
}

/// Sends a request through both APIs.
async fn assert_both(stack: &Stack, case: &str, request: &Request, status: u16, body: &str, code: &str) {
    for api in Api::BOTH {
        let answer = stack.send_through(api, request).await;
        let case = format!("{api:?}: {case}");
        assert_answer(&case, &answer, status, body);
        assert_eq!(answer.code(), Some(code), "{case}");
    }
}

#[tokio::test]
async fn every_event_of_a_delivery_is_accepted() {
    let stack = Stack::start().await;
    let session = |id: usize| format!(r#"{{"id":"evt_{id}","type":"user.deleted","payload":{{}}}}"#);
    let unknown = r#"{"type":"user.invented"}"#.to_owned();
    for (case, request, accepted) in [
        ("one event", stack.signed(VERIFY), 1),
        ("one without a signature", stack.post(r#"{"type":"attempt","attempt_uuid":"a","time":"t"}"#), 1),
        ("one that is parked", stack.signed("not JSON"), 1),
        ("none", stack.batch("app1", Vec::<String>::new()), 0),
        ("one in a batch", stack.batch("app2", [session(1)]), 1),
        ("25, one of them parked", stack.batch("app1", (0..24).map(session).chain([unknown])), 25),
    ] {
        let before = stack.taken();
        let body = format!(r#"{{"accepted":{accepted}}}"#);
        assert_both(&stack, case, &request, 200, &body, "accepted").await;
        assert_eq!(stack.taken() - before, 2 * accepted, "{case}: each API makes the events durable");
    }
}

#[tokio::test]
async fn the_path_may_have_a_base_path_and_one_trailing_slash() {
    let with_token = Stack::start().await;
    let without = Stack::with(&[("PRELUDE_PATH_TOKEN", ""), ("PRELUDE_ACCEPT_UNSIGNED", "")]).await;
    for (stack, end) in [(&with_token, &*format!("webhooks/{PATH_TOKEN}")), (&without, "webhooks")] {
        for (before, after) in [("/", ""), ("/", "/"), ("/prod/", ""), ("/base/path/prod/", "/"), ("", "")] {
            let mut request = stack.signed(VERIFY);
            request.path = format!("{before}{end}{after}");
            assert_both(stack, &request.path, &request, 200, r#"{"accepted":1}"#, "accepted").await;
        }
    }
}

#[tokio::test]
async fn a_body_that_claims_an_app_without_a_key_is_503() {
    let body = batch("app1", [r#"{"type":"user.created"}"#]);
    for fault in
        [JwksFault::Status(500), JwksFault::Garbage, JwksFault::Close, JwksFault::Redirect("/".to_owned())]
    {
        let setup = Setup::new().await;
        setup.jwks.set_fault("app1", fault.clone());
        let stack = setup.start().await;
        let case = format!("{fault:?}");
        let request = stack.signed_by(&stack.app("app1").keys[0], body.clone());
        assert_both(&stack, &case, &request, 503, r#"{"error":"unavailable"}"#, "keys_unavailable").await;
        // The known keys decide about any other body.
        let request = stack.signed(VERIFY);
        assert_both(&stack, &case, &request, 200, r#"{"accepted":1}"#, "accepted").await;
        let request = stack.signed_by(&private_key("other-2048", "account"), VERIFY);
        assert_both(&stack, &case, &request, 401, UNAUTHORIZED, "signature_wrong").await;
    }
}

#[tokio::test]
async fn address_path_method_signature_and_source_are_checked_in_this_order() {
    let setup = Setup::new().await;
    let app = setup.prelude.app("app1").unwrap().clone();
    let apps = json!([app_entry(&app, &setup.jwks)]).to_string();
    let stack = setup.set("PRELUDE_APPS", apps).start().await;
    stack.await_key_sets().await;
    // Wrong in every way. Then each line mends one thing, in the order of the checks.
    let mut request = stack.signed_by(&app.keys[0], VERIFY);
    let signature = std::mem::take(&mut request.headers);
    request = request.header(SIGNATURE, "sha256=00").query("event=activate");
    (request.method, request.path, request.source_ip) = ("PUT".into(), "/".into(), FOREIGN_ADDRESS.into());
    assert_both(&stack, "all", &request, 403, r#"{"error":"forbidden"}"#, "address_not_allowed").await;
    request.source_ip = LISTED_ADDRESS.to_owned();
    assert_both(&stack, "path", &request, 404, r#"{"error":"not_found"}"#, "path_unknown").await;
    request.path = "/webhooks/wrong".to_owned();
    assert_both(&stack, "token", &request, 404, r#"{"error":"not_found"}"#, "path_token_wrong").await;
    request.path.clone_from(&stack.path);
    let body = r#"{"error":"method_not_allowed"}"#;
    assert_both(&stack, "method", &request, 405, body, "method_not_allowed").await;
    request.method = "GET".to_owned();
    assert_both(&stack, "challenge", &request, 400, r#"{"error":"bad_request"}"#, "not_a_challenge").await;
    request.method = "POST".to_owned();
    assert_both(&stack, "scheme", &request, 401, UNAUTHORIZED, "signature_scheme_unknown").await;
    request.headers = signature;
    assert_both(&stack, "family", &request, 401, UNAUTHORIZED, "key_wrong_for_family").await;
    let request = stack.signed(VERIFY);
    assert_both(&stack, "nothing", &request, 200, r#"{"accepted":1}"#, "accepted").await;
}
