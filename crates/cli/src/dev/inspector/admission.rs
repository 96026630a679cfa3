//! Access to the inspector: for this machine only, and changes from the inspector's own page only.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Run;

/// Request header with the run's token.
pub(super) const TOKEN_HEADER: &str = "prelude-dev-token";

/// Headers of every response. They keep webhook bodies from caches, frames and other sites.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Refuses other hosts, which DNS rebinding brings, and changes by other pages.
pub(super) async fn admit(State(run): State<Arc<Run>>, request: Request, next: Next) -> Response {
    let mut response = match check(request.method(), request.headers(), run.port, &run.token) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

fn check(
    method: &Method,
    headers: &HeaderMap,
    port: u16,
    token: &str,
) -> Result<(), (StatusCode, &'static str)> {
    let host = only(headers, &header::HOST);
    let hosts = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"));
    let Some(host) = host.filter(|host| hosts.iter().any(|own| own == host)) else {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "the inspector answers to 127.0.0.1 and localhost only\n",
        ));
    };
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if only(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://")) != Some(host) {
        return Err((StatusCode::FORBIDDEN, "the request does not come from the inspector's own page\n"));
    }
    if only(headers, &HeaderName::from_static(TOKEN_HEADER)) != Some(token) {
        return Err((StatusCode::FORBIDDEN, "the page is from an earlier run: reload it\n"));
    }
    Ok(())
}

/// Value of a header that occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, headers: &[(&'static str, &'static str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        check(&method, &map, 9001, "t0ken").map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_the_names_of_this_machine_are_answered() {
        for host in ["127.0.0.1:9001", "localhost:9001"] {
            assert_eq!(status(Method::GET, &[("host", host)]), 200, "{host}");
        }
        for host in
            ["127.0.0.1", "localhost:9000", "evil.example:9001", "127.0.0.1:9001.evil.example", "[::1]:9001"]
        {
            assert_eq!(status(Method::GET, &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status(Method::GET, &[]), 421);
        assert_eq!(status(Method::GET, &[("host", "localhost:9001"), ("host", "localhost:9001")]), 421);
    }

    #[test]
    fn a_change_needs_the_pages_origin_and_token() {
        let host = ("host", "127.0.0.1:9001");
        let origin = ("origin", "http://127.0.0.1:9001");
        let token = (TOKEN_HEADER, "t0ken");
        assert_eq!(status(Method::POST, &[host, origin, token]), 200);
        for headers in [
            &[host, token][..],
            &[host, origin],
            &[host, origin, (TOKEN_HEADER, "other")],
            &[host, ("origin", "null"), token],
            &[host, ("origin", "https://127.0.0.1:9001"), token],
            &[host, ("origin", "http://localhost:9001"), token],
            &[host, ("origin", "http://evil.example"), token],
            &[host, origin, origin, token],
        ] {
            assert_eq!(status(Method::POST, headers), 403, "{headers:?}");
            assert_eq!(status(Method::DELETE, headers), 403, "{headers:?}");
        }
    }
}
