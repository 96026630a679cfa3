//! The cost of verification: each price once, with its exact digits.

use prelude_consumer::RecordError;
use prelude_events::{Decimal, Envelope, Event};

use crate::{authentication::Authentication, time};

/// A price that Prelude charged.
#[derive(Debug, PartialEq, Eq)]
pub struct Charge {
    /// The same for every event that reports the charge.
    pub id: String,
    pub amount: Decimal,
    pub currency: String,
    /// Month in UTC, e.g. `2025-03`.
    pub month: String,
    /// Reports whether a signature vouches for the charge. The costs of the others are a sum of their own.
    pub is_verified: bool,
}

impl Charge {
    /// `None` for an event without a price.
    pub fn of(
        event: &Event,
        envelope: &Envelope,
        authentication: Authentication,
    ) -> Result<Option<Self>, RecordError> {
        let (kind, id, price, time) = match event {
            Event::VerifyAuthentication(it) => ("verification", &it.verification_id, &it.price, &it.time),
            Event::VerifyAttempt(it) => ("attempt", &it.id, &it.price, &it.time),
            // Carries the price of its attempt again.
            Event::VerifyDeliveryStatus(it) => ("attempt", &it.attempt_id, &it.price, &it.time),
            Event::V1Authentication(it) => ("authentication", &it.auth_uuid, &it.price, &it.time),
            Event::V1Attempt(it) => ("attempt", &it.attempt_uuid, &it.price, &it.time),
            _ => return Ok(None),
        };
        let Some(price) = price else { return Ok(None) };
        let Some(amount) = &price.amount else { return Ok(None) };
        let (Some(id), Some(currency)) = (id, &price.currency) else {
            return Err(RecordError::new("charge is incomplete: expected an id and a currency"));
        };
        let (_, nanos) = time::first_readable([time.as_ref(), envelope.created_at.as_ref()])?;
        Ok(Some(Self {
            id: format!("{kind}#{id}"),
            amount: amount.clone(),
            currency: currency.clone(),
            month: time::month(nanos)?,
            is_verified: authentication == Authentication::Signature,
        }))
    }
}

#[cfg(test)]
mod tests {
    use prelude_events::Received;

    use super::*;

    fn charge(body: &str) -> Result<Option<Charge>, RecordError> {
        let received = Received::parse(body).unwrap();
        Charge::of(&received.event, &received.envelope, Authentication::Signature)
    }

    #[test]
    fn a_delivery_report_has_the_charge_of_its_attempt() {
        let price = r#""price":{"amount":0.0300,"currency":"EUR"},"time":"2025-03-31T23:59:59Z""#;
        let attempt = format!(r#"{{"type":"verify.attempt","payload":{{"id":"a1",{price}}}}}"#);
        let report = format!(
            r#"{{"type":"verify.delivery_status","payload":{{"id":"d1","attempt_id":"a1",{price}}}}}"#
        );
        let attempt = charge(&attempt).unwrap().unwrap();
        assert_eq!(Some(&attempt), charge(&report).unwrap().as_ref());
        assert_eq!(
            (&*attempt.id, attempt.amount.as_str(), &*attempt.month),
            ("attempt#a1", "0.0300", "2025-03")
        );
    }

    #[test]
    fn an_event_without_a_price_has_no_charge() {
        for body in [
            r#"{"type":"verify.attempt","payload":{"id":"a1"}}"#,
            r#"{"type":"verify.attempt","payload":{"id":"a1","price":{"currency":"EUR"}}}"#,
            r#"{"type":"delivery_status","price":{"amount":1,"currency":"EUR"}}"#,
            r#"{"type":"user.created","payload":{}}"#,
            r#"{"type":"verify.newer","payload":{"price":{"amount":1}}}"#,
        ] {
            assert_eq!(charge(body), Ok(None), "{body}");
        }
    }

    #[test]
    fn an_incomplete_charge_fails() {
        for (id, price, time) in [
            ("null", r#"{"amount":1,"currency":"EUR"}"#, "2025-03-31T23:59:59Z"),
            (r#""a1""#, r#"{"amount":1}"#, "2025-03-31T23:59:59Z"),
            (r#""a1""#, r#"{"amount":1,"currency":"EUR"}"#, "yesterday"),
        ] {
            let payload = format!(r#"{{"id":{id},"price":{price},"time":"{time}"}}"#);
            charge(&format!(r#"{{"type":"verify.attempt","payload":{payload}}}"#)).unwrap_err();
        }
    }
}
