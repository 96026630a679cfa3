//! Requests to post: body, signature, and expected status.

use prelude_events::{Envelope, EventType, Source};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::TriggerError;
use crate::{
    catalogue,
    trigger::outgoing::{Json, Outgoing, Tamper, fresh_sample, sample},
    trigger::sign::{Signer, SigningKeys, is_never_signed},
};
use prelude_local::prelude::{batch, samples};

/// Value for a member of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    path: Vec<String>,
    value: Json,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) =
            text.split_once('=').ok_or("expected path=value, such as payload.user_id=usr_1")?;
        let path: Vec<_> = path.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err("the path has an empty part: expected a path such as payload.user_id".to_owned());
        }
        let value = Json::parse(value).unwrap_or_else(|_text| Json::string(value));
        Ok(Self { path, value })
    }
}

/// Requests to send.
#[derive(Debug, Clone)]
pub struct Order {
    /// Types whose samples are sent; empty if a file is sent.
    pub types: Vec<EventType>,
    /// Body to send unchanged.
    pub file: Option<Vec<u8>>,
    /// Changes to the sample.
    pub set: Vec<Assignment>,
    /// The sample keeps its own ids and times.
    pub keep_ids: bool,
    /// App id of Session batches.
    pub app_id: String,
    /// Number of events in a Session batch.
    pub batch: usize,
    /// Number of requests for each type.
    pub count: usize,
    /// Each request is sent twice.
    pub duplicate: bool,
    /// Tampering with the requests.
    pub tamper: Tamper,
    /// Signing keys.
    pub keys: SigningKeys,
    /// Expected status, if it is not the usual one.
    pub expect: Option<u16>,
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) label: String,
    pub(super) body: Vec<u8>,
    pub(super) signature: Option<String>,
    pub(super) expected: u16,
    /// Exact bytes of the events.
    pub(super) events: Vec<Sent>,
}

/// One event in a request.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) event_type: Option<EventType>,
    pub(super) raw: String,
}

impl Sent {
    /// Name of the event's queue without routes; `None` for an event without a type of Prelude.
    pub(super) fn usual_queue(&self) -> Option<String> {
        let slug = self.event_type.as_ref().and_then(EventType::queue_slug)?;
        Some(format!("{}{slug}", samples::QUEUE_PREFIX))
    }
}

impl Order {
    /// Number of different requests. With `duplicate` each is sent twice.
    pub fn posts(&self) -> usize {
        self.types.len().max(1) * self.count
    }

    /// Number of requests to send.
    pub fn requests(&self) -> usize {
        self.posts() * if self.duplicate { 2 } else { 1 }
    }

    /// Paths of `--set` that add a member to a type which neither its sample nor its documentation has. Probably typos.
    pub fn unknown_members(&self) -> Vec<(String, EventType)> {
        let mut unknown = Vec::new();
        for event_type in &self.types {
            let Some(sample) = sample(event_type) else { continue };
            let documented: Vec<_> =
                catalogue::members(event_type).into_iter().map(|member| member.path).collect();
            for Assignment { path, value } in &self.set {
                let member = path.strip_prefix(&["payload".to_owned()][..]).unwrap_or(path).join(".");
                let is_known = sample.member(path).is_some() || documented.contains(&member);
                if !is_known && sample.clone().set(path, value.clone()).is_ok() {
                    unknown.push((path.join("."), event_type.clone()));
                }
            }
        }
        unknown
    }

    /// Makes the request with this index. Requests of one type follow each other.
    pub(super) fn post(&self, index: usize) -> Result<Post, TriggerError> {
        if let Some(body) = &self.file {
            let never_signed = is_never_signed(body) && !self.keys.is_named();
            return self.signed("file".to_owned(), body.clone(), Signer::of(body), never_signed);
        }
        let event_type = self.types.get(index / self.count.max(1)).ok_or(TriggerError::NoSample)?;
        let (label, source) = (event_type.to_string(), event_type.source().ok_or(TriggerError::NoSample)?);
        let body = if source == Source::Session {
            let events: Vec<_> = (0..self.batch).map(|_| self.event(event_type)).collect::<Result<_, _>>()?;
            batch(&self.app_id, events)
        } else {
            self.event(event_type)?.into_bytes()
        };
        self.signed(label, body, Signer::of_source(source), source == Source::VerifyV1)
    }

    fn event(&self, event_type: &EventType) -> Result<String, TriggerError> {
        let event = if self.keep_ids { sample(event_type) } else { fresh_sample(event_type) };
        let mut event = event.ok_or(TriggerError::NoSample)?;
        for Assignment { path, value } in &self.set {
            event.set(path, value.clone()).map_err(|steps| TriggerError::NoSuchPlace {
                path: path.join("."),
                at: path.get(..steps).unwrap_or_default().join("."),
                event_type: event_type.to_string(),
            })?;
        }
        Ok(event.to_string())
    }

    fn signed(
        &self,
        label: String,
        body: Vec<u8>,
        signer: Signer,
        never_signed: bool,
    ) -> Result<Post, TriggerError> {
        let events = events_in(&body);
        let Outgoing { body, signature } =
            Outgoing::new(body, self.keys.key(signer), never_signed, self.tamper)?;
        let expected = self.expect.unwrap_or_else(|| self.tamper.expected(never_signed));
        Ok(Post { label, body, signature, expected, events })
    }
}

/// Splits a body into events like the receiver.
fn events_in(body: &[u8]) -> Vec<Sent> {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        events: Vec<&'a RawValue>,
    }
    let sent = |raw: &str| {
        let event_type = Envelope::parse(raw).ok().map(|envelope| envelope.event_type);
        Sent { event_type, raw: raw.to_owned() }
    };
    match serde_json::from_slice::<Batch<'_>>(body) {
        Ok(batch) => batch.events.into_iter().map(|event| sent(event.get())).collect(),
        Err(_single) => vec![sent(&String::from_utf8_lossy(body))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn order(types: &[EventType]) -> Order {
        Order {
            types: types.to_vec(),
            file: None,
            set: Vec::new(),
            keep_ids: false,
            app_id: "demoapp1".to_owned(),
            batch: 1,
            count: 1,
            duplicate: false,
            tamper: Tamper::None,
            keys: SigningKeys::read(None).unwrap(),
            expect: None,
        }
    }

    #[test]
    fn an_assignment_is_a_path_and_json_or_text() {
        let assignment = |text: &str| text.parse::<Assignment>();
        assert_eq!(assignment("payload.n=1").unwrap().value, Json::Scalar("1".into()));
        assert_eq!(assignment("payload.n=\"1\"").unwrap().value, Json::string("1"));
        assert_eq!(assignment("a=x=y").unwrap().value, Json::string("x=y"));
        assert_eq!(assignment("a.0.b=").unwrap().value, Json::string(""));
        assert_eq!(assignment("a.0.b=").unwrap().path, ["a", "0", "b"]);
        for bad in ["a", "=1", "a.=1", ".a=1", "a..b=1"] {
            assert!(assignment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_batch_holds_the_given_number_of_different_events() {
        let order = Order { batch: 3, ..order(&[EventType::UserDeleted]) };
        let post = order.post(0).unwrap();
        let raws: std::collections::BTreeSet<_> = post.events.iter().map(|event| event.raw.clone()).collect();
        assert_eq!((raws.len(), post.expected), (3, 200));
        assert!(post.body.starts_with(br#"{"app_id":"demoapp1","events":["#));
        assert!(post.events.iter().all(|event| event.event_type == Some(EventType::UserDeleted)));
    }

    #[test]
    fn the_samples_own_ids_can_be_kept_and_members_set() {
        let set = ["payload.price.amount=0.0500", "payload.target.value=+33639980002", "id=evt_mine"];
        let set = set.map(|text| text.parse().unwrap()).to_vec();
        let order = Order { keep_ids: true, set, ..order(&[EventType::VerifyAttempt]) };
        let text = String::from_utf8(order.post(0).unwrap().body).unwrap();
        for part in
            [r#""amount":0.0500"#, r#""value":"+33639980002""#, r#""id":"evt_mine""#, "2025-03-04T17:59:25"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let order = Order { set: vec!["payload.id.x=1".parse().unwrap()], ..order };
        let error = order.post(0).unwrap_err().to_string();
        assert!(error.contains("payload.id.x") && error.contains("`payload.id`"), "{error}");
    }

    #[test]
    fn a_file_of_verify_v1_is_signed_only_with_a_key_of_the_user() {
        let body = br#"{"type":"attempt","payload":{}}"#.to_vec();
        let pem = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keys/account-2048.pem");
        for (key, is_signed) in [(None, false), (Some(&*pem), true)] {
            let keys = SigningKeys::read(key).unwrap();
            let post = Order { file: Some(body.clone()), keys, ..order(&[]) }.post(0).unwrap();
            assert_eq!((post.signature.is_some(), post.expected), (is_signed, 200));
        }
    }

    #[test]
    fn the_expected_status_depends_on_the_tampering() {
        let expected = |event_type: &EventType, tamper| {
            let post = Order { tamper, ..order(std::slice::from_ref(event_type)) }.post(0).unwrap();
            (post.expected, post.signature.is_some())
        };
        for event_type in [EventType::VerifyAttempt, EventType::UserCreated] {
            assert_eq!(expected(&event_type, Tamper::None), (200, true));
            assert_eq!(expected(&event_type, Tamper::Salt), (200, true));
            assert_eq!(expected(&event_type, Tamper::Unsigned), (401, false));
            for tamper in [Tamper::Body, Tamper::Signature, Tamper::Key] {
                assert_eq!(expected(&event_type, tamper), (401, true));
            }
        }
        assert_eq!(expected(&EventType::V1Attempt, Tamper::None), (200, false));
        assert_eq!(expected(&EventType::V1Attempt, Tamper::Unsigned), (200, false));
        assert_eq!(expected(&EventType::V1Attempt, Tamper::Key), (401, true));
    }
}
