//! Members of a JSON object, borrowed from its text. Members that the receiver does not use are skipped, not decoded.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// One member. JSON allows repeated members, and readers differ in which one they take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Member<'a> {
    /// The object has no such member.
    #[default]
    Absent,
    /// The object has it once.
    Once(&'a RawValue),
    /// The object has it more than once, so its value depends on the reader and counts as none.
    Repeated,
}

impl<'a> Member<'a> {
    /// The text of a string that is not empty.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self.string() {
            Some(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Reports whether the member has no value: missing, `null` or an empty text.
    pub(crate) fn is_absent(self) -> bool {
        match self {
            Self::Absent => true,
            Self::Once(raw) => matches!(raw.get(), "null" | r#""""#),
            Self::Repeated => false,
        }
    }

    /// The text of a string.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let Self::Once(raw) = self else { return None };
        // A string with a lone surrogate is valid JSON, but not a text.
        serde_json::from_str::<Text<'a>>(raw.get()).ok().map(|text| text.0)
    }

    /// The elements of an array.
    pub(crate) fn elements(self) -> Option<Vec<&'a RawValue>> {
        let Self::Once(raw) = self else { return None };
        if raw.get().starts_with('[') { serde_json::from_str(raw.get()).ok() } else { None }
    }

    /// The members of an object.
    pub(crate) fn members(self) -> Option<Members<'a>> {
        let Self::Once(raw) = self else { return None };
        Members::of(raw.get())
    }

    fn set(&mut self, raw: &'a RawValue) {
        *self = match self {
            Self::Absent => Self::Once(raw),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

macro_rules! members {
    ($($field:ident: $name:literal),+ $(,)?) => {
        /// The members that the receiver uses, by name.
        #[derive(Debug, Clone, Copy, Default)]
        pub(crate) struct Members<'a> {
            $(pub(crate) $field: Member<'a>,)+
        }

        impl<'a> Members<'a> {
            fn member(&mut self, name: &[u8]) -> Option<&mut Member<'a>> {
                let Ok(name) = std::str::from_utf8(name) else { return None };
                match name {
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

members! {
    kind: "type",
    event: "event",
    id: "id",
    app_id: "app_id",
    events: "events",
    payload: "payload",
    data: "data",
    // Verify V1's identity.
    auth_uuid: "auth_uuid",
    attempt_uuid: "attempt_uuid",
    delivery_status: "delivery_status",
    time: "time",
    // Entities of events, for FIFO groups.
    user_id: "user_id",
    verification_id: "verification_id",
    message_id: "message_id",
    from: "from",
    recipient_phone_number: "recipient_phone_number",
}

impl<'a> Members<'a> {
    /// The members of a JSON object; `None` for any other valid JSON.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        if json.trim_start().starts_with('{') { serde_json::from_str(json).ok() } else { None }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    match members.member(&name.0) {
                        Some(member) => member.set(map.next_value()?),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A member's name as bytes, because a name with a lone surrogate is valid JSON.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Name<'de>, E> {
                Ok(Name(name.into()))
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<Name<'de>, E> {
                Ok(Name(name.to_vec().into()))
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(name.as_bytes().into()))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(name.as_bytes().to_vec().into()))
            }
        }

        deserializer.deserialize_bytes(NameVisitor)
    }
}
