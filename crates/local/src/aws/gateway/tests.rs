use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambda_http::request::LambdaRequest;
use serde_json::{Value, json};

use super::*;

fn request() -> Request {
    Request::new("POST", "/webhooks/token", "34.252.67.209")
        .query("a=1&a=2&b=%C3%A9+x")
        .header("User-Agent", "Prelude/1.0")
        .header("X-Webhook-Signature", "rsassa-pss-sha256=AA-_")
        .header("X-Twice", "one")
        .header("x-twice", "two")
        .json("{\"type\" : \"é\"}")
}

#[test]
fn an_http_api_lowers_names_and_joins_repeated_values() {
    let event = request().http_api_event();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/webhooks/token");
    assert_eq!(event["routeKey"], "ANY /webhooks/{token}");
    assert_eq!(event["pathParameters"], json!({"token": "token"}));
    assert_eq!(event["rawQueryString"], "a=1&a=2&b=%C3%A9+x");
    assert_eq!(event["queryStringParameters"], json!({"a": "1,2", "b": "é x"}));
    assert_eq!(event["headers"]["x-webhook-signature"], "rsassa-pss-sha256=AA-_");
    assert_eq!(event["headers"]["x-twice"], "one,two");
    assert_eq!(event["headers"]["content-length"], "15");
    assert_eq!(event["headers"]["x-forwarded-for"], "34.252.67.209");
    assert!(event["headers"].as_object().unwrap().keys().all(|name| *name == name.to_lowercase()));
    let http = &event["requestContext"]["http"];
    let expected = json!({"method": "POST", "path": "/webhooks/token", "protocol": "HTTP/1.1",
        "sourceIp": "34.252.67.209", "userAgent": "Prelude/1.0"});
    assert_eq!(*http, expected);
    assert_eq!(event["requestContext"]["stage"], "$default");
    assert!(event["requestContext"]["timeEpoch"].as_u64().unwrap() > 1_600_000_000_000);
    assert_eq!(event["body"], "{\"type\" : \"é\"}");
    assert_eq!(event["isBase64Encoded"], false);
    assert!(event.get("cookies").is_none());
}

#[test]
fn a_rest_api_keeps_names_and_both_maps() {
    let event = request().rest_api_event();
    assert!(event.get("version").is_none());
    assert_eq!(event["path"], "/webhooks/token");
    assert_eq!(event["requestContext"]["path"], "/prod/webhooks/token");
    assert_eq!(event["httpMethod"], "POST");
    assert_eq!(event["headers"]["X-Webhook-Signature"], "rsassa-pss-sha256=AA-_");
    assert_eq!(event["multiValueHeaders"]["X-Twice"], json!(["one"]));
    assert_eq!(event["queryStringParameters"], json!({"a": "2", "b": "é x"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"], "b": ["é x"]}));
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "34.252.67.209");
    assert_eq!(event["requestContext"]["stage"], "prod");
    assert_eq!(event["body"], "{\"type\" : \"é\"}");
}

#[test]
fn a_binary_body_or_a_forced_one_is_base64() {
    let base64 = |request: &Request| {
        let (http, rest) = (request.http_api_event(), request.rest_api_event());
        assert_eq!((&http["body"], &http["isBase64Encoded"]), (&rest["body"], &rest["isBase64Encoded"]));
        http["isBase64Encoded"]
            .as_bool()
            .unwrap()
            .then(|| STANDARD.decode(http["body"].as_str().unwrap()).unwrap())
    };
    let post = || Request::new("POST", "/webhooks", "1.2.3.4");
    assert_eq!(base64(&post().json("{}").base64()), Some(b"{}".to_vec()));
    assert_eq!(base64(&post().json(b"\xff\xfe".to_vec())), Some(b"\xff\xfe".to_vec()));
    let mut binary = post().header("content-type", "application/octet-stream");
    binary.body = b"text".to_vec();
    assert_eq!(base64(&binary), Some(b"text".to_vec()));
    for text in
        ["text/plain", "application/json; charset=utf-8", "application/problem+json", "Application/XML"]
    {
        binary.headers = vec![("Content-Type".into(), text.into())];
        assert_eq!(base64(&binary), None, "{text}");
    }
    binary.headers.clear();
    assert_eq!(base64(&binary), None);
}

#[test]
fn a_get_has_no_body() {
    let get = Request::new("GET", "/webhooks", "1.2.3.4").base64();
    let event = get.http_api_event();
    assert!(event.get("body").is_none() && event.get("queryStringParameters").is_none());
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
    let event = get.rest_api_event();
    assert!(event["body"].is_null() && event["queryStringParameters"].is_null());
}

#[test]
fn the_gateway_adds_the_peer_to_the_clients_forwarded_for() {
    let request = Request::new("GET", "/webhooks", "1.2.3.4")
        .header("X-Forwarded-For", "9.9.9.9")
        .header("x-forwarded-for", "8.8.8.8")
        .header("Host", "hooks.example.com")
        .header("Cookie", "a=1; b=2");
    let event = request.http_api_event();
    assert_eq!(event["headers"]["x-forwarded-for"], "9.9.9.9, 8.8.8.8, 1.2.3.4");
    assert_eq!(event["headers"]["host"], "hooks.example.com");
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert!(event["headers"].get("cookie").is_none());
    let rest = request.rest_api_event();
    assert_eq!(rest["multiValueHeaders"]["X-Forwarded-For"], json!(["9.9.9.9, 8.8.8.8, 1.2.3.4"]));
    assert_eq!(rest["headers"]["Cookie"], "a=1; b=2");
}

#[test]
fn the_runtime_reads_both_kinds_of_event() {
    let read = |event: Value| serde_json::from_str::<LambdaRequest>(&event.to_string()).unwrap();
    let LambdaRequest::ApiGatewayV2(http) = read(request().base64().http_api_event()) else {
        panic!("no HTTP API")
    };
    assert_eq!(http.raw_path.as_deref(), Some("/webhooks/token"));
    assert_eq!(http.request_context.http.source_ip.as_deref(), Some("34.252.67.209"));
    assert!(http.is_base64_encoded);
    let LambdaRequest::ApiGatewayV1(rest) = read(request().rest_api_event()) else { panic!("no REST API") };
    assert_eq!(rest.path.as_deref(), Some("/webhooks/token"));
    assert_eq!(rest.request_context.identity.source_ip.as_deref(), Some("34.252.67.209"));
    assert_eq!(rest.multi_value_headers.get_all("x-twice").iter().count(), 2);
}

#[test]
fn an_http_api_names_the_route_of_the_template() {
    for (path, route, token) in [
        ("/webhooks", "ANY /webhooks", None),
        ("/prod/webhooks", "ANY /webhooks", None),
        ("/prod/webhooks/a-token", "ANY /webhooks/{token}", Some("a-token")),
        ("/webhooks/", "$default", None),
        ("/", "$default", None),
        ("/other", "$default", None),
    ] {
        let event = Request::new("GET", path, "192.0.2.1").http_api_event();
        assert_eq!(
            (&event["routeKey"], &event["requestContext"]["routeKey"]),
            (&json!(route), &json!(route))
        );
        assert_eq!(event["pathParameters"]["token"].as_str(), token, "{path}");
    }
}
