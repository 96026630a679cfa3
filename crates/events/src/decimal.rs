use crate::scalar::Scalar;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{error::Error, fmt, str::FromStr};

/// An exact decimal number, kept as Prelude wrote it.
///
/// Verify sends amounts as JSON numbers, Notify as strings. Both are read without a float, and written back in the form
/// in which they came. Decimals are compared by text: `0.03` and `"0.03"` are equal, `0.03` and `0.030` are not.
///
/// ```
/// use prelude_events::Decimal;
///
/// let amount: Decimal = serde_json::from_str("0.0090")?;
/// assert_eq!(amount.as_str(), "0.0090");
/// assert_eq!(amount.units(6), Some(9_000)); // micros
/// assert_eq!(amount.units(2), None); // not a whole number of cents
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Decimal(Scalar);

impl Decimal {
    /// The digits as received, e.g. `0.0090` or `1e-3`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The number times 10^`decimals`, e.g. cents for 2 and micros for 6. The result is `None` unless it is exactly an
    /// `i128`.
    pub fn units(&self, decimals: u8) -> Option<i128> {
        let parts = Parts::of(self.as_str())?;
        let mut units: i128 = 0;
        for digit in parts.integer.bytes().chain(parts.fraction.bytes()) {
            units = units.checked_mul(10)?.checked_add(i128::from(digit.checked_sub(b'0')?))?;
        }
        if units == 0 {
            return Some(0);
        }
        let exponent = if parts.exponent.is_empty() { 0 } else { parts.exponent.parse::<i64>().ok()? };
        let shift =
            exponent.checked_sub(i64::try_from(parts.fraction.len()).ok()?)?.checked_add(decimals.into())?;
        let factor = 10_i128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
        if shift < 0 && units % factor != 0 {
            return None;
        }
        let units = if shift < 0 { units / factor } else { units.checked_mul(factor)? };
        Some(if parts.negative { -units } else { units })
    }

    pub(crate) fn of(scalar: Scalar) -> Result<Self, NotADecimal> {
        Parts::of(scalar.as_str()).ok_or(NotADecimal)?;
        Ok(Self(scalar))
    }

    /// The value of a count, e.g. 15 for `15`, `15.0` and `1.5e1`.
    ///
    /// A text must be 1 to 19 digits, which always fit. JSON Schema compares the values of numbers, but only the
    /// characters of a text.
    pub(crate) fn count(&self) -> Option<u64> {
        let text = self.as_str();
        if self.0.is_quoted() && !(is_digits(text) && text.len() <= 19) {
            return None;
        }
        self.units(0)?.try_into().ok()
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        Self::of(Scalar::quoted(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer).and_then(|scalar| Self::of(scalar).map_err(de::Error::custom))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Error for a text that is not a decimal number: an optional `-`, digits, an optional fraction, an optional exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotADecimal;

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number: expected digits with an optional sign, fraction and exponent")
    }
}

impl Error for NotADecimal {}

/// Parts of a decimal number. `fraction` and `exponent` may be empty.
struct Parts<'a> {
    negative: bool,
    integer: &'a str,
    fraction: &'a str,
    exponent: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (integer, fraction) = match mantissa.split_once('.') {
            Some((integer, fraction)) => (integer, Some(fraction)),
            None => (mantissa, None),
        };
        let exponent_digits = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
        let well_formed =
            is_digits(integer) && fraction.is_none_or(is_digits) && exponent_digits.is_none_or(is_digits);
        well_formed.then(|| Self {
            negative,
            integer,
            fraction: fraction.unwrap_or_default(),
            exponent: exponent.unwrap_or_default(),
        })
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_form_survive() {
        for json in
            ["0.0090", "\"0.0090\"", "1e-3", "0", "-12.50", "\"7\"", "123456789012345678901234567890.1"]
        {
            let decimal: Decimal = serde_json::from_str(json).unwrap();
            assert_eq!(decimal.as_str(), json.trim_matches('"'));
            assert_eq!(serde_json::to_string(&decimal).unwrap(), json);
        }
    }

    #[test]
    fn other_texts_are_refused_without_being_quoted() {
        for json in [
            "\"\"", "\"1,5\"", "\"+1\"", "\" 1\"", "\".5\"", "\"5.\"", "\"1e\"", "\"NaN\"", "true", "[1]",
            "\"٣\"",
        ] {
            let error = serde_json::from_str::<Decimal>(json).unwrap_err();
            assert!(error.to_string().starts_with("not a decimal number"), "{json}: {error}");
        }
    }

    #[test]
    fn units_are_exact_or_absent() {
        #[track_caller]
        fn units(text: &str, decimals: u8, expected: Option<i128>) {
            assert_eq!(text.parse::<Decimal>().unwrap().units(decimals), expected, "{text}");
        }
        units("0.009", 3, Some(9));
        units("0.009", 2, None);
        units("0.0090", 3, Some(9));
        units("1e-3", 3, Some(1));
        units("1.5E+1", 0, Some(15));
        units("-0.03", 2, Some(-3));
        units("12", 2, Some(1200));
        units("0e99999999999999999999", 2, Some(0));
        units("1e99999999999999999999", 2, None);
        units("1e400", 2, None);
        units("1e-400", 2, None);
        units("999999999999999999999999999999999999999999", 0, None);
    }
}
