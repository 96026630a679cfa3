//! Messages found in the queues. A message is taken out when a delivery explains it.

use std::{collections::BTreeMap, io::Read as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;

use prelude_local::aws::sqs::ReceivedMessage;

/// Contents of the queues after the last delivery.
#[derive(Debug, Default)]
pub(super) struct Mail(BTreeMap<String, Vec<ReceivedMessage>>);

impl Mail {
    pub(super) fn put(&mut self, queue: &str, messages: Vec<ReceivedMessage>) {
        self.0.entry(queue.to_owned()).or_default().extend(messages);
    }

    /// Takes the first message of a queue that meets the condition.
    pub(super) fn take(
        &mut self,
        queue: &str,
        meets: impl Fn(&ReceivedMessage) -> bool,
    ) -> Option<ReceivedMessage> {
        let messages = self.0.get_mut(queue)?;
        let index = messages.iter().position(meets)?;
        Some(messages.remove(index))
    }

    /// Takes the messages of a queue that are parts of one event, in the order of the parts.
    pub(super) fn take_parts(&mut self, queue: &str, reason: &str) -> Vec<ReceivedMessage> {
        let mut parts = Vec::new();
        let is_part = |message: &ReceivedMessage| message.attribute("reason") == Some(reason);
        while let Some(part) = self.take(queue, is_part) {
            parts.push(part);
        }
        parts.sort_by_key(|part| part_number(part).unwrap_or_default());
        parts
    }

    /// Messages that were not taken.
    pub(super) fn left_over(self) -> impl Iterator<Item = (String, ReceivedMessage)> {
        self.0
            .into_iter()
            .flat_map(|(queue, messages)| messages.into_iter().map(move |message| (queue.clone(), message)))
    }
}

/// Joins the parts of an oversize event to its text. The error says what was expected.
pub(super) fn joined(parts: &[ReceivedMessage]) -> Result<String, String> {
    for (index, part) in parts.iter().enumerate() {
        let encoding = part.attribute("encoding").unwrap_or_default();
        let expected = match parts.len() {
            1 => "gzip+base64".to_owned(),
            count => format!("gzip+base64;part={}/{count}", index + 1),
        };
        if encoding != expected {
            return Err(format!("`encoding` to be `{expected}`, not `{encoding}`"));
        }
    }
    if parts.windows(2).any(|two| matches!(two, [a, b] if a.attribute("event_id") != b.attribute("event_id")))
    {
        return Err("all parts to have one `event_id`".to_owned());
    }
    let text: String = parts.iter().map(|part| part.body.as_str()).collect();
    let zipped = STANDARD.decode(text).map_err(|error| format!("base64 in the parts ({error})"))?;
    let mut event = String::new();
    GzDecoder::new(zipped.as_slice())
        .read_to_string(&mut event)
        .map_err(|error| format!("gzip in the parts ({error})"))?;
    Ok(event)
}

/// Number `i` of `gzip+base64;part=<i>/<n>`.
fn part_number(message: &ReceivedMessage) -> Option<usize> {
    message.attribute("encoding")?.split_once(";part=")?.1.split_once('/')?.0.parse().ok()
}
