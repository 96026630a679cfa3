//! What API Gateway says of itself and of the moment in every event.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::aws::sqs;

pub(super) const ACCOUNT_ID: &str = sqs::ACCOUNT_ID;
pub(super) const API_ID: &str = "a1b2c3d4e5";
pub(super) const DOMAIN_NAME: &str = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
/// Of the REST API; HTTP APIs have the stage `$default`.
pub(super) const STAGE: &str = "prod";

/// The members that differ from request to request.
pub(super) struct Context {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    /// In the form of access logs, `12/Mar/2020:19:03:58 +0000`.
    pub(super) time: String,
    /// Milliseconds.
    pub(super) time_epoch: u64,
}

impl Context {
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let [one, two, three] = [random(), random(), random()];
        let (node, low) = (two & 0xffff_ffff_ffff, three & 0xffff_ffff);
        Self {
            request_id: format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{node:012x}",
                one >> 32,
                one >> 16 & 0xffff,
                one & 0xffff,
                two >> 48
            ),
            trace_id: format!("Root=1-{:08x}-{one:016x}{low:08x}", since.as_secs()),
            time: access_log_time(since.as_secs()),
            time_epoch: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Zero where the system has no randomness to give.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

/// Seconds since 1970 as a date and time of day in UTC.
fn access_log_time(seconds: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, in_day) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of year 0, so that a leap day is the last one of its year.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = year_of_era + era * 400 + u64::from(month < 2);
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"Jan");
    let (hour, minute, second) = (in_day / 3_600, in_day / 60 % 60, in_day % 60);
    format!("{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_in_an_access_log() {
        assert_eq!(access_log_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(access_log_time(1_584_039_838), "12/Mar/2020:19:03:58 +0000");
        assert_eq!(access_log_time(1_709_164_800), "29/Feb/2024:00:00:00 +0000");
        assert_eq!(access_log_time(1_767_225_599), "31/Dec/2025:23:59:59 +0000");
    }

    #[test]
    fn ids_have_their_form() {
        let context = Context::now();
        assert_eq!(context.request_id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        let parts: Vec<_> =
            context.trace_id.strip_prefix("Root=").unwrap().split('-').map(str::len).collect();
        assert_eq!(parts, [1, 8, 24]);
    }
}
