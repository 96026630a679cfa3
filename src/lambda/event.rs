//! API Gateway's two event shapes, and the deployment's check. Only used members are read, and a member that is `null` or of another kind counts as
//! absent. An event that repeats a used member is not a gateway's.
//!
//! `lambda_http`'s own types are not used: unused members make them fail, and an empty list makes their query map
//! panic.

use std::fmt;

use http::Method;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    inbound::{Body, Headers, Inbound, Query},
    json::{Member, Name, members, read_unambiguous_object},
};

/// An event of an HTTP API (payload 2.0) or a REST API (payload 1.0), or the deployment's check.
///
/// Reading fails for a text that is not JSON, and for a lone number or text that Rust cannot hold. No other event is an
/// error, because the error would quote its values.
pub struct Invocation {
    pub(super) origin: Origin,
}

/// Sender of an event.
#[derive(Debug)]
pub(super) enum Origin {
    Gateway(Kind, Inbound),
    /// The custom resource that checks a deployment.
    Deployment,
    Unknown,
}

impl Invocation {
    /// The request and its kind of API; `None` for an event of another origin.
    #[must_use]
    pub fn into_request(self) -> Option<(Kind, Inbound)> {
        match self.origin {
            Origin::Gateway(kind, inbound) => Some((kind, inbound)),
            Origin::Deployment | Origin::Unknown => None,
        }
    }
}

/// Kind of API, which determines the response's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTTP API, payload 2.0.
    HttpApi,
    /// REST API, payload 1.0.
    RestApi,
}

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let origin = match read_unambiguous_object::<D, Event<'_>>(deserializer)? {
            None => Origin::Unknown,
            Some((event, count)) => match event.http_api().or_else(|| event.rest_api()) {
                Some((kind, inbound)) => Origin::Gateway(kind, inbound),
                None if count == 1 && event.is_check() => Origin::Deployment,
                None => Origin::Unknown,
            },
        };
        Ok(Self { origin })
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("origin", &self.origin).finish()
    }
}

members! {
    struct Event {
        request_context: "requestContext",
        raw_path: "rawPath",
        path: "path",
        http_method: "httpMethod",
        raw_query_string: "rawQueryString",
        query_string_parameters: "queryStringParameters",
        multi_value_query_string_parameters: "multiValueQueryStringParameters",
        headers: "headers",
        multi_value_headers: "multiValueHeaders",
        body: "body",
        is_base64_encoded: "isBase64Encoded",
        prelude_webhooks: "prelude_webhooks",
    }
}

members! {
    struct RequestContext {
        http: "http",
        http_method: "httpMethod",
        identity: "identity",
    }
}

members! {
    /// `requestContext.http` of an HTTP API, or `requestContext.identity` of a REST API.
    struct Caller {
        method: "method",
        source_ip: "sourceIp",
    }
}

impl Event<'_> {
    fn http_api(&self) -> Option<(Kind, Inbound)> {
        let http = self
            .request_context
            .unambiguous_object::<RequestContext<'_>>()?
            .http
            .unambiguous_object::<Caller<'_>>()?;
        let parameters = pairs(self.query_string_parameters);
        let inbound = Inbound {
            method: method(http.method)?,
            path: self.raw_path.read().unwrap_or_default(),
            query: match self.raw_query_string.read::<String>() {
                Some(text) if !text.is_empty() || parameters.is_empty() => Query::Raw(text),
                // Emulators omit the text.
                _ => Query::Decoded(parameters),
            },
            headers: Headers(pairs(self.headers)),
            source_ip: http.source_ip.read(),
            body: self.body()?,
        };
        Some((Kind::HttpApi, inbound))
    }

    fn rest_api(&self) -> Option<(Kind, Inbound)> {
        let context = self.request_context.unambiguous_object::<RequestContext<'_>>().unwrap_or_default();
        let identity = context.identity.unambiguous_object::<Caller<'_>>().unwrap_or_default();
        let method = method(self.http_method).or_else(|| method(context.http_method))?;
        let inbound = Inbound {
            method,
            path: self.path.read().unwrap_or_default(),
            query: Query::Decoded(lines(
                self.multi_value_query_string_parameters,
                self.query_string_parameters,
            )),
            headers: Headers(lines(self.multi_value_headers, self.headers)),
            source_ip: identity.source_ip.read(),
            body: self.body()?,
        };
        Some((Kind::RestApi, inbound))
    }

    /// Recognises the deployment's check, `{"prelude_webhooks":"check"}`. A gateway's event always has other members.
    fn is_check(&self) -> bool {
        self.prelude_webhooks.string().as_deref() == Some("check")
    }

    /// The body; `None` for a body that is not a text, which no gateway writes.
    fn body(&self) -> Option<Body> {
        let text = if self.body.is_absent() { String::new() } else { self.body.read()? };
        Some(if self.is_base64_encoded.read() == Some(true) { Body::Base64(text) } else { Body::Text(text) })
    }
}

fn method(member: Member<'_>) -> Option<Method> {
    member.read::<String>()?.parse().ok()
}

/// All values of the member with lists, and those that only the member with single values has.
fn lines(listed: Member<'_>, single: Member<'_>) -> Vec<(String, String)> {
    let mut lines = pairs(listed);
    let listed_names: Vec<_> = lines.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let others =
        pairs(single).into_iter().filter(|(name, _)| !listed_names.contains(&name.to_ascii_lowercase()));
    lines.extend(others);
    lines
}

/// The members of an object of texts or lists of texts, one pair for each text. Another value counts as an empty text, so
/// that it does not look absent.
fn pairs(member: Member<'_>) -> Vec<(String, String)> {
    member.read::<Pairs>().unwrap_or_default().0
}

#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some((name, value)) = map.next_entry::<Name<'de>, &RawValue>()? {
                    let name = String::from_utf8_lossy(&name.0).into_owned();
                    if value.get().starts_with('[') {
                        let values: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
                        pairs.extend(values.into_iter().map(|value| (name.clone(), text_of(value))));
                    } else {
                        pairs.push((name, text_of(value)));
                    }
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor)
    }
}

fn text_of(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn invocation(event: &Value) -> Invocation {
        serde_json::from_str(&event.to_string()).unwrap()
    }

    fn inbound(event: &Value) -> Option<Inbound> {
        invocation(event).into_request().map(|(_, inbound)| inbound)
    }

    #[test]
    fn an_http_api_event_becomes_a_request() {
        let event = json!({
            "version": "2.0", "routeKey": "ANY /webhooks", "rawPath": "/prod/webhooks", "rawQueryString": "a=1&b=%20",
            "headers": {"x-webhook-signature": "s", "X-Forwarded-For": "1.1.1.1, 2.2.2.2"},
            "requestContext": {"http": {"method": "POST", "path": "/prod/webhooks", "sourceIp": "3.3.3.3"}, "stage": "prod"},
            "body": "eA==", "isBase64Encoded": true,
        });
        let inbound = inbound(&event).unwrap();
        assert_eq!((inbound.method.as_str(), &*inbound.path), ("POST", "/prod/webhooks"));
        assert_eq!(inbound.query.single("b").as_deref(), Some(" "));
        assert_eq!(inbound.source_ip.as_deref(), Some("3.3.3.3"));
        assert_eq!(inbound.headers.single("x-forwarded-for").ok().flatten(), Some("1.1.1.1, 2.2.2.2"));
        assert_eq!(inbound.body.into_bytes().unwrap(), "x");
    }

    #[test]
    fn a_rest_api_event_becomes_a_request_with_every_header_line() {
        let event = json!({
            "resource": "/webhooks", "path": "/webhooks", "httpMethod": "GET",
            "headers": {"X-Forwarded-For": "2.2.2.2", "Only-Here": "y"},
            "multiValueHeaders": {"X-Forwarded-For": ["1.1.1.1", "2.2.2.2"]},
            "queryStringParameters": {"a": "2"}, "multiValueQueryStringParameters": {"a": ["1", "2"], "b": ["x y"]},
            "requestContext": {"httpMethod": "GET", "identity": {"sourceIp": "3.3.3.3"}}, "body": null, "isBase64Encoded": false,
        });
        let inbound = inbound(&event).unwrap();
        assert_eq!(inbound.headers.all("x-forwarded-for").count(), 2);
        assert_eq!(inbound.headers.single("only-here").ok().flatten(), Some("y"));
        assert_eq!(inbound.query.single("a"), None, "given twice");
        assert_eq!(inbound.query.single("b").as_deref(), Some("x y"));
        assert_eq!(inbound.body.into_bytes().unwrap(), "");
    }

    #[test]
    fn null_members_are_missing_ones() {
        for event in [
            json!({"rawPath": null, "headers": null, "rawQueryString": null, "queryStringParameters": null, "body": null,
                "isBase64Encoded": false, "requestContext": {"http": {"method": "GET", "sourceIp": null}}}),
            json!({"path": null, "httpMethod": "GET", "headers": null, "multiValueHeaders": null, "body": null,
                "queryStringParameters": null, "multiValueQueryStringParameters": null,
                "requestContext": {"httpMethod": "GET", "identity": {"sourceIp": null}}, "isBase64Encoded": null}),
        ] {
            let inbound = inbound(&event).unwrap();
            assert_eq!(
                (&*inbound.path, inbound.source_ip, inbound.headers.0.len()),
                ("", None, 0),
                "{event}"
            );
        }
    }

    #[test]
    fn an_event_that_repeats_a_used_member_is_not_a_request() {
        let is_request =
            |json: &str| serde_json::from_str::<Invocation>(json).unwrap().into_request().is_some();
        let context = r#""requestContext":{"http":{"method":"POST"}}"#;
        assert!(is_request(&format!(r#"{{{context},"body":"x","stage":"a","stage":"b"}}"#)));
        for members in [
            r#""body":"x","body":"y""#,
            r#""headers":{},"headers":{}"#,
            r#""isBase64Encoded":false,"isBase64Encoded":true"#,
            context,
        ] {
            assert!(!is_request(&format!("{{{context},{members}}}")), "{members}");
        }
        assert!(!is_request(r#"{"requestContext":{"http":{"method":"POST","method":"GET"}}}"#));
    }

    #[test]
    fn an_event_of_another_origin_is_not_a_request() {
        for event in [
            json!({}),
            json!([]),
            json!(null),
            json!({"Records": []}),
            json!({"key1": "value1"}),
            json!({"requestContext": {"http": {"method": "POST"}}, "body": 1}),
            json!({"httpMethod": "POST", "body": {}}),
        ] {
            assert!(matches!(invocation(&event).origin, Origin::Unknown), "{event}");
        }
    }

    #[test]
    fn only_the_exact_event_is_the_deployments_check() {
        for check in [r#"{"prelude_webhooks":"check"}"#, "{ \"prelude_webhooks\": \"check\" }\n"] {
            let invocation: Invocation = serde_json::from_str(check).unwrap();
            assert!(matches!(invocation.origin, Origin::Deployment), "{check}");
        }
        for event in [
            json!({"prelude_webhooks": "check", "a": 1}),
            json!({"prelude_webhooks": "other"}),
            json!({"prelude_webhooks": true}),
            json!(["check"]),
            json!("check"),
        ] {
            assert!(matches!(invocation(&event).origin, Origin::Unknown), "{event}");
        }
        let twice = r#"{"prelude_webhooks":"check","prelude_webhooks":"check"}"#;
        assert!(matches!(serde_json::from_str::<Invocation>(twice).unwrap().origin, Origin::Unknown));
    }

    #[test]
    fn no_request_of_a_gateway_is_the_deployments_check() {
        let check = json!({"prelude_webhooks": "check"});
        let text = check.to_string();
        let http = json!({
            "version": "2.0", "rawPath": &text, "rawQueryString": "prelude_webhooks=check", "body": &text,
            "headers": &check, "queryStringParameters": &check, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "POST", "sourceIp": "3.3.3.3"}},
        });
        let rest = json!({
            "path": &text, "httpMethod": "POST", "headers": &check, "queryStringParameters": &check, "body": &text,
            "requestContext": {"identity": {"sourceIp": "3.3.3.3"}}, "isBase64Encoded": false,
        });
        for mut event in [http, rest] {
            assert!(inbound(&event).is_some(), "{event}");
            // No gateway has such a member. With it, the event is still a request.
            event["prelude_webhooks"] = json!("check");
            assert!(inbound(&event).is_some(), "{event}");
        }
    }
}
