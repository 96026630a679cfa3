//! Lists parked messages without consuming them: each is held for a moment, and then released.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};
use prelude_webhooks::replay::Encoding;
use serde_json::{Value, json};

use super::{
    Choice, Parking, ParkingError,
    letter::Letter,
    letters::Letters,
    mailbox::Depth,
    parts::{Label, Sorted, Sorter},
    report::why,
};
use crate::{
    operate::stop::Stop,
    terminal::{ProgressBar, columns, counted, printable},
};

/// Time for which a message stays hidden from other readers if this process dies.
pub(super) const HOLD_SECONDS: i32 = 60;

/// List of parked messages.
pub struct Listing {
    /// Selected messages, in the order of receipt.
    pub lines: Vec<Line>,
    /// Number of messages in the queue before it was read.
    pub depth: Depth,
    /// The limit or the user ended the list before the end of the queue.
    pub is_cut: bool,
}

/// One message of the list.
pub struct Line {
    label: Label,
    encoding: Option<String>,
    source: Option<String>,
    app_id: Option<String>,
    sent_at: Option<SystemTime>,
    size: usize,
    /// Destination that a replay would choose now.
    now: String,
}

/// Lists the selected messages.
///
/// # Errors
/// A call to SQS failed.
pub async fn list(
    parking: &Parking,
    choice: &Choice,
    stop: &Stop,
    progress: &ProgressBar,
) -> Result<Listing, ParkingError> {
    let mut reading = Letters::of(parking, HOLD_SECONDS)?;
    let depth = parking.depth().await?;
    progress.set_length(depth.visible as u64);
    let limit = choice.limit.unwrap_or(usize::MAX);
    let mut lines = Vec::new();
    let mut is_cut = false;
    let read = loop {
        if lines.len() >= limit || stop.is_asked() {
            is_cut = true;
            break Ok(());
        }
        match reading.next().await {
            Ok(letters) if letters.is_empty() => break Ok(()),
            Ok(letters) => {
                progress.inc(letters.len() as u64);
                lines.extend(letters.iter().filter_map(|letter| Line::of(letter, parking, choice)));
            }
            Err(error) => break Err(error),
        }
    };
    reading.release().await;
    read?;
    is_cut |= lines.len() > limit;
    lines.truncate(limit);
    Ok(Listing { lines, depth, is_cut })
}

impl Line {
    /// Describes a message; `None` if it is not selected.
    fn of(letter: &Letter, parking: &Parking, choice: &Choice) -> Option<Self> {
        let mut label = Label::of(letter);
        if choice.reason.is_some_and(|reason| label.reason.as_deref() != Some(reason.as_str())) {
            return None;
        }
        let (now, type_name) = now(letter, parking);
        label.event_type = label.event_type.or(type_name);
        if choice.event_type.is_some() && label.event_type != choice.event_type {
            return None;
        }
        let text = |name| letter.attribute(name).map(str::to_owned);
        Some(Self {
            label,
            encoding: text("encoding"),
            source: text("source"),
            app_id: text("app_id"),
            sent_at: letter.sent_at(),
            size: letter.body.len(),
            now,
        })
    }
}

/// Finds the destination that a replay would choose for a message, and the type in the message's bytes.
pub(super) fn now(letter: &Letter, parking: &Parking) -> (String, Option<String>) {
    if let Ok(Encoding::GzipPart { index, count }) = letter.encoding() {
        return (format!("part {index} of {count}"), None);
    }
    match Sorter::default().put(letter.clone()) {
        Sorted::Whole(item) => {
            let places = parking.replay.readdress(&item.parked, &item.raw, None);
            let type_name = match &*places {
                [event] => event.type_name.as_deref().map(str::to_owned),
                _ => None,
            };
            let mut queues: BTreeMap<String, usize> = BTreeMap::new();
            for event in &places {
                let place = match &event.place {
                    Ok((queue_url, _)) => queue_url.name().to_owned(),
                    Err(stay) => format!("stays: {}", why(*stay)),
                };
                *queues.entry(place).or_default() += 1;
            }
            let destinations = queues.into_iter().map(|(place, count)| match count {
                1 if places.len() == 1 => place,
                count => format!("{count} {place}"),
            });
            (destinations.collect::<Vec<_>>().join(", "), type_name)
        }
        Sorted::Unreadable(_, why) => (format!("stays: {why}"), None),
        Sorted::Waiting | Sorted::Copy(_) => (String::new(), None),
    }
}

impl Listing {
    /// Formats a table of all messages, and their number by reason.
    pub fn to_text(&self) -> String {
        let head = ["AGE", "REASON", "TYPE", "MESSAGE", "A REPLAY SENDS IT TO"].map(str::to_owned);
        let cells = self.lines.iter().map(|line| {
            let message_id = line.label.message_ids.first().cloned().unwrap_or_default();
            [
                age(line.sent_at),
                printable(line.label.reason.as_deref().unwrap_or("-")),
                printable(line.label.event_type.as_deref().unwrap_or("-")),
                message_id,
                line.now.clone(),
            ]
        });
        let rows: Vec<_> = std::iter::once(head).chain(cells).collect();
        let mut text = if self.lines.is_empty() { String::new() } else { columns(&rows) + "\n" };
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &self.lines {
            *reasons.entry(line.label.reason.as_deref().unwrap_or("no reason")).or_default() += 1;
        }
        let reasons: Vec<_> =
            reasons.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        _ = match (self.lines.len(), self.is_cut) {
            (0, false) => writeln!(text, "No parked message matches."),
            (count, false) => writeln!(text, "{}: {}", counted(count, "message"), reasons.join(", ")),
            (count, true) => writeln!(
                text,
                "{}: {}; there may be more (--limit), SQS counts about {}",
                counted(count, "message"),
                reasons.join(", "),
                // SQS's count is up to a minute old.
                self.depth.visible.max(count)
            ),
        };
        if self.depth.in_flight > 0 {
            _ = writeln!(
                text,
                "About {} held by another reader now.",
                counted(self.depth.in_flight, "message")
            );
        }
        text
    }

    /// Formats the list as a JSON object.
    pub fn to_json(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            json!({
                "message_id": line.label.message_ids.first(), "reason": line.label.reason,
                "event_type": line.label.event_type, "event_id": line.label.event_id, "source": line.source,
                "app_id": line.app_id, "encoding": line.encoding, "bytes": line.size, "parked_at": rfc3339(line.sent_at),
                "now": line.now,
            })
        });
        json!({
            "messages": lines.collect::<Vec<_>>(), "more": self.is_cut,
            "approximate_depth": self.depth.visible, "approximately_in_flight": self.depth.in_flight,
        })
    }
}

pub(super) fn rfc3339(time: Option<SystemTime>) -> Option<String> {
    DateTime::from(time?).fmt(DateTimeFormat::DateTime).ok()
}

/// Formats the age of a message in seconds, minutes, hours or days.
pub(super) fn age(sent_at: Option<SystemTime>) -> String {
    let Some(age) = sent_at.and_then(|sent_at| SystemTime::now().duration_since(sent_at).ok()) else {
        return "-".to_owned();
    };
    match age.as_secs() {
        seconds @ 0..=119 => format!("{seconds}s"),
        seconds @ 120..=7_199 => format!("{}m", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", Duration::from_secs(seconds).as_secs() / 86_400),
    }
}
