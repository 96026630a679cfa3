//! Messages that a deletion would delete, found without consuming one.

use std::{collections::HashMap, time::SystemTime};

use crate::{
    operate::{
        parked::{
            Parking, ParkingError,
            letter::Letter,
            list::{HOLD_SECONDS, age},
            mailbox::Mailbox,
            parts::{Item, Label, Sorted, Sorter},
        },
        stop::Stop,
    },
    terminal::{columns, counted, open_progress, printable},
};

use super::Target;

/// Messages to delete.
pub struct Plan {
    /// Selected messages, and events in parts.
    pub candidates: Vec<Candidate>,
    /// Approximate number of messages that another reader holds.
    pub in_flight: usize,
    /// Approximate number of messages that a FIFO queue hides behind others of their group.
    pub held_back: usize,
}

/// A message, or all messages of one event.
pub struct Candidate {
    /// Description of the message.
    pub label: Label,
    /// Size of its bodies.
    pub bytes: usize,
    /// Number of parts that are here, and of all parts, unless all are here.
    pub missing: Option<(usize, usize)>,
    sent_at: Option<SystemTime>,
}

impl Plan {
    /// Looks for the messages. Each is held for a moment, and then released.
    ///
    /// # Errors
    /// No message, or more than one, has an id with the given beginning, or a call to SQS failed.
    pub async fn look(parking: &Parking, target: &Target, stop: &Stop) -> Result<Self, ParkingError> {
        let mut mailbox = Mailbox::new(&parking.aws, parking.queue_url(), HOLD_SECONDS);
        let depth = mailbox.depth().await?;
        let progress = open_progress("looking");
        progress.set_length(depth.visible as u64);
        let mut looking = Looking::new(parking);
        let mut has_found = false;
        let read = loop {
            if stop.is_asked() || has_found {
                break Ok(());
            }
            match mailbox.next().await {
                Ok(letters) if letters.is_empty() => break Ok(()),
                Ok(letters) => {
                    progress.inc(letters.len() as u64);
                    for letter in letters {
                        // A whole id fits no other message. The other parts may come later.
                        has_found |= matches!(target, Target::Message(id) if *id == letter.message_id)
                            && !letter.is_part();
                        looking.add(letter);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        let held_back = match target {
            Target::Parked { .. } if parking.is_fifo() => {
                mailbox.depth().await.map_or(0, |depth| depth.visible)
            }
            _ => 0,
        };
        mailbox.release().await;
        progress.finish_and_clear();
        read?;
        let candidates = looking.end();
        let candidates =
            if stop.is_asked() { Vec::new() } else { target.choose(candidates, depth.in_flight)? };
        Ok(Self { candidates, in_flight: depth.in_flight, held_back })
    }

    /// Takes out the events whose other parts are missing, unless they are wanted.
    pub fn take_incomplete(&mut self, are_wanted: bool) -> Vec<Candidate> {
        let is_left_out = |candidate: &mut Candidate| candidate.missing.is_some() && !are_wanted;
        self.candidates.extract_if(.., is_left_out).collect()
    }

    /// Number of messages, where each part counts.
    pub fn count(&self) -> usize {
        self.candidates.iter().map(|candidate| candidate.label.message_ids.len()).sum()
    }

    /// Formats a table of all messages, without the bodies, because none is deleted unseen.
    pub fn to_text(&self) -> String {
        let head = ["AGE", "REASON", "TYPE", "MESSAGE", "BYTES", ""].map(str::to_owned);
        let cells = self.candidates.iter().map(|candidate| {
            let Candidate { label, bytes, sent_at, .. } = candidate;
            [
                age(*sent_at),
                printable(label.reason.as_deref().unwrap_or("-")),
                printable(label.event_type.as_deref().unwrap_or("-")),
                label.message_ids.first().cloned().unwrap_or_default(),
                bytes.to_string(),
                match (candidate.missing, label.message_ids.len()) {
                    (Some(_), _) => candidate.incomplete(),
                    (None, 1) => String::new(),
                    (None, count) => format!("in {count} messages"),
                },
            ]
        });
        let rows: Vec<_> = std::iter::once(head).chain(cells).collect();
        columns(&rows)
    }
}

impl Candidate {
    /// States which parts are missing.
    pub fn incomplete(&self) -> String {
        let (here, count) = self.missing.unwrap_or_default();
        format!("only {here} of its {count} parts are here")
    }

    /// Reports whether one of these ids is the candidate's.
    pub fn has_any(&self, ids: &[String]) -> bool {
        self.count_of(ids) > 0
    }

    /// Counts the candidate's messages among these.
    pub fn count_of(&self, ids: &[String]) -> usize {
        self.label.message_ids.iter().filter(|id| ids.contains(id)).count()
    }
}

impl Target {
    fn choose(
        &self,
        mut candidates: Vec<Candidate>,
        in_flight: usize,
    ) -> Result<Vec<Candidate>, ParkingError> {
        match self {
            Self::Message(start) => {
                let has_start =
                    |one: &Candidate| one.label.message_ids.iter().any(|id| id.starts_with(start));
                candidates.retain(has_start);
                match candidates.len() {
                    0 => Err(ParkingError::no_message(start, in_flight)),
                    1 => Ok(candidates),
                    count => Err(ParkingError::Ambiguous(start.clone(), counted(count, "message"))),
                }
            }
            Self::Parked { reason, event_type } => {
                candidates.retain(|Candidate { label, .. }| {
                    label.reason.as_deref() == Some(reason.as_str())
                        && (event_type.is_none() || label.event_type == *event_type)
                });
                Ok(candidates)
            }
        }
    }
}

struct Looking<'a> {
    parking: &'a Parking,
    sorter: Sorter,
    candidates: Vec<Candidate>,
    /// Size and time of each message, by id.
    seen: HashMap<String, (usize, Option<SystemTime>)>,
}

impl<'a> Looking<'a> {
    fn new(parking: &'a Parking) -> Self {
        Self { parking, sorter: Sorter::default(), candidates: Vec::new(), seen: HashMap::new() }
    }

    fn add(&mut self, letter: Letter) {
        self.seen.insert(letter.message_id.clone(), (letter.body.len(), letter.sent_at()));
        match self.sorter.put(letter) {
            Sorted::Whole(item) => {
                let label = self.with_type(*item);
                self.push(label, None);
            }
            Sorted::Unreadable(label, _why) => self.push(label, None),
            Sorted::Copy(copy) => self.add_copy(copy),
            Sorted::Waiting => {}
        }
    }

    /// Fills in the type from the event's bytes, because a message with the fewest attributes lacks it.
    fn with_type(&self, item: Item) -> Label {
        let Item { parked, raw, mut label } = item;
        if label.event_type.is_none()
            && !parked.is_slice()
            && let Some(event) = self.parking.replay.readdress(&parked, &raw, None).pop()
        {
            label.event_type = event.type_name.as_deref().map(str::to_owned);
        }
        label
    }

    /// Adds the copy of a part to its event.
    fn add_copy(&mut self, copy: Label) {
        let is_its = |one: &&mut Candidate| {
            one.label.message_ids.len() > 1
                && (&one.label.event_type, &one.label.event_id) == (&copy.event_type, &copy.event_id)
        };
        match self.candidates.iter_mut().find(is_its) {
            Some(candidate) => candidate.label.message_ids.extend(copy.message_ids),
            None => self.push(copy, None),
        }
    }

    fn push(&mut self, label: Label, missing: Option<(usize, usize)>) {
        self.candidates.push(Candidate { label, bytes: 0, missing, sent_at: None });
    }

    fn end(mut self) -> Vec<Candidate> {
        for (label, here, count) in self.sorter.take_incomplete() {
            self.push(label, Some((here, count)));
        }
        for candidate in &mut self.candidates {
            let seen = candidate.label.message_ids.iter().filter_map(|id| self.seen.get(id));
            candidate.bytes = seen.clone().map(|(bytes, _)| bytes).sum();
            candidate.sent_at = seen.filter_map(|(_, sent_at)| *sent_at).min();
        }
        self.candidates
    }
}
