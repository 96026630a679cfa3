//! Events for measurements: always the same, and of seven types.

use serde_json::json;

/// The first events of an endless batch of a Session app.
pub fn session_events(count: usize) -> impl Iterator<Item = String> {
    TYPES.into_iter().cycle().take(count).enumerate().map(|(index, event_type)| event(index, event_type))
}

const TYPES: [&str; 7] = [
    "user.created",
    "user.deleted",
    "user.profile.updated",
    "user.identifier.created",
    "user.session.created",
    "user.session.revoked",
    "user.passkey.registered",
];

fn event(index: usize, event_type: &str) -> String {
    json!({
        "id": format!("evt_{index}"),
        "type": event_type,
        "created_at": "2026-11-21T00:00:00Z",
        "payload": {
            "user_id": format!("usr_{index}"),
            "profile": {"name": "x".repeat(60), "email": "a@example.com"},
            "session_id": "s".repeat(26),
        },
    })
    .to_string()
}
