//! Compares this machine's clock with the clocks of SQS and the key servers. AWS refuses requests that are signed too
//! early or too late.

use std::time::{Duration, SystemTime};

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};
use bytes::Bytes;
use http::{HeaderMap, Method};

use super::{Group, State};
use prelude_local::http_client::Client;

/// Time limit of each HTTP call.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Greatest difference of a right clock: `Date` has whole seconds, and an answer takes time.
const TOLERANCE: Duration = Duration::from_secs(30);
/// Greatest difference that AWS accepts in signatures.
const REFUSED: Duration = Duration::from_secs(300);

/// Asks SQS for the time, which needs no credentials.
pub(super) async fn ask(client: &Client, url: Option<&str>, group: &mut Group) {
    let answer = match url {
        Some(url) => client.send(Method::GET, url, HeaderMap::new(), Bytes::new()).await,
        None => return group.unknown("SQS's clock could not be read"),
    };
    match answer {
        Ok(answer) => compare("SQS", &answer.headers, group),
        Err(error) => group.unknown(format!("SQS's clock could not be read: {error}")),
    }
    group.unknown("the function's own clock is not checked: AWS keeps it");
}

/// Scheme and host of a queue's URL.
pub(super) fn origin_of(queue_url: &str) -> Option<String> {
    let url: http::Uri = queue_url.parse().ok()?;
    Some(format!("{}://{}/", url.scheme_str()?, url.authority()?))
}

/// Compares the answer's `Date` with this machine's clock.
pub(super) fn compare(who: &str, headers: &HeaderMap, group: &mut Group) {
    let date = headers.get("date").and_then(|date| date.to_str().ok());
    let reported = date
        .and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok())
        .and_then(|date| SystemTime::try_from(date).ok());
    let Some(reported) = reported else { return group.unknown(format!("{who} reports no time")) };
    let (state, text) = judge(reported, SystemTime::now());
    group.add(state, text, vec![who.to_owned()]);
}

fn judge(reported: SystemTime, now: SystemTime) -> (State, String) {
    let (off, direction) = match now.duration_since(reported) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let text = || format!("this machine's clock is {} s {direction} that of", off.as_secs());
    if off > REFUSED {
        (State::Fail, text() + " (AWS refuses this machine's signatures)")
    } else if off > TOLERANCE {
        (State::Warn, text())
    } else {
        (State::Ok, "this machine's clock agrees with that of".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_in_both_directions() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let at = |off: i64| match u64::try_from(off) {
            Ok(off) => now + Duration::from_secs(off),
            Err(_) => now - Duration::from_secs(off.unsigned_abs()),
        };
        for (off, state, text) in [
            (0, State::Ok, "agrees"),
            (30, State::Ok, "agrees"),
            (-31, State::Warn, "31 s ahead of"),
            (300, State::Warn, "300 s behind"),
            (301, State::Fail, "301 s behind"),
            (-301, State::Fail, "301 s ahead of"),
        ] {
            let judged = judge(at(off), now);
            assert!(judged.0 == state && judged.1.contains(text), "{off}: {judged:?}");
        }
    }

    #[test]
    fn the_origin_is_the_scheme_and_host_of_a_queues_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-unrouted";
        assert_eq!(origin_of(url).as_deref(), Some("https://sqs.eu-west-1.amazonaws.com/"));
    }
}
