//! Finds the member that keeps a payload from decoding.
//!
//! serde_json's own errors give a position and quote the value, but name no member. Since every member is
//! optional, a payload reduced to one of its members decodes exactly when that member is sound; so the
//! culprit is found by trying them one by one. It costs time only where an event is broken.

use crate::raw_json::kind;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The path and the kind of the part of `payload` that does not fit `T`.
pub(crate) fn blame<T: DeserializeOwned>(payload: &str) -> (String, &'static str) {
    let mut path = String::new();
    let found = descend(payload, &mut path, &|json| serde_json::from_str::<T>(json).is_ok());
    (path, found)
}

/// Extends `path` down to the culprit inside `json`, and answers its kind. `fits` says whether a replacement
/// for `json` would decode.
fn descend(json: &str, path: &mut String, fits: &dyn Fn(&str) -> bool) -> &'static str {
    // An object or array is entered only where one is expected; elsewhere it is the culprit itself. Hence no
    // name that is not ours is ever looked at closely enough to enter the path.
    if let (true, Ok(members)) = (fits("{}"), serde_json::from_str::<BTreeMap<String, &RawValue>>(json)) {
        for (name, value) in members {
            let alone =
                |value: &str| fits(&format!("{{{}:{value}}}", serde_json::Value::from(name.as_str())));
            if !alone(value.get()) {
                let separator = if path.is_empty() { "" } else { "." };
                path.push_str(separator);
                path.push_str(&name);
                return descend(value.get(), path, &alone);
            }
        }
    } else if let (true, Ok(elements)) = (fits("[]"), serde_json::from_str::<Vec<&RawValue>>(json)) {
        for (position, value) in elements.into_iter().enumerate() {
            let alone = |value: &str| fits(&format!("[{value}]"));
            if !alone(value.get()) {
                path.push_str(&format!("[{position}]"));
                return descend(value.get(), path, &alone);
            }
        }
    }
    kind(json)
}
