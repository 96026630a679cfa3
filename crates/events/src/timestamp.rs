use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// A point in time, kept as Prelude wrote it.
///
/// Any JSON value is accepted, because an unreadable time must not cost you the event. [`unix_nanos`](Self::unix_nanos)
/// reads the time. Timestamps are compared by text, so compare the values of `unix_nanos` to find the earlier one.
///
/// ```
/// use prelude_events::Timestamp;
///
/// let verify = Timestamp::from("2025-03-04T17:59:19.067887456Z");
/// assert_eq!(verify.unix_nanos(), Some(1_741_111_159_067_887_456));
///
/// let verify_v1 = Timestamp::from("2023-05-09T12:09:31+0000");
/// assert_eq!(verify_v1.unix_nanos(), Some(1_683_634_171_000_000_000));
///
/// assert_eq!(Timestamp::from("yesterday").unix_nanos(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Scalar);

impl Timestamp {
    /// The text as received.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z, negative before it; `None` if the text is not an RFC 3339 time.
    ///
    /// Up to nine fraction digits are accepted. The offset may be `Z`, `+00:00` or, as in Verify V1, `+0000`. A leap
    /// second counts as the first second of the next minute.
    pub fn unix_nanos(&self) -> Option<i128> {
        let mut text = Cursor(self.as_str().as_bytes());
        let days = text.date()?;
        text.one_of(b"Tt ")?;
        let seconds = text.time_of_day()?;
        let nanos = text.fraction()?;
        let offset = text.offset()?;
        if !text.0.is_empty() {
            return None;
        }
        let seconds = days * 86_400 + seconds - offset;
        Some(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
    }

    /// The time as a `SystemTime`; `None` if the text cannot be read or the time cannot be represented.
    pub fn system_time(&self) -> Option<SystemTime> {
        let nanos = self.unix_nanos()?;
        let distance = nanos.unsigned_abs();
        let seconds = u64::try_from(distance / 1_000_000_000).ok()?;
        let distance = Duration::new(seconds, u32::try_from(distance % 1_000_000_000).ok()?);
        if nanos < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }

    pub(crate) fn of(scalar: Scalar) -> Self {
        Self(scalar)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(Scalar::quoted(text))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Shows the text only if it is a time, because any other text may be personal.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unix_nanos() {
            Some(_) => f.write_str(self.as_str()),
            None => write!(f, "<unreadable time of {} bytes>", self.as_str().len()),
        }
    }
}

/// Bytes not read yet. Each method reads from the front, or returns `None`.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// Days since 1970-01-01. Years are counted from 1 March, so that leap days come last.
    fn date(&mut self) -> Option<i64> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        let day = self.digits(2)?;
        if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let before_month = (153 * month + 2) / 5;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Some(year * 365 + leap_days + before_month + day - 1 - 719_468)
    }

    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.digits(2)?;
        self.one_of(b":")?;
        let minute = self.digits(2)?;
        self.one_of(b":")?;
        let second = self.digits(2)?;
        (hour <= 23 && minute <= 59 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
    }

    /// Nanoseconds after the full second. The text is empty, or a dot and one to nine digits.
    fn fraction(&mut self) -> Option<i64> {
        if self.one_of(b".").is_none() {
            return Some(0);
        }
        let mut nanos = self.digits(1)?;
        for _ in 1..9 {
            nanos = nanos * 10 + self.digits(1).unwrap_or(0);
        }
        Some(nanos)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.digits(2)?;
        // The colon is optional because of `+0000`.
        let _colon = self.one_of(b":");
        let minutes = self.digits(2)?;
        (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let mut value = 0;
        for _ in 0..count {
            value = value * 10 + i64::from(self.one_of(b"0123456789")? - b'0');
        }
        Some(value)
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !allowed.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn nanos(text: &str, expected: Option<i128>) {
        assert_eq!(Timestamp::from(text).unix_nanos(), expected, "{text}");
    }

    #[test]
    fn known_instants() {
        const SECOND: i128 = 1_000_000_000;
        nanos("1970-01-01T00:00:00Z", Some(0));
        nanos("1969-12-31T23:59:59.999999999Z", Some(-1));
        nanos("2000-02-29T00:00:00Z", Some(951_782_400 * SECOND));
        nanos("0000-01-01T00:00:00Z", Some(-62_167_219_200 * SECOND));
        nanos("9999-12-31T23:59:59Z", Some(253_402_300_799 * SECOND));
        nanos("2024-04-03T17:08:01.36881397Z", Some(1_712_164_081_368_813_970));
        nanos("2025-03-15T10:30:00Z", Some(1_742_034_600 * SECOND));
        nanos("2016-12-31T23:59:60Z", Some(1_483_228_800 * SECOND));
    }

    #[test]
    fn every_spelling_of_an_offset() {
        for text in [
            "12:00:00Z",
            "12:00:00+00:00",
            "12:00:00+0000",
            "12:00:00-00:00",
            "14:30:00+02:30",
            "07:00:00-0500",
        ] {
            nanos(&format!("2023-05-09T{text}"), Some(1_683_633_600_000_000_000));
        }
        nanos("2023-05-09t12:00:00z", Some(1_683_633_600_000_000_000));
        nanos("2023-05-09 12:00:00.0Z", Some(1_683_633_600_000_000_000));
    }

    #[test]
    fn what_is_no_time_has_no_nanos() {
        for text in [
            "",
            "2023",
            "2023-05-09",
            "2023-05-09T12:00:00",
            "2023-05-09T12:00Z",
            "2023-05-09T12:00:00.Z",
            "2023-05-09T12:00:00.1234567890Z",
            "2023-05-09T12:00:00ZZ",
            "2023-05-09T12:00:00+1",
            "2023-05-09T12:00:00+00",
            "2023-05-09T24:00:00Z",
            "2023-05-09T12:60:00Z",
            "2023-13-09T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "1900-02-29T12:00:00Z",
            "2023-00-01T12:00:00Z",
            "2023-01-00T12:00:00Z",
            "+2023-01-01T12:00:00Z",
            "２０２３-05-09T12:00:00Z",
            "1683633600",
        ] {
            nanos(text, None);
        }
    }

    #[test]
    fn system_time_agrees_with_nanos() {
        let system_time = |text| Timestamp::from(text).system_time();
        assert_eq!(
            system_time("1970-01-01T00:00:01.5Z"),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500))
        );
        assert_eq!(
            system_time("1969-12-31T23:59:59.5Z"),
            Some(SystemTime::UNIX_EPOCH - Duration::from_millis(500))
        );
        assert_eq!(system_time("soon"), None);
    }

    #[test]
    fn any_json_value_is_kept_as_it_came() {
        for json in
            ["\"2023-05-09T12:09:31+0000\"", "1683633600", "true", "{\"seconds\":1}", "\"\\u00e9t\u{e9}\""]
        {
            let timestamp: Timestamp = serde_json::from_str(json).unwrap();
            let back: Timestamp = serde_json::from_str(&serde_json::to_string(&timestamp).unwrap()).unwrap();
            assert_eq!(back, timestamp);
        }
        let number: Timestamp = serde_json::from_str("1683633600").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "1683633600");
    }
}
