//! Events of API Gateway: payload format 2.0 of HTTP APIs, and 1.0 of REST APIs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    Request,
    context::{self, Context},
};

impl Request {
    /// Event of an HTTP API, payload format 2.0.
    ///
    /// Header names are in lower case. Repeated headers and parameters are joined by a comma. A binary body is base64.
    pub fn http_api_event(&self) -> Value {
        let context = Context::now();
        let (route_key, token) = self.route();
        let mut headers = Map::new();
        let mut cookies = Vec::new();
        for (name, value) in self.headers_with_gateways_own(&context) {
            match name.to_ascii_lowercase().as_str() {
                "cookie" => cookies.extend(value.split("; ").map(Value::from)),
                name => join(&mut headers, name, &value),
            }
        }
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": context::ACCOUNT_ID,
                "apiId": context::API_ID,
                "domainName": context::DOMAIN_NAME,
                "domainPrefix": context::API_ID,
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip,
                    "userAgent": self.user_agent(),
                },
                "requestId": context.request_id,
                "routeKey": route_key,
                "stage": "$default",
                "time": context.time,
                "timeEpoch": context.time_epoch,
            },
            "isBase64Encoded": self.is_base64(),
        });
        let mut parameters = Map::new();
        for (name, value) in self.parameters() {
            join(&mut parameters, &name, &value);
        }
        let present = [
            ("cookies", (!cookies.is_empty()).then_some(Value::Array(cookies))),
            ("queryStringParameters", (!parameters.is_empty()).then_some(Value::Object(parameters))),
            ("pathParameters", token.map(|token| json!({"token": token}))),
            ("body", self.body_text().map(Value::String)),
        ];
        if let Some(event) = event.as_object_mut() {
            event.extend(present.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        event
    }

    /// Event of a REST API, payload format 1.0.
    ///
    /// Header names are as sent. Of a repeated header or parameter, the plain map has the last value and the multi-value
    /// map has all values.
    pub fn rest_api_event(&self) -> Value {
        let context = Context::now();
        let (headers, multi_headers) = maps(self.headers_with_gateways_own(&context));
        let (parameters, multi_parameters) = maps(self.parameters());
        let or_null = |map: Map<String, Value>| if map.is_empty() { Value::Null } else { Value::Object(map) };
        json!({
            "resource": "/webhooks/{proxy+}",
            "path": self.path,
            "httpMethod": self.method,
            "headers": headers,
            "multiValueHeaders": multi_headers,
            "queryStringParameters": or_null(parameters),
            "multiValueQueryStringParameters": or_null(multi_parameters),
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "accountId": context::ACCOUNT_ID,
                "apiId": context::API_ID,
                "domainName": context::DOMAIN_NAME,
                "domainPrefix": context::API_ID,
                "extendedRequestId": context.request_id,
                "httpMethod": self.method,
                "identity": {"sourceIp": self.source_ip, "userAgent": self.user_agent()},
                "path": format!("/{}{}", context::STAGE, self.path),
                "protocol": "HTTP/1.1",
                "requestId": context.request_id,
                "requestTime": context.time,
                "requestTimeEpoch": context.time_epoch,
                "resourceId": "a1b2c3",
                "resourcePath": "/webhooks/{proxy+}",
                "stage": context::STAGE,
            },
            "body": self.body_text(),
            "isBase64Encoded": self.is_base64(),
        })
    }

    /// Route of `template.yaml` that the path matches, below any stage, and the value of its parameter.
    fn route(&self) -> (&'static str, Option<&str>) {
        match self.path.rsplit('/').collect::<Vec<_>>().as_slice() {
            ["webhooks", ..] => ("ANY /webhooks", None),
            [token, "webhooks", ..] if !token.is_empty() => ("ANY /webhooks/{token}", Some(token)),
            _ => ("$default", None),
        }
    }

    /// Headers of the client, and headers that API Gateway sets or extends.
    fn headers_with_gateways_own(&self, context: &Context) -> Vec<(String, String)> {
        let forwarded =
            self.all("x-forwarded-for").chain([self.source_ip.as_str()]).collect::<Vec<_>>().join(", ");
        let mut own = vec![
            ("X-Forwarded-For", forwarded),
            ("X-Forwarded-Port", "443".to_owned()),
            ("X-Forwarded-Proto", "https".to_owned()),
            ("X-Amzn-Trace-Id", context.trace_id.clone()),
        ];
        if self.all("host").next().is_none() {
            own.push(("Host", context::DOMAIN_NAME.to_owned()));
        }
        if !self.body.is_empty() && self.all("content-length").next().is_none() {
            own.push(("Content-Length", self.body.len().to_string()));
        }
        let is_own = |name: &str| own.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let mut headers: Vec<_> = self.headers.iter().filter(|(name, _)| !is_own(name)).cloned().collect();
        headers.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        headers
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn user_agent(&self) -> &str {
        self.all("user-agent").next().unwrap_or_default()
    }

    fn parameters(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// Reports whether the body is base64 in the event: forced, or because it is not text.
    fn is_base64(&self) -> bool {
        let is_text = |media_type: &str| {
            let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            essence.starts_with("text/")
                || ["json", "xml", "javascript"].iter().any(|kind| essence.ends_with(kind))
        };
        let media_type = self.all("content-type").next();
        !self.body.is_empty()
            && (self.force_base64
                || media_type.is_some_and(|t| !is_text(t))
                || str::from_utf8(&self.body).is_err())
    }

    fn body_text(&self) -> Option<String> {
        match &self.body {
            body if body.is_empty() => None,
            body if self.is_base64() => Some(STANDARD.encode(body)),
            body => Some(String::from_utf8_lossy(body).into_owned()),
        }
    }
}

/// Adds a value under a name, after a comma if the name has a value already.
fn join(map: &mut Map<String, Value>, name: &str, value: &str) {
    let joined = match map.get(name).and_then(Value::as_str) {
        Some(first) => format!("{first},{value}"),
        None => value.to_owned(),
    };
    map.insert(name.to_owned(), Value::String(joined));
}

/// Map with the last value of each name, and map with all values of each name.
fn maps(pairs: Vec<(String, String)>) -> (Map<String, Value>, Map<String, Value>) {
    let (mut last, mut all) = (Map::new(), Map::new());
    for (name, value) in pairs {
        last.insert(name.clone(), Value::String(value.clone()));
        if let Value::Array(values) = all.entry(name).or_insert_with(|| json!([])) {
            values.push(Value::String(value));
        }
    }
    (last, all)
}
