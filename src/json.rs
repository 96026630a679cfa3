//! Members of JSON objects, borrowed from their text. Members that the receiver does not use are skipped, not decoded.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
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

    /// The value, if it has this type.
    pub(crate) fn read<T: Deserialize<'a>>(self) -> Option<T> {
        let Self::Once(raw) = self else { return None };
        // An error would quote the value, and gateways write `null` often.
        if raw.get() == "null" { None } else { serde_json::from_str(raw.get()).ok() }
    }

    /// The text of a string.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        // A string with a lone surrogate is valid JSON, but not a text.
        self.read::<Text<'a>>().map(|text| text.0)
    }

    /// The elements of an array.
    pub(crate) fn elements(self) -> Option<Vec<&'a RawValue>> {
        let Self::Once(raw) = self else { return None };
        if raw.get().starts_with('[') { serde_json::from_str(raw.get()).ok() } else { None }
    }

    /// The members of an object.
    pub(crate) fn object<O: Object<'a>>(self) -> Option<O> {
        let Self::Once(raw) = self else { return None };
        object(raw.get())
    }

    /// The members of an object in which none is repeated.
    pub(crate) fn unambiguous_object<O: Object<'a>>(self) -> Option<O> {
        let Self::Once(raw) = self else { return None };
        unambiguous_object(raw.get())
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

/// Object of which some members are read.
pub(crate) trait Object<'a>: Copy + Default {
    /// The member with this name, if it is read.
    fn member(&mut self, name: &str) -> Option<&mut Member<'a>>;

    /// Reports whether a member that is read occurs more than once.
    fn has_repeated(&self) -> bool;
}

/// Reads an object's members; `None` for any other JSON.
pub(crate) fn object<'a, O: Object<'a>>(json: &'a str) -> Option<O> {
    // A body can be one text of megabytes, which would be decoded for nothing.
    if !json.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str::<Reader<'a, O>>(json).ok()?.object
}

/// Reads an object's members; `None` also if one of them is repeated.
pub(crate) fn unambiguous_object<'a, O: Object<'a>>(json: &'a str) -> Option<O> {
    object(json).filter(|object: &O| !object.has_repeated())
}

/// Reads an object's members from a deserializer that borrows from a text, and counts all of its members. `None` for any
/// other JSON, and if a member that is read is repeated.
///
/// # Errors
/// The text is not JSON, or is nothing but a number or a text that Rust cannot hold. The error quotes no value.
pub(crate) fn read_unambiguous_object<'de, D: Deserializer<'de>, O: Object<'de>>(
    deserializer: D,
) -> Result<Option<(O, usize)>, D::Error> {
    let reader = Reader::<'de, O>::deserialize(deserializer)?;
    Ok(reader.object.filter(|object| !object.has_repeated()).map(|object| (object, reader.count)))
}

/// Defines an [`Object`] by its members' names.
macro_rules! members {
    ($(#[$doc:meta])* $visibility:vis struct $object:ident { $($field:ident: $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        $visibility struct $object<'a> {
            $($visibility $field: $crate::json::Member<'a>,)+
        }

        impl<'a> $crate::json::Object<'a> for $object<'a> {
            fn member(&mut self, name: &str) -> Option<&mut $crate::json::Member<'a>> {
                match name {
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }

            fn has_repeated(&self) -> bool {
                [$(self.$field),+].iter().any(|member| matches!(member, $crate::json::Member::Repeated))
            }
        }
    };
}
pub(crate) use members;

members! {
    /// Members of a webhook's body or of one of its events.
    pub(crate) struct Members {
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
}

impl<'a> Members<'a> {
    /// The members of a JSON object; `None` for any other valid JSON.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        object(json)
    }
}

/// Deserializes any JSON, and keeps the members of an [`Object`].
struct Reader<'a, O> {
    object: Option<O>,
    /// Number of the object's members.
    count: usize,
    text: PhantomData<&'a str>,
}

impl<'de: 'a, 'a, O: Object<'a>> Deserialize<'de> for Reader<'a, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<'a, O>(PhantomData<(&'a str, O)>);

        // Each kind of value is taken, because an error of the kind would quote the value.
        impl<'de: 'a, 'a, O: Object<'a>> Visitor<'de> for ObjectVisitor<'a, O> {
            type Value = (Option<O>, usize);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut object, mut count) = (O::default(), 0);
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    count += 1;
                    match std::str::from_utf8(&name.0).ok().and_then(|name| object.member(name)) {
                        Some(member) => member.set(map.next_value::<&'de RawValue>()?),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok((Some(object), count))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok((None, 0))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok((None, 0))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok((None, 0))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok((None, 0))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok((None, 0))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok((None, 0))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok((None, 0))
            }
        }

        let (object, count) = deserializer.deserialize_any(ObjectVisitor(PhantomData))?;
        Ok(Self { object, count, text: PhantomData })
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
