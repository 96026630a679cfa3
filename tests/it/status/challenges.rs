//! `GET` requests: activation challenges, and all others.

use prelude_local::{aws::gateway::Request, prelude::activation_query};
use serde_json::{Value, json};

use super::assert_both;
use crate::support::stack::{LISTED_ADDRESS, Stack};

fn get(stack: &Stack, query: &str) -> Request {
    Request::new("GET", &stack.path, LISTED_ADDRESS).query(query)
}

#[tokio::test]
async fn a_proven_challenge_is_answered_with_its_digits_as_received() {
    for (form, before, after) in [("object", r#"{"challenge":"#, "}"), ("number", "", "")] {
        let stack = Stack::with(&[("PRELUDE_CHALLENGE_RESPONSE", form)]).await;
        for digits in
            ["0", "-0", "7", "-1", "9007199254740993", "18446744073709551616", "-99999999999999999999"]
        {
            for app in ["app1", "app2"] {
                let body = format!("{before}{digits}{after}");
                let request = stack.activation(app, digits);
                let case = format!("{form} {digits} {app}");
                assert_both(&stack, &case, &request, 200, &body, "challenge_answered").await;
            }
        }
    }
}

#[tokio::test]
async fn a_get_that_is_not_a_challenge_is_400() {
    let stack = Stack::start().await;
    let of = |digits: &str| stack.app("app1").activation_query(digits);
    let right = of("1");
    let mut queries: Vec<_> = [
        "",
        "01",
        "-",
        "--1",
        "+1",
        "1.0",
        "1e3",
        " 1",
        "1 ",
        "0x1",
        "١",
        "\"1\"",
        "<b>1</b>",
        "100000000000000000000",
    ]
    .map(of)
    .into();
    queries.extend([
        String::new(),
        "event=activate".to_owned(),
        right.replace("event=activate&", ""),
        right.replace("activate", "Activate"),
        right.replace("activate", "deactivate"),
        right.replace("&challenge=1", ""),
        format!("{right}&challenge=1"),
        format!("{right}&event=activate"),
        "%ff%fe=%&&&=".to_owned(),
    ]);
    for query in &queries {
        assert_both(&stack, query, &get(&stack, query), 400, r#"{"error":"bad_request"}"#, "not_a_challenge")
            .await;
    }
}

#[tokio::test]
async fn a_challenge_with_an_unknown_app_or_a_wrong_token_is_403() {
    let stack = Stack::start().await;
    let right = stack.app("app1").activation_query("1");
    for (query, code) in [
        (activation_query("app3", "token-of-app1", "1"), "challenge_app_unknown"),
        (activation_query("", "token-of-app1", "1"), "challenge_app_unknown"),
        (activation_query("APP1", "token-of-app1", "1"), "challenge_app_unknown"),
        (right.replace("&app_id=app1", ""), "challenge_app_unknown"),
        (format!("{right}&app_id=app1"), "challenge_app_unknown"),
        (activation_query("app1", "token-of-app2", "1"), "challenge_token_wrong"),
        (activation_query("app1", "token-of-app", "1"), "challenge_token_wrong"),
        (activation_query("app1", "", "1"), "challenge_token_wrong"),
        (right.replace("verification_token=token-of-app1&", ""), "challenge_token_wrong"),
        (format!("{right}&verification_token=token-of-app1"), "challenge_token_wrong"),
    ] {
        assert_both(&stack, &query, &get(&stack, &query), 403, r#"{"error":"forbidden"}"#, code).await;
    }
}

#[tokio::test]
async fn an_emulators_query_is_read_if_the_raw_one_is_missing() {
    let stack = Stack::start().await;
    for raw in [json!(""), Value::Null] {
        let mut event = stack.activation("app1", "7").http_api_event();
        event["rawQueryString"] = raw.clone();
        assert_eq!(stack.invoke(event).await.both(), (200, r#"{"challenge":7}"#), "{raw}");
    }
    // The raw query counts if both are present.
    let mut event = stack.activation("app1", "7").http_api_event();
    event["queryStringParameters"]["challenge"] = json!("8");
    assert_eq!(stack.invoke(event).await.both(), (200, r#"{"challenge":7}"#));
}
