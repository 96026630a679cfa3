use crate::{
    EventType, ParseError, RawJson, Timestamp, from_json::FromJson, members::Members, raw_json::kind,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

/// The members that every event has around its payload.
///
/// Prelude documents `{id, type, payload, created_at}` for Verify V2 and Notify, and a flat object for Verify
/// V1 (<https://docs.prelude.so/verify/v2/documentation/webhook>,
/// <https://docs.prelude.so/verify/v1/documentation/webhook>). The form of an element of a Session batch is not
/// documented, so an envelope is read with tolerance. Only a type is required. `null` and `""` count as absent. Unknown
/// members are ignored, and remain in [`raw`](Self::raw). A number in place of a text is read as its digits. An id of
/// any other form counts as absent.
///
/// Serializes as the event that was received, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The event's id, e.g. `evt_01jnh4zwabf1grfsaq955ej3mt`. It is the same on every retry.
    ///
    /// The id is not unique: Prelude's own examples reuse one id for several types. To recognise a duplicate, use the
    /// message attributes `source`, `app_id`, `event_type` and `event_id` together.
    pub id: Option<String>,
    /// The type, from `type`, otherwise from `event`. Only a text counts, because the receiver routes by texts only.
    pub event_type: EventType,
    /// The time at which Prelude created the event. Verify V1 sends `time` in the payload instead.
    pub created_at: Option<Timestamp>,
    /// Your own identifier, if it stands beside the payload.
    /// [`Received::correlation_id`](crate::Received::correlation_id) searches every place.
    pub correlation_id: Option<String>,
    /// The payload, from `payload`, otherwise from `data`, otherwise the whole event, which is then flat.
    pub payload: RawJson,
    /// The whole event as received.
    pub raw: RawJson,
}

impl Envelope {
    /// Reads the envelope and leaves the payload unread.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object with a type.
    pub fn parse(body: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Self::read(serde_json::from_slice(body.as_ref()).map_err(not_json)?)
    }

    pub(crate) fn read(raw: &RawValue) -> Result<Self, ParseError> {
        if !raw.get().starts_with('{') {
            return Err(ParseError::NotAnObject { found: kind(raw.get()) });
        }
        let members = Members::of(raw).map_err(not_json)?;
        let text = |name| serde_json::from_str::<String>(members.last(name)?.get()).ok();
        Ok(Self {
            id: optional(&members, "id"),
            event_type: text("type").or_else(|| text("event")).ok_or(ParseError::MissingType)?.into(),
            created_at: optional(&members, "created_at"),
            correlation_id: optional(&members, "correlation_id"),
            payload: members.last("payload").or_else(|| members.last("data")).unwrap_or(raw).into(),
            raw: raw.into(),
        })
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(&raw).map_err(de::Error::custom)
    }
}

/// Counts an unreadable member as absent, because no member around the payload is worth losing the event.
fn optional<T: FromJson>(members: &Members<'_>, name: &str) -> Option<T> {
    T::from_json(members.last(name)?).ok()
}

/// Keeps the position of the error and drops its message, which may quote the body.
fn not_json(error: serde_json::Error) -> ParseError {
    ParseError::NotJson { line: error.line(), column: error.column() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn payload(body: &str, expected: &str) {
        assert_eq!(Envelope::parse(body).unwrap().payload.as_str(), expected);
    }

    #[test]
    fn the_payload_is_found_where_it_stands() {
        payload(r#"{"type":"a","payload":{"n":1},"data":{"n":2}}"#, r#"{"n":1}"#);
        payload(r#"{"type":"a","data":{"n":2}}"#, r#"{"n":2}"#);
        payload(r#"{"type":"a","payload":null,"data":{"n":2}}"#, r#"{"n":2}"#);
        payload(r#"{"type":"a","payload":"","n":3}"#, r#"{"type":"a","payload":"","n":3}"#);
        payload(r#" {"type":"a","n":3} "#, r#"{"type":"a","n":3}"#);
        payload(r#"{"type":"a","payload":{}}"#, "{}");
    }

    #[test]
    fn the_type_is_found_where_it_stands() {
        for body in [
            r#"{"type":"user.deleted"}"#,
            r#"{"event":"user.deleted"}"#,
            r#"{"type":null,"event":"user.deleted"}"#,
            r#"{"type":"","event":"user.deleted"}"#,
            r#"{"type":{"odd":1},"event":"user.deleted"}"#,
            r#"{"type":"user.deleted","event":"user.created"}"#,
            r#"{"type":"user.created","type":"user.deleted"}"#,
            r#"{"type":"user\u002edeleted"}"#,
        ] {
            assert_eq!(Envelope::parse(body).unwrap().event_type, EventType::UserDeleted, "{body}");
        }
        for body in ["{}", r#"{"type":7}"#, r#"{"type":""}"#, r#"{"event":[]}"#] {
            assert_eq!(Envelope::parse(body), Err(ParseError::MissingType), "{body}");
        }
    }

    #[test]
    fn nothing_but_the_type_is_required() {
        for body in [
            r#"{"type":"a"}"#,
            r#"{"type":"a","id":null,"created_at":null,"correlation_id":null}"#,
            r#"{"type":"a","id":"","created_at":"","correlation_id":""}"#,
            r#"{"type":"a","id":true,"correlation_id":{}}"#,
            r#"{"type":"a","id":["secret"],"correlation_id":false}"#,
        ] {
            let envelope = Envelope::parse(body).unwrap();
            assert_eq!(
                (envelope.id, envelope.created_at, envelope.correlation_id),
                (None, None, None),
                "{body}"
            );
        }
    }

    #[test]
    fn a_number_is_read_as_its_digits_but_is_not_a_type() {
        let body = r#"{"type":7,"event":"a","id":1.50,"correlation_id":123456789012345678901234567890}"#;
        let envelope = Envelope::parse(body).unwrap();
        assert_eq!(envelope.event_type.as_str(), "a");
        assert_eq!(envelope.id.as_deref(), Some("1.50"));
        assert_eq!(envelope.correlation_id.as_deref(), Some("123456789012345678901234567890"));
    }

    #[test]
    fn serializes_as_received() {
        let body = r#"{"type" : "a", "later":[1.0, 1e400], "payload":{"amount":0.0090}}"#;
        assert_eq!(serde_json::to_string(&Envelope::parse(body).unwrap()).unwrap(), body);
        assert_eq!(serde_json::from_str::<Envelope>(body).unwrap(), Envelope::parse(body).unwrap());
    }

    #[test]
    fn the_error_names_the_reason() {
        assert_eq!(Envelope::parse("[1]"), Err(ParseError::NotAnObject { found: "an array" }));
        assert_eq!(Envelope::parse("\"secret\""), Err(ParseError::NotAnObject { found: "a string" }));
        assert_eq!(Envelope::parse("{\n\"a\": secret}"), Err(ParseError::NotJson { line: 2, column: 6 }));
        for body in [&b""[..], b"{", b"{}{}", b"\xff", b"{\"type\":\"\xff\"}", br#"{"\ud800":1,"type":"a"}"#]
        {
            assert!(matches!(Envelope::parse(body), Err(ParseError::NotJson { .. })), "{body:?}");
        }
    }
}
