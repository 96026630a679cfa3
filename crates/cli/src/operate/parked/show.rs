//! Shows one parked message, and its body on request only.

use std::{fmt::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use prelude_webhooks::replay::Encoding;
use serde_json::{Value, json};

use super::{
    Parking, ParkingError,
    letter::Letter,
    letters::Letters,
    list::{HOLD_SECONDS, now, rfc3339},
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

/// Place where a person reads the body.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nowhere: only its size is shown.
    Hidden,
    /// The output of the command.
    Printed,
    /// This file.
    In(&'a Path),
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
    let mut reading = Letters::of(parking, HOLD_SECONDS)?;
    let depth = parking.depth().await?;
    progress.set_length(depth.visible as u64);
    let mut wanted: Option<Letter> = None;
    let mut parts = Vec::new();
    let read = loop {
        if stop.is_asked() || wanted.as_ref().is_some_and(|letter| !letter.is_part()) {
            break Ok(());
        }
        match reading.next().await {
            Ok(letters) if letters.is_empty() => break Ok(()),
            Ok(letters) => {
                progress.inc(letters.len() as u64);
                for letter in letters {
                    if letter.message_id.starts_with(message_id) {
                        wanted.get_or_insert_with(|| letter.clone());
                    }
                    if letter.is_part() {
                        parts.push(letter);
                    }
                }
            }
            Err(error) => break Err(error),
        }
    };
    reading.release().await;
    read?;
    let letter = wanted.ok_or_else(|| ParkingError::no_message(message_id, depth.in_flight))?;
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

    /// Exact bytes that the receiver got.
    ///
    /// # Errors
    /// The body cannot be read, for this reason.
    pub fn raw(&self) -> Result<&Bytes, &str> {
        self.raw.as_ref().map_err(String::as_str)
    }

    /// Reports whether a terminal can print the body. It would obey control characters.
    pub fn is_printable(&self) -> bool {
        let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        self.raw
            .as_ref()
            .is_ok_and(|raw| std::str::from_utf8(raw).is_ok_and(|text| text.chars().all(is_plain)))
    }

    /// Formats the attributes, the destination that a replay would choose and, on request, the body.
    pub fn to_text(&self, body: Body<'_>) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| _ = writeln!(text, "{name:15} {value}");
        line("message", &self.letter.message_id);
        line("parked_at", &rfc3339(self.letter.sent_at()).unwrap_or_default());
        line("receipts", &self.letter.receipts().map_or_else(String::new, |count| count.to_string()));
        for (name, value) in &self.letter.attributes {
            line(name, &printable(value));
        }
        if let Some((index, count)) = self.parts {
            line("part", &format!("{index} of {count}"));
        }
        line("a replay", &self.now);
        match &self.raw {
            Err(why) => line("body", &format!("cannot be read: {why}")),
            Ok(raw) => match (body, std::str::from_utf8(raw)) {
                (Body::Hidden, _) => line(
                    "body",
                    &format!("{} bytes, not shown: it can hold people's data (--body shows it)", raw.len()),
                ),
                (Body::In(path), _) => {
                    line("body", &format!("{} bytes, in {}", raw.len(), path.display()));
                }
                (Body::Printed, Ok(body)) => _ = write!(text, "\n{body}\n"),
                (Body::Printed, Err(_)) => {
                    _ = write!(text, "\nnot UTF-8; as base64:\n{}\n", STANDARD.encode(raw));
                }
            },
        }
        text
    }

    /// Formats the message as a JSON object.
    pub fn to_json(&self, body: Body<'_>) -> Value {
        let mut shown = json!({
            "message_id": self.letter.message_id, "parked_at": rfc3339(self.letter.sent_at()),
            "receipts": self.letter.receipts(), "attributes": self.letter.attributes, "now": self.now,
            "bytes": self.raw.as_ref().ok().map(Bytes::len),
        });
        if let (Ok(raw), Some(shown)) = (&self.raw, shown.as_object_mut()) {
            match (body, std::str::from_utf8(raw)) {
                (Body::Hidden, _) => None,
                (Body::In(path), _) => shown.insert("body_file".to_owned(), json!(path)),
                (Body::Printed, Ok(body)) => shown.insert("body".to_owned(), body.into()),
                (Body::Printed, Err(_)) => {
                    shown.insert("body_base64".to_owned(), STANDARD.encode(raw).into())
                }
            };
        }
        shown
    }
}
