//! Deliveries of the demo, in order, with their expected results.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    DemoError,
    setup::{DemoEvent, Setup},
};
use crate::catalogue::Authentication;
use prelude_local::{
    aws::gateway::Request,
    prelude::{LocalPrelude, SIGNATURE_HEADER, SessionApp},
};

/// Challenge above 2^53, because a receiver that reads it as a floating-point number changes it.
const CHALLENGE: &str = "9007199254740993";
/// Bytes of random text in the oversize event: over 1 MiB even when compressed.
const OVERSIZE: usize = 1_572_864;

/// One invocation of the receiver.
pub(super) struct Delivery {
    /// Event of API Gateway.
    pub(super) event: Value,
    /// Expected answer.
    pub(super) expected: Expected,
    /// One row for the request, or for each of its events.
    pub(super) rows: Vec<Planned>,
}

/// Expected answer.
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Row of the report before the delivery.
pub(super) struct Planned {
    pub(super) sent: String,
    pub(super) destination: Destination,
}

/// Expected destination of a request or an event.
pub(super) enum Destination {
    /// No queue, because the challenge is answered.
    Challenge,
    /// No queue, because the request is refused.
    Refused,
    /// Queue of the event's type.
    Routed { queue: String, event_type: String, authentication: &'static str, body: String },
    /// Parking queue.
    Parked { queue: String, reason: &'static str, body: String },
}

/// All deliveries of the demo.
pub(super) fn deliveries(setup: &Setup, prelude: &LocalPrelude) -> Result<Vec<Delivery>, DemoError> {
    let unknown = |app_id: &String| DemoError::UnknownApp(app_id.clone());
    let app = prelude.app(&setup.app_id).ok_or_else(|| unknown(&setup.app_id))?;
    let other_app = prelude.app(&setup.other_app_id).ok_or_else(|| unknown(&setup.other_app_id))?;
    let planner = Planner { setup, prelude, app, other_app };
    let mut deliveries = vec![planner.activation()];
    deliveries.extend(planner.session_batch()?);
    deliveries.extend(planner.single_events()?);
    deliveries.extend(planner.parked()?);
    deliveries.extend(planner.refused()?);
    Ok(deliveries)
}

struct Planner<'a> {
    setup: &'a Setup,
    prelude: &'a LocalPrelude,
    app: &'a SessionApp,
    other_app: &'a SessionApp,
}

impl Planner<'_> {
    fn activation(&self) -> Delivery {
        let request = Request::new("GET", self.setup.path(), &self.setup.allowed_address);
        let request = request.query(self.app.activation_query(CHALLENGE));
        let expected = Expected { status: 200, body: format!("{{\"challenge\":{CHALLENGE}}}") };
        let rows =
            vec![Planned { sent: "activation challenge".to_owned(), destination: Destination::Challenge }];
        Delivery { event: request.http_api_event(), expected, rows }
    }

    /// All Session events in one batch, through a REST API.
    fn session_batch(&self) -> Result<Option<Delivery>, DemoError> {
        let events: Vec<_> = self.of(Authentication::AppKey).collect();
        if events.is_empty() {
            return Ok(None);
        }
        let body = self.app.batch(events.iter().map(|event| event.raw.trim()));
        let request = self.post(&body).header(SIGNATURE_HEADER, self.app.sign(&body)?);
        let rows = events.iter().map(|event| self.routed(event, "signature")).collect();
        Ok(Some(Delivery { event: request.rest_api_event(), expected: accepted(events.len()), rows }))
    }

    /// Every other event in its own request, through an HTTP API.
    fn single_events(&self) -> Result<Vec<Delivery>, DemoError> {
        let mut deliveries = Vec::new();
        for event in self.of(Authentication::AccountKey) {
            let request = self.signed_by_account(event.raw.trim())?;
            let rows = vec![self.routed(event, "signature")];
            deliveries.push(Delivery { event: request.http_api_event(), expected: accepted(1), rows });
        }
        for event in self.of(Authentication::SecretPath) {
            let request = self.post(event.raw.trim().as_bytes());
            let rows = vec![self.routed(event, "secret_path")];
            deliveries.push(Delivery { event: request.http_api_event(), expected: accepted(1), rows });
        }
        Ok(deliveries)
    }

    /// Authentic events without a queue of their own, the first one as base64.
    fn parked(&self) -> Result<Vec<Delivery>, DemoError> {
        let unknown = r#"{"id":"evt_demo_unknown","type":"verify.invented","payload":{"text":"é"}}"#;
        let foreign = r#"{"id":"evt_demo_source","type":"user.created","payload":{"user_id":"usr_demo"}}"#;
        let mut random = vec![0; OVERSIZE / 4 * 3];
        getrandom::fill(&mut random)?;
        let text = URL_SAFE_NO_PAD.encode(&random);
        let oversize =
            json!({"id": "evt_demo_oversize", "type": "verify.attempt", "payload": {"text": text}});
        let planned = [
            ("unknown type: verify.invented", "unknown_type", unknown.to_owned(), true),
            ("oversize: 1.5 MiB of random text", "oversize", oversize.to_string(), false),
            ("other source: flat user.created", "unknown_type", foreign.to_owned(), false),
        ];
        let delivery = |(sent, reason, body, base64): (&str, _, String, _)| {
            let mut request = self.signed_by_account(&body)?;
            request.force_base64 = base64;
            let destination = Destination::Parked { queue: self.setup.parking_queue(), reason, body };
            let rows = vec![Planned { sent: sent.to_owned(), destination }];
            Ok(Delivery { event: request.http_api_event(), expected: accepted(1), rows })
        };
        planned.into_iter().map(delivery).collect()
    }

    fn refused(&self) -> Result<Vec<Delivery>, DemoError> {
        let body = |id: &str| format!(r#"{{"id":"evt_demo_{id}","type":"verify.attempt","payload":{{}}}}"#);
        let genuine = self.prelude.account_key.sign(b"another body")?;
        let forged = self.post(body("forged").as_bytes()).header(SIGNATURE_HEADER, genuine);
        let unsigned = self.post(body("unsigned").as_bytes());
        let mut elsewhere = self.signed_by_account(&body("elsewhere"))?;
        elsewhere.source_ip.clone_from(&self.setup.foreign_address);
        let batch = self.app.batch([r#"{"id":"evt_demo_app","type":"user.created","payload":{}}"#]);
        let crossed = self.post(&batch).header(SIGNATURE_HEADER, self.other_app.sign(&batch)?);
        let planned = [
            ("forged signature", forged, 401, "unauthorized"),
            ("no signature", unsigned, 401, "unauthorized"),
            ("address not on the list", elsewhere, 403, "forbidden"),
            ("another app's key", crossed, 401, "unauthorized"),
        ];
        let delivery = |(sent, request, status, code): (&str, Request, _, _)| Delivery {
            event: request.http_api_event(),
            expected: Expected { status, body: json!({"error": code}).to_string() },
            rows: vec![Planned { sent: sent.to_owned(), destination: Destination::Refused }],
        };
        Ok(planned.into_iter().map(delivery).collect())
    }

    fn of(&self, authentication: Authentication) -> impl Iterator<Item = &DemoEvent> {
        self.setup.events.iter().filter(move |event| event.authentication == authentication)
    }

    fn routed(&self, event: &DemoEvent, authentication: &'static str) -> Planned {
        let destination = Destination::Routed {
            queue: format!("{}{}", self.setup.queue_prefix, event.queue_slug),
            event_type: event.event_type.clone(),
            authentication,
            body: event.raw.trim().to_owned(),
        };
        Planned { sent: event.event_type.clone(), destination }
    }

    fn post(&self, body: &[u8]) -> Request {
        Request::new("POST", self.setup.path(), &self.setup.allowed_address).json(body)
    }

    fn signed_by_account(&self, body: &str) -> Result<Request, DemoError> {
        let signature = self.prelude.account_key.sign(body.as_bytes())?;
        Ok(self.post(body.as_bytes()).header(SIGNATURE_HEADER, signature))
    }
}

fn accepted(count: usize) -> Expected {
    Expected { status: 200, body: json!({"accepted": count}).to_string() }
}
