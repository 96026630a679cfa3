use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::value::RawValue;
use std::hash::{Hash, Hasher};

/// The text of a JSON value, and its quotes, so that it can be written back as it came.
///
/// Numbers keep their digits: `0.0090` and `1e-3` never pass through a float.
#[derive(Clone)]
pub(crate) struct Scalar {
    text: String,
    quoted: bool,
}

impl Scalar {
    pub(crate) fn of(json: &RawValue) -> Self {
        match serde_json::from_str(json.get()) {
            Ok(text) => Self::quoted(text),
            Err(_not_a_string) => Self { text: json.get().to_owned(), quoted: false },
        }
    }

    pub(crate) fn quoted(text: String) -> Self {
        Self { text, quoted: true }
    }

    pub(crate) fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// The text of a string, or the digits of a number; `None` for any other value.
    pub(crate) fn into_text(self) -> Option<String> {
        let is_number = self.text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        (self.quoted || is_number).then_some(self.text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Ignores quotes, because `0.03` and `"0.03"` are the same amount.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|json| Self::of(&json))
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.quoted {
            return serializer.serialize_str(&self.text);
        }
        RawValue::from_string(self.text.clone()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}
