//! The page: one file, completed with a nonce and the run's token.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::Run;
use crate::random::random_token;

const PAGE: &str = include_str!("page.html");

/// Serves the page. Its policy allows only its own script and style, and requests to its own server.
pub(super) async fn page(State(run): State<Arc<Run>>) -> Response {
    let Ok(nonce) = random_token() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let Ok(policy) = HeaderValue::try_from(policy) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let text = PAGE.replace("{{nonce}}", &nonce).replace("{{token}}", &run.token);
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(text)).into_response()
}
