//! Requests that the contenders receive: events of an HTTP API, signed with the keys of `tests/keys`.

use bytes::Bytes;
use prelude_local::{
    aws::gateway::Request,
    prelude::{
        ADDRESSES, SIGNATURE_HEADER, batch,
        samples::{APP_ID, Keys, PATH_TOKEN},
        workload::session_events,
    },
};

use crate::error::Result;

/// Kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// One Verify event.
    One,
    /// A Session batch of this many events of seven types.
    Batch(u32),
    /// One Verify event that fills Lambda's largest invocation.
    Largest,
}

/// Cases of the tables: every contender takes part.
pub(crate) const CASES: [Case; 5] =
    [Case::One, Case::Batch(25), Case::Batch(500), Case::Batch(2_000), Case::Largest];

/// More sizes for the plot of CPU per event: the receiver and the floors take part.
pub(crate) const SIZES: [Case; 8] = [
    Case::Batch(1),
    Case::Batch(2),
    Case::Batch(5),
    Case::Batch(10),
    Case::Batch(50),
    Case::Batch(100),
    Case::Batch(200),
    Case::Batch(1_000),
];

/// A request, and the events in it.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Invocation of the function.
    pub(crate) invocation: Bytes,
    /// The exact text of each event.
    pub(crate) events: Vec<String>,
}

/// Largest invocation that Lambda accepts, in bytes.
const LARGEST_INVOCATION: usize = 6_291_556;

/// Length of the signature header's value for a key of 2048 bits.
const SIGNATURE_LENGTH: usize = 360;

impl Case {
    /// Name in files of results.
    pub(crate) fn id(self) -> String {
        match self {
            Self::One => "one".to_owned(),
            Self::Batch(count) => format!("batch-{count}"),
            Self::Largest => "largest".to_owned(),
        }
    }

    /// Name in tables.
    pub(crate) fn label(self) -> String {
        match self {
            Self::One => "one event".to_owned(),
            Self::Batch(1) => "batch of 1 event".to_owned(),
            Self::Batch(count) => format!("batch of {} events", crate::report::number(f64::from(count), 0)),
            Self::Largest => "one event of 6 MB".to_owned(),
        }
    }

    /// Number of events.
    pub(crate) const fn events(self) -> u32 {
        match self {
            Self::One | Self::Largest => 1,
            Self::Batch(count) => count,
        }
    }

    /// Number of requests in a block: the more, the shorter a request is.
    pub(crate) const fn requests(self) -> u32 {
        match self {
            Self::Largest => 1,
            Self::One => 40,
            Self::Batch(count) => {
                let requests = 1_200 / (count + 30);
                if requests == 0 { 1 } else { requests }
            }
        }
    }

    /// Number of requests before the first measured block.
    pub(crate) const fn warm_up(self) -> u32 {
        match self {
            Self::Largest => 1,
            _ => 5 * self.requests(),
        }
    }

    /// Signs the request.
    pub(crate) fn delivery(self) -> Result<Delivery> {
        let keys = Keys::read()?;
        let (body, events, key) = match self {
            Self::One => {
                let event = verify_event("\"sms\"");
                (event.clone().into_bytes(), vec![event], keys.account)
            }
            Self::Batch(count) => {
                let events: Vec<_> = session_events(count as usize).collect();
                (batch(APP_ID, &events), events, keys.app)
            }
            Self::Largest => {
                let event = largest_event();
                (event.clone().into_bytes(), vec![event], keys.account)
            }
        };
        let signature = key.sign(&body)?;
        let invocation =
            request(body).header(SIGNATURE_HEADER, signature).http_api_event().to_string().into();
        Ok(Delivery { invocation, events })
    }
}

fn request(body: Vec<u8>) -> Request {
    let [address, ..] = ADDRESSES;
    Request::new("POST", format!("/webhooks/{PATH_TOKEN}"), address).json(body)
}

fn verify_event(channel: &str) -> String {
    let payload =
        format!(r#"{{"verification_id":"vrf_1","id":"att","to":"+33600000000","channel":{channel}}}"#);
    format!(
        r#"{{"id":"evt_1","type":"verify.attempt","created_at":"2026-11-21T00:00:00Z","payload":{payload}}}"#
    )
}

/// Event with a member that no compression shortens by more than a quarter. Always the same.
fn largest_event() -> String {
    let mut random = fastrand::Rng::with_seed(1);
    // As long a text as the whole invocation shows what the rest takes.
    let too_long = verify_event(&format!("\"{}\"", "x".repeat(LARGEST_INVOCATION)));
    let too_long = request(too_long.into_bytes())
        .header(SIGNATURE_HEADER, "x".repeat(SIGNATURE_LENGTH))
        .http_api_event();
    let length = LARGEST_INVOCATION.saturating_sub(too_long.to_string().len() - LARGEST_INVOCATION);
    let text: String = (0..length).map(|_| random.alphanumeric()).collect();
    verify_event(&format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_within_lambdas_limit_and_has_its_events() {
        for case in CASES.into_iter().chain(SIZES) {
            let delivery = case.delivery().unwrap();
            assert!(delivery.invocation.len() <= LARGEST_INVOCATION, "{case:?}");
            assert_eq!(delivery.events.len(), case.events() as usize, "{case:?}");
            let event: serde_json::Value = serde_json::from_slice(&delivery.invocation).unwrap();
            let body = event["body"].as_str().unwrap();
            assert!(delivery.events.iter().all(|event| body.contains(event)), "{case:?}");
            let spare = LARGEST_INVOCATION - delivery.invocation.len();
            assert!(case != Case::Largest || spare < 100, "{spare} bytes are left");
        }
    }
}
