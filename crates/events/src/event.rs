use crate::{
    Envelope, EventType, ParseError, RawJson,
    event_type::event_types,
    from_json::FromJson,
    payload::{Correlated, inbound, notify, session, subscription, verify, verify_v1},
};
use serde::{Serialize, Serializer};

macro_rules! define_event {
    ($(
        $variant:ident => $source:ident, $wire:literal, $slug:literal,
        $payload:ty, $provenance:ident $page:literal, $meaning:literal;
    )+) => {
        /// The typed view of an event: one variant per [`EventType`] with that type's payload.
        ///
        /// Match on the variants that you handle, and end with an arm for all others. A type that this version does
        /// not know is a value, not an error. Serializes as the payload.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event {
            $(
                #[doc = concat!("`", $wire, "`.")]
                #[doc = $meaning]
                $variant($payload),
            )+
            /// A type this version does not know.
            #[non_exhaustive]
            Unknown {
                /// The type as received.
                event_type: String,
                /// The payload as received.
                payload: RawJson,
            },
        }

        impl Event {
            /// Reads the payload of `envelope` in the form of its type.
            ///
            /// # Errors
            ///
            /// [`ParseError::Payload`] if the type is known and a member has an undocumented form.
            pub fn parse(envelope: &Envelope) -> Result<Self, ParseError> {
                match &envelope.event_type {
                    $( EventType::$variant => decode::<$payload>(envelope).map(Self::$variant), )+
                    EventType::Unknown(name) => {
                        Ok(Self::Unknown { event_type: name.clone(), payload: envelope.payload.clone() })
                    }
                }
            }

            /// The type of this event.
            pub fn event_type(&self) -> EventType {
                match self {
                    $( Self::$variant(_) => EventType::$variant, )+
                    Self::Unknown { event_type, .. } => EventType::from(event_type.as_str()),
                }
            }

            /// The identifier in the payload that ties this event to others: your own identifier, or that of Session.
            pub fn correlation_id(&self) -> Option<&str> {
                match self {
                    $( Self::$variant(payload) => payload.correlation_id(), )+
                    Self::Unknown { .. } => None,
                }
            }
        }

        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(payload) => payload.serialize(serializer), )+
                    Self::Unknown { payload, .. } => payload.serialize(serializer),
                }
            }
        }
    };
}
event_types! { define_event }

fn decode<T: FromJson>(envelope: &Envelope) -> Result<T, ParseError> {
    T::from_json(envelope.payload.as_raw()).map_err(|fault| ParseError::Payload {
        event_type: envelope.event_type.clone(),
        member: fault.path,
        found: fault.found,
    })
}
