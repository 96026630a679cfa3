//! Expected status of a request with known parts: the contract's rules, in the contract's order.

use prelude_events::{EventType, Source};
use serde_json::value::RawValue;

use super::{
    answer::Answer,
    recovery,
    request::{Case, Request},
    rig::{self, APPS, Rig},
};
use crate::{json::Members, keys::ACCOUNT};

pub fn check(case: &Case, rig: &Rig, answer: &Answer) {
    let Some(request) = &case.request else { return };
    let expected = expected(request, rig);
    let status = u16::try_from(answer.status).unwrap();
    // SQS is the last step, and can only turn an acceptance into a retry.
    let is_late = status == 503 && expected.contains(&200) && !case.script.is_empty();
    assert!(expected.contains(&status) || is_late, "status {status}: expected one of {expected:?}");
}

fn expected(request: &Request, rig: &Rig) -> Vec<u16> {
    if rig.enforces && !rig::is_listed(&request.ip) {
        return vec![403];
    }
    if !rig.path_is_right(&request.path) {
        return vec![404];
    }
    match &*request.method {
        "GET" => vec![200, 400, 403],
        "POST" if request.signer.is_some() => signed(request, rig),
        // Genuine signatures are accepted from any sender. `authentication` checks the resulting messages.
        "POST" if request.is_signed() => vec![200, 401, 503],
        "POST" => unsigned(request, rig),
        _ => vec![405],
    }
}

/// Statuses by the authentication of the source that the body shows.
fn signed(request: &Request, rig: &Rig) -> Vec<u16> {
    let name = request.signer.unwrap().name;
    let is = |key: &crate::keys::Key| key.name == name;
    let is_account = rig.has_account && is(&ACCOUNT);
    let is_configured = rig.keys().into_iter().any(is);
    if !is_configured {
        return vec![if rig.is_keyless && claims(&request.body, APPS[0]) { 503 } else { 401 }];
    }
    match shape(&request.body) {
        Shape::Unclear => vec![200, 401, 503],
        Shape::None if !is_account && is_token(&request.body) => vec![401],
        Shape::None => vec![200],
        Shape::Single(_) => vec![if is_account { 200 } else { 401 }],
        Shape::Session(app_id) => {
            let app_id = app_id.filter(|app_id| APPS.contains(&&**app_id));
            match app_id.map(|app_id| rig.key_of(&app_id)) {
                Some(Some((key, _))) if is(key) => vec![200],
                // The claimed app's keys are not known yet, and the verifying key may be one of them.
                Some(None) => vec![503],
                _ => vec![401],
            }
        }
    }
}

/// Statuses by the third condition of an unsigned request. The configuration, path and address are the others.
fn unsigned(request: &Request, rig: &Rig) -> Vec<u16> {
    if !rig.path_is_secret(&request.path) {
        return vec![401];
    }
    let is_accepted = match shape(&request.body) {
        Shape::Unclear => return vec![200, 401],
        Shape::Single(kind) => {
            EventType::known(&kind).and_then(|known| known.source()).is_some_and(|source| {
                rig.unsigned.contains(&source) && source != Source::Session && rig::is_listed(&request.ip)
            })
        }
        Shape::Session(_) | Shape::None => false,
    };
    vec![if is_accepted { 200 } else { 401 }]
}

/// Reports whether the body begins with this app's id.
fn claims(body: &[u8], app_id: &str) -> bool {
    let value = format!("\"{app_id}\"");
    ["{", "\"app_id\"", ":", &value]
        .iter()
        .try_fold(body, |rest, token| rest.trim_ascii_start().strip_prefix(token.as_bytes()))
        .is_some()
}

/// Reports whether the body is not JSON, and consists of two base64url parts around a dot, as in a token.
fn is_token(body: &[u8]) -> bool {
    let of_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let dots = body.iter().filter(|byte| **byte == b'.').count();
    let is_json = serde_json::from_slice::<&RawValue>(body).is_ok();
    dots == 1 && body[0] != b'.' && body.iter().all(of_token) && !is_json
}

enum Shape {
    /// Batch, and the app that it claims.
    Session(Option<String>),
    /// Single event, and its type.
    Single(String),
    None,
    /// Depends on the JSON reader.
    Unclear,
}

fn shape(body: &[u8]) -> Shape {
    if recovery::events(body).is_none() {
        return Shape::Unclear;
    }
    let Some(members) = std::str::from_utf8(body).ok().and_then(Members::of) else { return Shape::None };
    if members.only("events").is_some_and(|events| events.get().starts_with('[')) {
        return Shape::Session(members.text("app_id"));
    }
    match members.text("type") {
        Some(kind) if members.count("events") < 2 => Shape::Single(kind),
        _ => Shape::None,
    }
}
