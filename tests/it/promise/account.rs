//! Account of a delivery: matches the sent entries with the delivery's events.
//!
//! Every entry is one of the events, and every event is as durable as the answer requires.

use std::collections::{BTreeMap, HashMap};

use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::value::RawValue;

use super::delivery::{Delivery, Expected, Place, hash_id};
use crate::support::{
    faults::{
        UNLISTED,
        ledger::{Answered, Call, Sent},
    },
    parked::decode,
    stack::REQUEST_ID,
};

/// Result of one delivery.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Durable events by their bytes, with the number of copies.
    pub(super) durable: HashMap<Vec<u8>, usize>,
    /// Number of parked events by reason.
    pub(super) parked: BTreeMap<String, usize>,
    /// Ids of the slices, if the batch was sliced.
    pub(super) slices: Vec<String>,
}

/// Checks the calls that one delivery made against its events and its answer.
pub(super) fn settle(delivery: &Delivery, calls: &[Call], accepted: bool) -> Result<Account, TestCaseError> {
    let is_fifo = calls.iter().any(|call| call.queue.ends_with(".fifo"));
    let mut found = Found { is_fifo, ..Found::default() };
    let events: HashMap<&[u8], &Expected> =
        delivery.events.iter().map(|event| (event.raw.as_slice(), event)).collect();
    for call in calls {
        let slug = call.queue.trim_end_matches(".fifo");
        found.queue_refusals.entry(slug.to_owned()).or_default().extend(call.refusal.clone());
        for sent in &call.sent {
            prop_assert!(
                sent.stored || sent.answered != Answered::Durable,
                "an acknowledged entry is not stored"
            );
            if slug == "unrouted" {
                found.parked(delivery, &events, sent)?;
            } else {
                found.routed(delivery, slug, sent)?;
            }
        }
    }
    found.join_parts(delivery, &events)?;
    if delivery.sliced {
        return found.whole_in_slices(delivery, accepted);
    }
    let mut copies = HashMap::<&[u8], usize>::new();
    for event in &delivery.events {
        *copies.entry(&event.raw).or_default() += 1;
    }
    let mut account = Account::default();
    for (raw, copies) in copies {
        let event = events[raw];
        let routed = found.routed.get(raw).copied().unwrap_or_default();
        let parked = found.parked.get(raw).map(Vec::as_slice).unwrap_or_default();
        let acknowledged = routed + parked.len();
        account.durable.insert(raw.to_vec(), acknowledged);
        let shown = shown(event);
        prop_assert!(acknowledged <= copies, "{acknowledged} copies of {copies} were acknowledged: {shown}");
        prop_assert!(!accepted || acknowledged == copies, "200, and {acknowledged} of {copies}: {shown}");
        for reason in parked {
            found.may_be_parked(delivery, event, reason)?;
            *account.parked.entry(reason.clone()).or_default() += 1;
        }
    }
    Ok(account)
}

#[derive(Default)]
struct Found {
    is_fifo: bool,
    /// Number of times that an event was acknowledged in its queue.
    routed: HashMap<Vec<u8>, usize>,
    /// Reasons with which an event was acknowledged in the parking queue, once for each time.
    parked: HashMap<Vec<u8>, Vec<String>>,
    /// Parts by `event_id`, reason and number of parts.
    parts: BTreeMap<(String, String, usize), Parts>,
    /// Codes with which SQS refused an event on its way to its queue.
    refusals: HashMap<Vec<u8>, Vec<String>>,
    /// Codes with which a queue refused whole calls, by its slug.
    queue_refusals: HashMap<String, Vec<String>>,
    /// Number of times that an event was sent by itself, with any result.
    sent: HashMap<Vec<u8>, usize>,
}

/// Body of each part by its index, with the number of times it was acknowledged.
type Parts = BTreeMap<usize, (String, usize)>;

impl Found {
    fn routed(&mut self, delivery: &Delivery, slug: &str, sent: &Sent) -> Result<(), TestCaseError> {
        let body = &sent.entry.message_body;
        let event = delivery.events.iter().find(|event| {
            event.place == place_of(slug, event)
                && event.raw.len() <= body.len()
                && event.routed_body() == *body
        });
        let event = event.ok_or_else(|| {
            TestCaseError::fail(format!("{slug} has a message that is not an event of the delivery"))
        })?;
        attributes(delivery, event, sent, None)?;
        *self.sent.entry(event.raw.clone()).or_default() += 1;
        match &sent.answered {
            Answered::Durable => *self.routed.entry(event.raw.clone()).or_default() += 1,
            Answered::Refused(code) => self.refusals.entry(event.raw.clone()).or_default().push(code.clone()),
            Answered::Nothing => {}
        }
        Ok(())
    }

    fn parked(
        &mut self,
        delivery: &Delivery,
        events: &HashMap<&[u8], &Expected>,
        sent: &Sent,
    ) -> Result<(), TestCaseError> {
        let reason = attribute(sent, "reason").unwrap_or_default().to_owned();
        let encoding = attribute(sent, "encoding");
        let durable = usize::from(sent.answered == Answered::Durable);
        if let Some((_, part)) = encoding.and_then(|encoding| encoding.split_once(";part=")) {
            let (index, count) = part.split_once('/').unwrap();
            let event_id = attribute(sent, "event_id").unwrap_or_default().to_owned();
            let parts = self.parts.entry((event_id, reason, count.parse().unwrap())).or_default();
            let body = &sent.entry.message_body;
            let part = parts.entry(index.parse().unwrap()).or_insert_with(|| (body.clone(), 0));
            prop_assert!(part.0 == *body, "a part was cut at another place");
            part.1 += durable;
            return Ok(());
        }
        let raw = decode(encoding.unwrap_or("text"), &sent.entry.message_body);
        self.is_ours(delivery, events, &raw, sent, &reason)?;
        if reason == "batch_too_large" && !delivery.sliced {
            return self.slice(delivery, &raw, durable > 0);
        }
        *self.sent.entry(raw.clone()).or_default() += 1;
        if durable > 0 {
            self.parked.entry(raw).or_default().push(reason);
        }
        Ok(())
    }

    /// Records the elements of a slice, for which a slow FIFO queue left no time. None of them was sent before.
    fn slice(&mut self, delivery: &Delivery, raw: &[u8], durable: bool) -> Result<(), TestCaseError> {
        let elements: Vec<&RawValue> = serde_json::from_slice(raw).unwrap();
        for element in elements {
            let element = element.get().as_bytes();
            let copies = delivery.events.iter().filter(|event| event.raw == element).count();
            let sent = self.sent.get(element).copied().unwrap_or_default();
            prop_assert!(copies > 0, "a slice contains bytes that are not an event of the delivery");
            prop_assert!(sent == 0 || copies > 1, "an event was sent and then sliced");
            if durable {
                self.parked.entry(element.to_vec()).or_default().push("batch_too_large".to_owned());
            }
        }
        Ok(())
    }

    /// Checks that parked bytes are an event or a slice, with its attributes.
    fn is_ours(
        &self,
        delivery: &Delivery,
        events: &HashMap<&[u8], &Expected>,
        raw: &[u8],
        sent: &Sent,
        reason: &str,
    ) -> Result<(), TestCaseError> {
        if reason == "batch_too_large" {
            let place = Place::Parked("batch_too_large");
            let slice = Expected { raw: raw.to_vec(), place, event_id: hash_id(raw), event_type: None };
            return attributes(delivery, &slice, sent, Some(reason));
        }
        let event = events
            .get(raw)
            .ok_or_else(|| TestCaseError::fail("parked bytes are not an event of the delivery"))?;
        attributes(delivery, event, sent, Some(reason))
    }

    /// Joins the parts of each event.
    fn join_parts(
        &mut self,
        delivery: &Delivery,
        events: &HashMap<&[u8], &Expected>,
    ) -> Result<(), TestCaseError> {
        for ((event_id, reason, count), parts) in std::mem::take(&mut self.parts) {
            let whole = (1..=count).map(|index| parts.get(&index).map_or(0, |part| part.1)).min();
            let most = parts.values().map(|part| part.1).max();
            // A batch may hold the same event more than once. Then each of its parts is sent as often.
            let copies = delivery.events.iter().filter(|event| event.event_id == event_id).count();
            prop_assert!(most <= Some(copies.max(1)), "a part was acknowledged too often");
            if parts.len() < count {
                continue;
            }
            let text: String = parts.into_values().map(|part| part.0).collect();
            let raw = decode("gzip+base64", &text);
            if delivery.sliced {
                prop_assert_eq!(&event_id, &hash_id(&raw));
            } else {
                let event = events.get(raw.as_slice());
                prop_assert_eq!(event.map(|event| &event.event_id), Some(&event_id));
            }
            let whole = std::iter::repeat_n(reason, whole.unwrap_or_default());
            self.parked.entry(raw).or_default().extend(whole);
        }
        Ok(())
    }

    /// Checks the reason of a parked event: its own, a code of SQS, or the lack of time.
    fn may_be_parked(
        &self,
        delivery: &Delivery,
        event: &Expected,
        reason: &str,
    ) -> Result<(), TestCaseError> {
        if reason == "batch_too_large" && self.is_fifo && delivery.source == Some("session") {
            return Ok(());
        }
        let codes = |codes: Option<&Vec<String>>| codes.cloned().unwrap_or_default();
        let said: Vec<_> = match event.place {
            Place::Parked(own) => vec![own],
            Place::Queue(slug) => {
                let (of_event, of_queue) =
                    (codes(self.refusals.get(&event.raw)), codes(self.queue_refusals.get(slug)));
                let is_unlisted =
                    |codes: &[String]| codes.iter().filter(|code| *code == UNLISTED).count() >= 3;
                let closed = of_queue
                    .iter()
                    .filter_map(|code| reason_of(code))
                    .filter(|reason| *reason != "rejected_by_sqs");
                let unlisted = [
                    is_unlisted(&of_queue).then_some("queue_denied"),
                    is_unlisted(&of_event).then_some("rejected_by_sqs"),
                ];
                let of_event = of_event.iter().filter_map(|code| reason_of(code));
                of_event.chain(closed).chain(unlisted.into_iter().flatten()).collect()
            }
        };
        prop_assert!(said.contains(&reason), "parked as {reason}, not {said:?}: {}", shown(event));
        Ok(())
    }

    fn whole_in_slices(&self, delivery: &Delivery, accepted: bool) -> Result<Account, TestCaseError> {
        let mut account = Account::default();
        let mut elements = Vec::new();
        for (raw, reasons) in &self.parked {
            prop_assert_eq!(reasons.as_slice(), ["batch_too_large"]);
            let slice: Vec<&RawValue> = serde_json::from_slice(raw).unwrap();
            elements.extend(slice.into_iter().map(|element| element.get().as_bytes().to_vec()));
            account.slices.push(hash_id(raw));
            *account.parked.entry("batch_too_large".to_owned()).or_default() += 1;
        }
        let mut expected: Vec<_> = delivery.events.iter().map(|event| event.raw.clone()).collect();
        elements.sort();
        expected.sort();
        prop_assert!(
            !accepted || elements == expected,
            "the answer is 200, but the slices are not the batch"
        );
        account.slices.sort();
        Ok(account)
    }
}

/// Place that an event must have if it is in this queue.
fn place_of(slug: &str, event: &Expected) -> Place {
    match event.place {
        Place::Queue(own) if own == slug => Place::Queue(own),
        _ => Place::Parked(""),
    }
}

/// Parking reason for a code of SQS; none for codes that a retry may mend.
fn reason_of(code: &str) -> Option<&'static str> {
    match code {
        "InvalidMessageContents" | "InvalidParameterValue" => Some("rejected_by_sqs"),
        "QueueDoesNotExist" => Some("queue_missing"),
        "AccessDeniedException" => Some("queue_denied"),
        code if code.starts_with("KMS.") && !code.starts_with("KMS.Throttling") => Some("queue_denied"),
        _ => None,
    }
}

/// Checks an entry's attributes. An entry with an encoding may lack the optional ones.
fn attributes(
    delivery: &Delivery,
    event: &Expected,
    sent: &Sent,
    reason: Option<&str>,
) -> Result<(), TestCaseError> {
    let shown = shown(event);
    prop_assert_eq!(attribute(sent, "event_id"), Some(event.event_id.as_str()), "{}", shown);
    prop_assert_eq!(attribute(sent, "source"), delivery.source, "{}", shown);
    prop_assert_eq!(attribute(sent, "authentication"), Some(delivery.authentication), "{}", shown);
    prop_assert_eq!(attribute(sent, "reason"), reason, "{}", shown);
    prop_assert!(attribute(sent, "received_at").is_some());
    let is_encoded = attribute(sent, "encoding").is_some();
    let optional = [
        ("event_type", event.event_type.as_deref()),
        ("app_id", delivery.app_id),
        ("request_id", Some(REQUEST_ID)),
    ];
    for (name, value) in optional {
        let found = attribute(sent, name);
        prop_assert!(found == value || is_encoded && found.is_none(), "{name} is {found:?}: {shown}");
    }
    Ok(())
}

fn attribute<'a>(sent: &'a Sent, name: &str) -> Option<&'a str> {
    sent.entry.message_attributes.get(name)?.string_value.as_deref()
}

/// Beginning of an event, because some events have a megabyte.
fn shown(event: &Expected) -> String {
    let raw = String::from_utf8_lossy(&event.raw);
    raw.chars().take(120).collect()
}
