//! Properties of any input: the answer is in the status table, and no event is lost.

use prelude_local::{aws::gateway::Request, coverage::cases};
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::support::{
    parked::recover,
    stack::{Api, LISTED_ADDRESS, PATH_TOKEN, Stack, context},
};

/// Runs a property over a running stack.
fn check<S: Strategy>(
    name: &str,
    full: u64,
    strategy: S,
    property: impl Fn(&Runtime, &Stack, S::Value) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stack = runtime.block_on(Stack::start());
    let cases = cases(name, full / 4..=full).try_into().unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(&strategy, |value| property(&runtime, &stack, value)).unwrap();
}

/// Names and values that the receiver knows, and some that it does not.
const WORDS: [&str; 34] = [
    "type",
    "event",
    "events",
    "app_id",
    "id",
    "payload",
    "time",
    "auth_uuid",
    "attempt_uuid",
    "delivery_status",
    "app1",
    "app2",
    "attempt",
    "verify.attempt",
    "verify.x",
    "user.created",
    "transactional.message.failed",
    "x",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
    "requestContext",
    "http",
    "httpMethod",
    "method",
    "rawPath",
    "path",
    "rawQueryString",
    "identity",
    "sourceIp",
    "X-Webhook-Signature",
    "POST",
    LISTED_ADDRESS,
];

fn any_json() -> impl Strategy<Value = Value> {
    let word = || prop_oneof![select(&WORDS[..]).prop_map(ToOwned::to_owned), "\\PC{0,12}", any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let members = proptest::collection::vec((word(), inner.clone()), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Accepts every row of the status table but 503. SQS and the keys work here, so a 503 is a fault of the receiver.
fn assert_answer(response: &Value, log: &[Value]) -> Result<u64, TestCaseError> {
    let status = response["statusCode"].as_u64().unwrap_or_default();
    let body = response["body"].as_str().unwrap_or_default();
    let expected = match status {
        200 => body.starts_with("{\"accepted\":") || body.starts_with("{\"challenge\":"),
        400 => body == r#"{"error":"bad_request"}"#,
        401 => body == r#"{"error":"unauthorized"}"#,
        403 => body == r#"{"error":"forbidden"}"#,
        404 => body == r#"{"error":"not_found"}"#,
        405 => body == r#"{"error":"method_not_allowed"}"#,
        _ => false,
    };
    prop_assert!(expected, "{response} {log:?}");
    Ok(status)
}

/// Recognises the signed part of a JWS. This code is independent of the receiver's.
fn is_token(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let parts: Vec<_> = text.split('.').collect();
    let is_base64url = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    parts.len() == 2
        && !parts[0].is_empty()
        && parts.iter().all(is_base64url)
        && serde_json::from_str::<Value>(text).is_err()
}

#[test]
fn any_body_is_answered_and_a_signed_one_is_kept_byte_for_byte() {
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        "[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}[.=\n]?".prop_map(String::into_bytes),
        "\\{\"(type|events|app_id)\":[\\[\\]{}\",:a-z\\\\u0-9 ]{0,40}\\}?".prop_map(String::into_bytes),
    ];
    check(
        "any body",
        192,
        (body, 0..4, any::<bool>(), any::<bool>()),
        |runtime, stack, (body, signer, rest, base64)| {
            let mut request = match signer {
                0 => stack.post(&*body),
                1 => stack.signed(&*body),
                2 => stack.signed_by(&stack.app("app1").keys[0], &*body),
                _ => stack.post(&*body).header("X-Webhook-Signature", "rsassa-pss-sha256=AAAA"),
            };
            request.force_base64 = base64;
            let api = if rest { Api::Rest } else { Api::Http };
            let before = stack.taken();
            let (response, log) = runtime.block_on(stack.receiver.invoke(api.event(&request), context()));
            let status = assert_answer(&response.unwrap(), &log)?;
            prop_assert!(signer != 3 || status == 401);
            prop_assert!(status == 200 || stack.taken() == before, "a refused request sent a message");
            // A body without a source is kept for every signer, except a token that an app signs.
            // A batch is cut into its events, so no message contains its text.
            let is_object = serde_json::from_slice::<Map<String, Value>>(&body).is_ok();
            let is_refused = signer == 2 && is_token(&body);
            let code = log.last().and_then(|line| line["code"].as_str());
            prop_assert_eq!(code == Some("not_a_delivery"), is_refused);
            if signer == 1 || signer == 2 && !is_object && !is_refused {
                let parked = runtime.block_on(stack.parked());
                prop_assert!(is_object || !parked.is_empty());
                if !is_object {
                    prop_assert_eq!(recover(&parked).1, body);
                }
            } else {
                runtime.block_on(stack.parked());
            }
            Ok(())
        },
    );
}

#[test]
fn any_json_is_answered_or_refused_as_an_event_of_another_origin() {
    check("any JSON", 512, any_json(), |runtime, stack, event| {
        let (response, log) = runtime.block_on(stack.receiver.invoke(event, context()));
        match response {
            Ok(response) => drop(assert_answer(&response, &log)?),
            Err(_) => prop_assert!(log.iter().any(|line| line["code"] == "not_api_gateway"), "{log:?}"),
        }
        Ok(())
    });
}

/// Every place of a value, as a JSON pointer.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| self::places(value, &format!("{at}/{}", escape(name)), places));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| self::places(item, &format!("{at}/{index}"), places));
        }
        _ => {}
    }
}

#[test]
fn an_event_with_any_value_at_any_place_is_answered() {
    let strategy = (0..3, any::<bool>(), any::<Index>(), any_json());
    check("any value at any place", 512, strategy, |runtime, stack, (kind, rest, place, value)| {
        let request = match kind {
            0 => stack.signed(r#"{"type":"verify.attempt"}"#),
            1 => stack.batch("app1", [r#"{"type":"user.created"}"#]).query("a=b&c=d"),
            _ => stack.activation("app1", "7"),
        };
        let mut event = if rest { Api::Rest } else { Api::Http }.event(&request);
        let mut all = Vec::new();
        places(&event, "", &mut all);
        let place = place.get(&all);
        *event.pointer_mut(place).unwrap() = value;
        let (response, log) = runtime.block_on(stack.receiver.invoke(event, context()));
        match response {
            Ok(response) => drop(assert_answer(&response, &log)?),
            Err(_) => {
                let decides = [
                    "",
                    "/requestContext",
                    "/requestContext/http",
                    "/requestContext/http/method",
                    "/httpMethod",
                    // A receiver cannot know the bytes of such a body.
                    "/body",
                ];
                prop_assert!(decides.contains(&place.as_str()), "{place} does not decide: {log:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn any_query_string_is_answered() {
    let pair = (
        select(vec!["event", "app_id", "verification_token", "challenge", "x", ""]),
        prop_oneof![
            select(vec!["activate", "app1", "token-of-app1", "7", "-1", "", "%", "%ff", "+", "<b>"])
                .prop_map(ToOwned::to_owned),
            any::<String>(),
        ],
    );
    let pairs = proptest::collection::vec(pair, 0..8).prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    });
    let query = prop_oneof![any::<String>(), "[ -~]{0,80}", pairs];
    check("any query string", 512, (query, any::<bool>()), |runtime, stack, (query, rest)| {
        let path = format!("/webhooks/{PATH_TOKEN}");
        let request = Request::new("GET", path, LISTED_ADDRESS).query(&*query);
        let mut event = if rest { Api::Rest } else { Api::Http }.event(&request);
        if rest {
            // A REST API passes decoded parameters. These are the most different ones.
            event["queryStringParameters"] =
                json!({"event": query, "challenge": [query], &query: "activate"});
        }
        let (response, log) = runtime.block_on(stack.receiver.invoke(event, context()));
        let response = response.unwrap();
        let status = assert_answer(&response, &log)?;
        prop_assert!([200, 400, 403].contains(&status));
        if status == 200 {
            for needed in ["event=activate", "app_id=app1", "verification_token=token-of-app1", "challenge="]
            {
                prop_assert!(query.contains(needed), "{query}");
            }
        }
        Ok(())
    });
}
