//! Reads members of payloads from their raw JSON.
//!
//! A number therefore keeps its digits, and an error names the path of the value. serde_json's own errors quote the
//! value and do not name its member.

use crate::{Decimal, Personal, RawJson, Timestamp, raw_json::kind, scalar::Scalar};
use serde_json::value::RawValue;
use std::fmt;

/// Values that a member of a payload can hold.
pub(crate) trait FromJson: Sized {
    fn from_json(json: &RawValue) -> Result<Self, Misfit>;
}

/// Path and kind of a value of an undocumented form. The value itself is not kept.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// The path of the value, e.g. `price.amount`. It is empty for the outermost value.
    pub(crate) path: String,
    /// The kind of the value, e.g. `an array`.
    pub(crate) found: &'static str,
}

impl Misfit {
    pub(crate) fn new(json: &RawValue) -> Self {
        Self { path: String::new(), found: kind(json.get()) }
    }

    /// Prepends a step to the path: the name of a member, or an index in brackets.
    pub(crate) fn below(self, step: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{step}{separator}{}", self.path), ..self }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => write!(f, "unexpected form: found {}", self.found),
            path => write!(f, "member `{path}` has an unexpected form: found {}", self.found),
        }
    }
}

/// Reads a number as its digits. A boolean is an error, because it is not another notation of a text.
impl FromJson for String {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        Scalar::of(json).into_text().ok_or_else(|| Misfit::new(json))
    }
}

impl FromJson for u64 {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        Decimal::from_json(json)?.count().ok_or_else(|| Misfit::new(json))
    }
}

impl FromJson for Decimal {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        Self::of(Scalar::of(json)).map_err(|_| Misfit::new(json))
    }
}

/// Accepts any value, because an unreadable time must not cost the event.
impl FromJson for Timestamp {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        Ok(Self::of(Scalar::of(json)))
    }
}

impl FromJson for RawJson {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        Ok(json.into())
    }
}

impl<T: FromJson> FromJson for Personal<T> {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        T::from_json(json).map(Self::from)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &RawValue) -> Result<Self, Misfit> {
        let elements: Vec<&RawValue> = serde_json::from_str(json.get()).map_err(|_| Misfit::new(json))?;
        let read =
            |(index, element)| T::from_json(element).map_err(|fault| fault.below(&format!("[{index}]")));
        elements.into_iter().enumerate().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read<T: FromJson>(json: &str) -> Option<T> {
        T::from_json(serde_json::from_str(json).unwrap()).ok()
    }

    #[test]
    fn a_number_is_the_text_of_its_digits() {
        for digits in ["36184", "0", "-0", "-7", "1.50", "1e3", "1E-400", "123456789012345678901234567890"] {
            assert_eq!(read(digits), Some(digits.to_owned()));
        }
        assert_eq!(read("\"1.50\""), Some("1.50".to_owned()));
        assert_eq!(read(&"9".repeat(100_000)), Some("9".repeat(100_000)));
        for json in ["true", "false", "null", "{}", "[]", "[7]", "\"\\ud800\""] {
            assert_eq!(read::<String>(json), None, "{json}");
        }
    }

    #[test]
    fn a_count_is_whole_in_both_notations() {
        for (json, expected) in [
            ("7", 7),
            ("7.0", 7),
            ("1e3", 1_000),
            ("1.5e1", 15),
            ("-0", 0),
            ("18446744073709551615", u64::MAX),
            ("\"7\"", 7),
            ("\"007\"", 7),
            ("\"9999999999999999999\"", 9_999_999_999_999_999_999),
        ] {
            assert_eq!(read(json), Some(expected), "{json}");
        }
        for json in [
            "-7",
            "1.5",
            "1e400",
            "18446744073709551616",
            "\"-7\"",
            "\"7.0\"",
            "\"1e3\"",
            "\" 7\"",
            "\"seven\"",
            "\"00000000000000000007\"",
            "true",
            "[]",
            "{}",
        ] {
            assert_eq!(read::<u64>(json), None, "{json}");
        }
    }

    #[test]
    fn a_path_leads_to_the_value() {
        let fault = Vec::<Vec<String>>::from_json(serde_json::from_str("[[\"a\"],[\"b\",7,{}]]").unwrap());
        let fault = fault.unwrap_err().below("list").below("object");
        assert_eq!(fault.to_string(), "member `object.list[1][2]` has an unexpected form: found an object");
    }
}
