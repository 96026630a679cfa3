use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use prelude_consumer::RecordError;
use prelude_events::Timestamp;

/// The first time that can be read, and its nanoseconds since 1970.
pub fn first_readable<const N: usize>(
    times: [Option<&Timestamp>; N],
) -> Result<(&Timestamp, i128), RecordError> {
    let readable = times.into_iter().flatten().find_map(|time| Some((time, time.unix_nanos()?)));
    readable.ok_or_else(|| RecordError::new("event has no readable time: expected RFC 3339"))
}

/// The month in UTC, e.g. `2025-03`.
pub fn month(nanos: i128) -> Result<String, RecordError> {
    let time = DateTime::from_nanos(nanos).ok().and_then(|time| time.fmt(DateTimeFormat::DateTime).ok());
    let month = time.as_deref().and_then(|time| time.get(..7));
    month
        .map(str::to_owned)
        .ok_or_else(|| RecordError::new("time is out of range: expected years up to 9999"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_utc() {
        for (time, expected) in [
            ("2025-04-01T00:30:00+0200", "2025-03"),
            ("2024-12-31T23:30:00-01:00", "2025-01"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12"),
        ] {
            let nanos = Timestamp::from(time).unix_nanos().unwrap();
            assert_eq!(month(nanos).unwrap(), expected, "{time}");
        }
        month(i128::MAX).unwrap_err();
    }
}
