//! Shows one parked message, and its body on request only.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use prelude_webhooks::replay::Encoding;
use serde_json::{Value, json};

use super::{
    Parking, ParkingError,
    letter::Letter,
    list::{HOLD_SECONDS, now, rfc3339},
    mailbox::Mailbox,
    parts::{Sorted, Sorter},
    report::why,
};
use crate::{
    operate::stop::Stop,
    terminal::{ProgressBar, printable},
};

/// One parked message, with all parts of its event if they are here.
pub struct Shown {
    letter: Letter,
    parts: Option<(usize, usize)>,
    raw: Result<Bytes, String>,
    now: String,
}

/// Finds the message whose id begins with this text, and the other parts of its event.
///
/// # Errors
/// There is no such message, or a call to SQS failed.
pub async fn show(
    parking: &Parking,
    message_id: &str,
    stop: &Stop,
    progress: &ProgressBar,
) -> Result<Shown, ParkingError> {
    let mut mailbox = Mailbox::new(&parking.aws, parking.queue_url(), HOLD_SECONDS);
    progress.set_length(mailbox.depth().await?.visible as u64);
    let mut wanted: Option<Letter> = None;
    let mut parts = Vec::new();
    let read = loop {
        let is_part = |letter: &Letter| matches!(letter.encoding(), Ok(Encoding::GzipPart { .. }));
        if stop.is_asked() || wanted.as_ref().is_some_and(|letter| !is_part(letter)) {
            break Ok(());
        }
        match mailbox.next().await {
            Ok(letters) if letters.is_empty() => break Ok(()),
            Ok(letters) => {
                progress.inc(letters.len() as u64);
                for letter in letters {
                    if letter.message_id.starts_with(message_id) {
                        wanted.get_or_insert_with(|| letter.clone());
                    }
                    if is_part(&letter) {
                        parts.push(letter);
                    }
                }
            }
            Err(error) => break Err(error),
        }
    };
    mailbox.release().await;
    read?;
    let letter = wanted.ok_or_else(|| ParkingError::NoMessage(message_id.to_owned()))?;
    Ok(Shown::of(letter, parts, parking))
}

impl Shown {
    fn of(letter: Letter, parts: Vec<Letter>, parking: &Parking) -> Self {
        let Ok(Encoding::GzipPart { index, count }) = letter.encoding() else {
            let raw = match Sorter::default().put(letter.clone()) {
                Sorted::Whole(item) => Ok(item.raw),
                Sorted::Unreadable(_, why) => Err(why),
                Sorted::Waiting | Sorted::Copy(_) => Err("it is incomplete".to_owned()),
            };
            let (now, _) = now(&letter, parking);
            return Self { letter, parts: None, raw, now };
        };
        let mut sorter = Sorter::default();
        let mut raw = Err("not all of its parts are here".to_owned());
        let mut now = "stays: not all of its parts are here".to_owned();
        for part in parts {
            if let Sorted::Whole(item) = sorter.put(part)
                && item.label.message_ids.contains(&letter.message_id)
            {
                let place = parking.replay.readdress(&item.parked, &item.raw, None).pop();
                now = match place.map(|event| event.place) {
                    Some(Ok((queue_url, _))) => queue_url.name().to_owned(),
                    Some(Err(stay)) => format!("stays: {}", why(stay)),
                    None => now,
                };
                raw = Ok(item.raw);
            }
        }
        Self { letter, parts: Some((index, count)), raw, now }
    }

    /// Formats the attributes, the destination that a replay would choose and, on request, the body.
    pub fn to_text(&self, with_body: bool) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| _ = writeln!(text, "{name:15} {value}");
        line("message", &self.letter.message_id);
        line("parked_at", &rfc3339(self.letter.sent_at).unwrap_or_default());
        line("receipts", &self.letter.receipts.map_or_else(String::new, |count| count.to_string()));
        for (name, value) in &self.letter.attributes {
            line(name, &printable(value));
        }
        if let Some((index, count)) = self.parts {
            line("part", &format!("{index} of {count}"));
        }
        line("a replay", &self.now);
        match &self.raw {
            Err(why) => line("body", &format!("cannot be read: {why}")),
            Ok(raw) if !with_body => line(
                "body",
                &format!("{} bytes, not shown: it can hold people's data (--body shows it)", raw.len()),
            ),
            Ok(raw) => match std::str::from_utf8(raw) {
                Ok(body) => _ = write!(text, "\n{body}\n"),
                Err(_) => _ = write!(text, "\nnot UTF-8; as base64:\n{}\n", STANDARD.encode(raw)),
            },
        }
        text
    }

    /// Formats the message as a JSON object.
    pub fn to_json(&self, with_body: bool) -> Value {
        let mut shown = json!({
            "message_id": self.letter.message_id, "parked_at": rfc3339(self.letter.sent_at),
            "receipts": self.letter.receipts, "attributes": self.letter.attributes, "now": self.now,
            "bytes": self.raw.as_ref().ok().map(Bytes::len),
        });
        if let (true, Ok(raw), Some(shown)) = (with_body, &self.raw, shown.as_object_mut()) {
            match std::str::from_utf8(raw) {
                Ok(body) => shown.insert("body".to_owned(), body.into()),
                Err(_) => shown.insert("body_base64".to_owned(), STANDARD.encode(raw).into()),
            };
        }
        shown
    }

    /// Reports whether the body is readable.
    pub fn is_readable(&self) -> bool {
        self.raw.is_ok()
    }
}
