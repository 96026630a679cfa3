use crate::{
    EventType, ParseError, RawJson, Timestamp,
    raw_json::{is_blank, kind},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What every event has around its payload.
///
/// Prelude documents `{id, type, payload, created_at}` for Verify V2 and Notify, and a flat object for Verify
/// V1 (<https://docs.prelude.so/verify/v2/documentation/webhook>,
/// <https://docs.prelude.so/verify/v1/documentation/webhook>). The shape of an element of a Session batch is
/// not documented, so an envelope is read with tolerance: only a type is required, `null` and `""` count as
/// absent, and unknown members are ignored, though they remain in [`raw`](Self::raw).
///
/// Serializes as the event that was received, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The event's id, e.g. `evt_01jnh4zwabf1grfsaq955ej3mt`, the same on every retry. A Verify V1 id is not
    /// known to be unique: use the `event_id` attribute of the SQS message to tell duplicates.
    pub id: Option<String>,
    /// From `type`, else from `event`.
    pub event_type: EventType,
    /// When Prelude created the event. Verify V1 sends none; its payload has a `time`.
    pub created_at: Option<Timestamp>,
    /// Your own identifier, where it stands beside the payload.
    /// [`Received::correlation_id`](crate::Received::correlation_id) looks in all places.
    pub correlation_id: Option<String>,
    /// From `payload`, else from `data`, else the whole event, which is then flat.
    pub payload: RawJson,
    /// The whole event as received.
    pub raw: RawJson,
}

impl Envelope {
    /// Reads the envelope alone, and leaves the payload unread.
    ///
    /// # Errors
    ///
    /// Where the body is not a JSON object with a type.
    pub fn parse(body: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Self::read(serde_json::from_slice(body.as_ref()).map_err(not_json)?)
    }

    pub(crate) fn read(raw: &RawValue) -> Result<Self, ParseError> {
        let members = Members::of(raw)?;
        Ok(Self {
            id: members.text("id"),
            event_type: members
                .text("type")
                .or_else(|| members.text("event"))
                .ok_or(ParseError::MissingType)?
                .into(),
            created_at: members.value("created_at").and_then(|raw| serde_json::from_str(raw.get()).ok()),
            correlation_id: members.text("correlation_id"),
            payload: members.value("payload").or_else(|| members.value("data")).unwrap_or(raw).into(),
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

/// The members of an event, unread. Of a repeated name the last counts.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn of(raw: &'a RawValue) -> Result<Self, ParseError> {
        if !raw.get().starts_with('{') {
            return Err(ParseError::NotAnObject { found: kind(raw.get()) });
        }
        // What fails here is a name that is no valid string, such as half a surrogate pair.
        serde_json::from_str(raw.get()).map(Self).map_err(not_json)
    }

    fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied().filter(|raw| !is_blank(raw.get()))
    }

    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.value(name)?.get()).ok()
    }
}

/// Keeps the position and drops the message, which may quote the body.
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
            r#"{"type":"a","id":7,"correlation_id":{}}"#,
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
    fn serializes_as_received() {
        let body = r#"{"type" : "a", "later":[1.0, 1e400], "payload":{"amount":0.0090}}"#;
        assert_eq!(serde_json::to_string(&Envelope::parse(body).unwrap()).unwrap(), body);
        assert_eq!(serde_json::from_str::<Envelope>(body).unwrap(), Envelope::parse(body).unwrap());
    }

    #[test]
    fn what_is_no_event_is_named() {
        assert_eq!(Envelope::parse("[1]"), Err(ParseError::NotAnObject { found: "an array" }));
        assert_eq!(Envelope::parse("\"secret\""), Err(ParseError::NotAnObject { found: "a string" }));
        assert_eq!(Envelope::parse("{\n\"a\": secret}"), Err(ParseError::NotJson { line: 2, column: 6 }));
        for body in [&b""[..], b"{", b"{}{}", b"\xff", b"{\"type\":\"\xff\"}", br#"{"\ud800":1,"type":"a"}"#]
        {
            assert!(matches!(Envelope::parse(body), Err(ParseError::NotJson { .. })), "{body:?}");
        }
    }
}
