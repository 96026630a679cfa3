//! Limits on attributes: those that the sender chooses, and `AWSTraceHeader`.
//!
//! * Names, types and values of the sender's attributes:
//!   <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>. The limit on
//!   the length of a type is left out.
//! * `AWSTraceHeader` as the only system attribute:
//!   <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
//! * Form of a trace header: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html>

use super::{check_characters, invalid};
use crate::aws::guard::wire::{AttributeValue, Refusal};

pub(super) fn check_attribute(name: &str, value: &AttributeValue) -> Result<(), Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if name.is_empty() || name.len() > 256 || !name.bytes().all(plain) {
        return invalid(format!("Message (user) attribute name '{name}' is invalid."));
    }
    let lower = name.to_ascii_lowercase();
    if name.starts_with('.') || name.ends_with('.') || name.contains("..") || reserved(&lower) {
        return invalid(format!(
            "Message (user) attribute name '{name}' is reserved or has a misplaced period."
        ));
    }
    let kind = value.data_type.split('.').next().unwrap_or_default();
    let content = match kind {
        "String" | "Number" => value.string_value.as_deref(),
        "Binary" => value.binary_value.as_deref(),
        _ => return invalid(format!("The type of message (user) attribute '{name}' is invalid.")),
    };
    match content {
        None | Some("") => invalid(format!(
            "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        )),
        Some(text) if kind == "Number" && text.parse::<f64>().is_err() => {
            invalid(format!("Can't cast the value of message (user) attribute '{name}' to a number."))
        }
        Some(text) => check_characters(text),
    }
}

fn reserved(lower: &str) -> bool {
    lower.starts_with("aws.") || lower.starts_with("amazon.")
}

pub(super) fn check_system_attribute(name: &str, value: &AttributeValue) -> Result<(), Refusal> {
    if name != "AWSTraceHeader" {
        return invalid(format!("Message system attribute name '{name}' is invalid."));
    }
    match value.string_value.as_deref() {
        Some(header) if value.data_type == "String" && is_trace_header(header) => Ok(()),
        _ => {
            invalid("Message system attribute 'AWSTraceHeader' is not a well-formed trace header.".to_owned())
        }
    }
}

/// Recognises `Root=1-<8 hex>-<24 hex>`, with optional `Parent=<16 hex>`, `Sampled=<0, 1 or ?>` and other members.
fn is_trace_header(header: &str) -> bool {
    let hex = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_root = |value: &str| match value.split('-').collect::<Vec<_>>().as_slice() {
        ["1", time, random] => hex(time, 8) && hex(random, 24),
        _ => false,
    };
    let mut has_root = false;
    for member in header.split(';').map(str::trim) {
        let well_formed = match member.split_once('=') {
            Some(("Root", value)) => {
                has_root = true;
                is_root(value)
            }
            Some(("Parent", value)) => hex(value, 16),
            Some(("Sampled", value)) => matches!(value, "0" | "1" | "?"),
            Some((name, value)) => !name.is_empty() && !value.is_empty(),
            None => false,
        };
        if !well_formed {
            return false;
        }
    }
    has_root
}
