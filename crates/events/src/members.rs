use crate::{
    from_json::{FromJson, Misfit},
    raw_json::is_blank,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Members of an object in their order, with unread values.
pub(crate) struct Members<'a> {
    object: &'a RawValue,
    entries: Vec<(String, &'a RawValue)>,
}

impl<'a> Members<'a> {
    /// Fails if `object` is not an object, or if a name is not a valid string, such as half a surrogate pair.
    pub(crate) fn of(object: &'a RawValue) -> Result<Self, serde_json::Error> {
        serde_json::from_str(object.get()).map(|Entries(entries)| Self { object, entries })
    }

    /// Reads a member of a payload. A repeated name is an error, because readers differ in which value they take.
    pub(crate) fn read<T: FromJson>(&self, name: &str) -> Result<Option<T>, Misfit> {
        let mut values = self.values(name);
        let value = values.next().filter(|json| !is_blank(json.get()));
        if values.next().is_some() {
            return Err(Misfit::new(self.object));
        }
        value.map(T::from_json).transpose().map_err(|fault| fault.below(name))
    }

    /// A member of an envelope. If a name is repeated, the last member counts.
    pub(crate) fn last(&self, name: &str) -> Option<&'a RawValue> {
        self.values(name).last().filter(|json| !is_blank(json.get()))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a RawValue> {
        self.entries.iter().filter(move |(other, _)| other == name).map(|(_, value)| *value)
    }
}

/// Keeps repeated names, unlike a map.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
