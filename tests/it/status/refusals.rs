//! 401, 403, 404 and 405, for every source.

use prelude_local::{aws::gateway::Request, prelude::batch};
use serde_json::Value;

use super::{UNAUTHORIZED, VERIFY, assert_answer, assert_both};
use crate::support::{
    keys::private_key,
    stack::{Api, FOREIGN_ADDRESS, LISTED_ADDRESS, PATH_TOKEN, SIGNATURE, Stack},
};

#[tokio::test]
async fn every_authentication_failure_is_401_with_one_body() {
    let stack = Stack::start().await;
    let account = &stack.prelude.account_key;
    let (one, two) = (&stack.app("app1").keys[0], &stack.app("app2").keys[0]);
    let good = account.sign(VERIFY.as_bytes()).unwrap();
    let with = |signature: &str| stack.post(VERIFY).header(SIGNATURE, signature);
    let batch_of = |app_id: &str| batch(app_id, [r#"{"id":"e","type":"user.created"}"#]);
    let mut cases = vec![
        ("no signature", stack.post(VERIFY), "signature_missing"),
        ("no signature and no body", stack.post(""), "signature_missing"),
        ("no signature on a batch", stack.post(batch_of("app1")), "signature_missing"),
        (
            "an unsigned type of a source that is not listed",
            stack.post(r#"{"type":"check"}"#),
            "signature_missing",
        ),
        ("an empty signature", with(""), "signature_malformed"),
        ("repeated", with(&good).header(SIGNATURE, &good), "signature_malformed"),
        ("without a scheme", with(good.strip_prefix("rsassa-pss-sha256=").unwrap()), "signature_malformed"),
        ("the scheme alone", with("rsassa-pss-sha256="), "signature_malformed"),
        ("not base64", with("rsassa-pss-sha256=*"), "signature_malformed"),
        ("shorter than any key", with("rsassa-pss-sha256=AAAA"), "signature_malformed"),
        ("the formerly documented HMAC", with(&good.replace("rsassa-pss-", "")), "signature_scheme_unknown"),
        ("another scheme", with(&good.replace("sha256=", "sha512=")), "signature_scheme_unknown"),
        ("of another body", with(&account.sign(b"another").unwrap()), "signature_wrong"),
        (
            "by a key that is not configured",
            stack.signed_by(&private_key("other-2048", "account"), VERIFY),
            "signature_wrong",
        ),
        ("an app's key for Verify", stack.signed_by(one, VERIFY), "key_wrong_for_family"),
        ("the account's key for Session", stack.signed(batch_of("app1")), "key_wrong_for_app"),
        ("another app's key", stack.signed_by(two, batch_of("app1")), "key_wrong_for_app"),
        ("an app that is not configured", stack.signed_by(one, batch_of("app3")), "key_wrong_for_app"),
        ("no app", stack.signed_by(one, r#"{"events":[]}"#), "key_wrong_for_app"),
    ];
    let mut truncated = stack.signed(VERIFY);
    truncated.body.truncate(10);
    cases.push(("a truncated body", truncated, "signature_wrong"));
    for (case, request, code) in cases {
        // The gateway joins or lists a repeated header. The joined value is not base64.
        assert_both(&stack, case, &request, 401, UNAUTHORIZED, code).await;
    }
    assert_eq!(stack.taken(), 0);
}

#[tokio::test]
async fn a_body_wrongly_marked_as_base64_is_401() {
    let stack = Stack::start().await;
    for request in [stack.signed(VERIFY), stack.post(VERIFY)] {
        for api in Api::BOTH {
            let mut event = api.event(&request);
            event["isBase64Encoded"] = Value::Bool(true);
            let answer = stack.invoke(event).await;
            assert_answer("not base64", &answer, 401, UNAUTHORIZED);
            assert_eq!(answer.code(), Some("body_not_base64"));
        }
    }
}

#[tokio::test]
async fn an_unlisted_or_unreadable_address_is_403() {
    let stack = Stack::start().await;
    for (address, code) in [
        (FOREIGN_ADDRESS, "address_not_allowed"),
        ("::1", "address_not_allowed"),
        ("", "address_unreadable"),
        ("34.252.67.209.", "address_unreadable"),
        ("34.252.67.209, 10.0.0.1", "address_unreadable"),
        ("localhost", "address_unreadable"),
    ] {
        for mut request in [stack.signed(VERIFY), stack.activation("app1", "1"), Request::new("PUT", "/", "")]
        {
            request.source_ip = address.to_owned();
            assert_both(&stack, address, &request, 403, r#"{"error":"forbidden"}"#, code).await;
        }
    }
}

#[tokio::test]
async fn another_path_or_token_is_404() {
    let with_token = Stack::start().await;
    let without = Stack::with(&[("PRELUDE_PATH_TOKEN", ""), ("PRELUDE_ACCEPT_UNSIGNED", "")]).await;
    let right = format!("/webhooks/{PATH_TOKEN}");
    let shorter = PATH_TOKEN.split_at(1).1;
    let mut cases: Vec<(&Stack, String, &str)> = Vec::new();
    for path in [
        "",
        "/",
        "//",
        "/webhook",
        "/Webhooks",
        "/webhooks/x",
        "/webhooks//",
        "/webhook%73",
        "/webhooks;a",
        "/xwebhooks",
    ] {
        cases.push((&without, path.to_owned(), "path_unknown"));
        let code = if path.starts_with("/webhooks/") { "path_token_wrong" } else { "path_unknown" };
        cases.push((&with_token, path.to_owned(), code));
    }
    for (path, code) in [
        ("/webhooks".to_owned(), "path_unknown"),
        (format!("/{PATH_TOKEN}"), "path_unknown"),
        (format!("/hooks/{PATH_TOKEN}"), "path_unknown"),
        (format!("/webhooks/x/{PATH_TOKEN}"), "path_unknown"),
        (format!("{right}/webhooks"), "path_unknown"),
        (format!("{right}//"), "path_unknown"),
        ("/webhooks/".to_owned(), "path_unknown"),
        (format!("/webhooks/{shorter}"), "path_token_wrong"),
        (format!("{right}x"), "path_token_wrong"),
        (right.to_uppercase().replace("WEBHOOKS", "webhooks"), "path_token_wrong"),
        (right.replace('_', "%5f"), "path_token_wrong"),
        (right.replace('-', "%2D"), "path_token_wrong"),
        (format!("{right}?x=1"), "path_token_wrong"),
    ] {
        cases.push((&with_token, path, code));
    }
    for (stack, path, code) in cases {
        for mut request in [stack.signed(VERIFY), stack.activation("app1", "1"), stack.post(VERIFY)] {
            request.path.clone_from(&path);
            assert_both(stack, &path, &request, 404, r#"{"error":"not_found"}"#, code).await;
        }
    }
}

#[tokio::test]
async fn other_methods_are_405_with_an_allow_header() {
    let stack = Stack::start().await;
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "post", "Get", "PROPFIND"]
    {
        let mut request = stack.signed(VERIFY).header("Origin", "https://example.com");
        request.method = method.to_owned();
        let body = r#"{"error":"method_not_allowed"}"#;
        assert_both(&stack, method, &request, 405, body, "method_not_allowed").await;
    }
}

#[tokio::test]
async fn every_token_of_the_list_opens_the_path() {
    // The second token is configured by its digest, as `printf %s new-token | sha256sum` prints it.
    let digest = "sha256:348e9df2a42bd6e3c6356ca9c95c5f1fe9a6b3e5cd25f4ae58df0f09049c3209";
    let stack = Stack::with(&[("PRELUDE_PATH_TOKEN", &format!("{PATH_TOKEN}, {digest}"))]).await;
    for (token, status, body) in [
        (PATH_TOKEN, 200, r#"{"accepted":1}"#),
        ("new-token", 200, r#"{"accepted":1}"#),
        ("old-token", 404, r#"{"error":"not_found"}"#),
        (digest, 404, r#"{"error":"not_found"}"#),
    ] {
        let request = Request { path: format!("/webhooks/{token}"), ..stack.signed(VERIFY) };
        let code = if status == 200 { "accepted" } else { "path_token_wrong" };
        assert_both(&stack, token, &request, status, body, code).await;
    }
}

#[tokio::test]
async fn the_address_check_enforces_reports_or_is_off() {
    for (mode, status, is_logged) in [("enforce", 403, true), ("report", 200, true), ("off", 200, false)] {
        let unsigned = if mode == "off" { "" } else { "verify_v1" };
        let stack = Stack::with(&[("PRELUDE_IP_CHECK", mode), ("PRELUDE_ACCEPT_UNSIGNED", unsigned)]).await;
        for (address, refusal) in [(FOREIGN_ADDRESS, "address_not_allowed"), ("?", "address_unreadable")] {
            let request = Request { source_ip: address.to_owned(), ..stack.signed(VERIFY) };
            for api in Api::BOTH {
                let answer = stack.send_through(api, &request).await;
                assert_eq!(answer.status, status, "{mode} {address}");
                let line = answer.log.iter().find(|line| line["code"] == "address_check");
                let refused = line.map(|line| line["would_refuse"].as_str().unwrap());
                assert_eq!(refused, is_logged.then_some(refusal), "{mode} {address}: {:?}", answer.log);
            }
        }
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_can_name_the_caller() {
    let stack = Stack::with(&[("PRELUDE_TRUSTED_PROXIES", "203.0.113.0/24,10.0.0.0/8")]).await;
    for (peer, forwarded, code) in [
        // API Gateway itself adds the peer to the header.
        ("203.0.113.5", Some(LISTED_ADDRESS), "accepted"),
        ("203.0.113.5", Some("34.252.67.209:61000, 10.1.2.3"), "accepted"),
        ("203.0.113.5", Some("198.51.100.7, 34.252.67.209"), "accepted"),
        ("203.0.113.5", Some("34.252.67.209, 198.51.100.7"), "address_not_allowed"),
        ("203.0.113.5", Some("34.252.67.209, unknown"), "address_unreadable"),
        ("203.0.113.5", Some("10.1.2.3"), "address_unreadable"),
        ("203.0.113.5", None, "address_unreadable"),
        (FOREIGN_ADDRESS, Some(LISTED_ADDRESS), "address_not_allowed"),
        (LISTED_ADDRESS, Some(FOREIGN_ADDRESS), "accepted"),
    ] {
        let mut request = Request { source_ip: peer.to_owned(), ..stack.signed(VERIFY) };
        if let Some(forwarded) = forwarded {
            request = request.header("X-Forwarded-For", forwarded);
        }
        let (status, body) =
            if code == "accepted" { (200, r#"{"accepted":1}"#) } else { (403, r#"{"error":"forbidden"}"#) };
        assert_both(&stack, &format!("{peer} for {forwarded:?}"), &request, status, body, code).await;
    }
}
