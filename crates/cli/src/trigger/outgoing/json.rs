//! JSON that keeps the order of members and the digits of numbers, so that signed bodies look like Prelude's.

use std::fmt::{self, Write as _};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// Members in their order.
    Object(Vec<(String, Self)>),
    /// Elements in their order.
    Array(Vec<Self>),
    /// Text of any other value.
    Scalar(String),
}

impl Json {
    /// Parses a text.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Makes a string with this text.
    pub fn string(text: &str) -> Self {
        Self::Scalar(serde_json::Value::from(text).to_string())
    }

    /// Text of a string; `None` for other values.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Scalar(text) => serde_json::from_str(text).ok(),
            Self::Object(_) | Self::Array(_) => None,
        }
    }

    /// Value at a path.
    pub fn member(&self, path: &[String]) -> Option<&Self> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        let next = match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == step).map(|(_, member)| member),
            Self::Array(elements) => elements.get(step.parse::<usize>().ok()?),
            Self::Scalar(_) => None,
        };
        next?.member(rest)
    }

    /// Sets the value at a path, and creates missing objects on the path.
    ///
    /// # Errors
    /// Number of valid steps before a value without members, or a missing element.
    pub fn set(&mut self, path: &[String], value: Self) -> Result<(), usize> {
        let Some((step, rest)) = path.split_first() else {
            *self = value;
            return Ok(());
        };
        let deeper = |done: usize| done + 1;
        match self {
            Self::Object(members) => {
                if !members.iter().any(|(name, _)| name == step) {
                    members.push((step.clone(), Self::Object(Vec::new())));
                }
                let member = members.iter_mut().find(|(name, _)| name == step);
                member.map_or(Err(0), |(_, member)| member.set(rest, value).map_err(deeper))
            }
            Self::Array(elements) => {
                let index: usize = step.parse().map_err(|_| 0_usize)?;
                if index == elements.len() {
                    elements.push(Self::Object(Vec::new()));
                }
                elements.get_mut(index).map_or(Err(0), |element| element.set(rest, value).map_err(deeper))
            }
            Self::Scalar(_) => Err(0),
        }
    }
}

impl fmt::Display for Json {
    /// Writes the value without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(text) => f.write_str(text),
            Self::Object(members) => {
                f.write_char('{')?;
                for (index, (name, member)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{member}", serde_json::Value::from(name.as_str()))?;
                }
                f.write_char('}')
            }
            Self::Array(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{element}")?;
                }
                f.write_char(']')
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let json = raw.get();
        let read = match json.as_bytes().first() {
            Some(b'{') => serde_json::from_str::<Members>(json).map(|members| Self::Object(members.0)),
            Some(b'[') => serde_json::from_str::<Vec<Self>>(json).map(Self::Array),
            _ => Ok(Self::Scalar(json.to_owned())),
        };
        read.map_err(de::Error::custom)
    }
}

struct Members(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_digits_are_kept() {
        let text = r#"{"z":0.0090,"a":[1e400,{"b":null}],"é\n":"\u00e9"}"#;
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
        assert_eq!(Json::parse(" { \"z\" : [ 1 , 2 ] } ").unwrap().to_string(), r#"{"z":[1,2]}"#);
        assert!(Json::parse("{").is_err());
    }

    #[test]
    fn a_value_is_set_at_its_place() {
        let set = |path: &str, value: &str| {
            let mut json = Json::parse(r#"{"a":{"b":1},"c":[{"d":2}],"e":3}"#).unwrap();
            let path: Vec<_> = path.split('.').map(str::to_owned).collect();
            json.set(&path, Json::parse(value).unwrap()).map(|()| json.to_string())
        };
        assert_eq!(set("a.b", "[7]").unwrap(), r#"{"a":{"b":[7]},"c":[{"d":2}],"e":3}"#);
        assert_eq!(set("c.0.d", "null").unwrap(), r#"{"a":{"b":1},"c":[{"d":null}],"e":3}"#);
        assert_eq!(set("c.1.d", "4").unwrap(), r#"{"a":{"b":1},"c":[{"d":2},{"d":4}],"e":3}"#);
        assert_eq!(set("x.y", "1").unwrap(), r#"{"a":{"b":1},"c":[{"d":2}],"e":3,"x":{"y":1}}"#);
        assert_eq!((set("e.x", "1"), set("c.2", "1"), set("c.d", "1")), (Err(1), Err(1), Err(1)));
    }
}
