//! New ids and times for a sample, so that each sent event is another one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};
use uuid::Uuid;

use super::Json;

/// Renews the members by which consumers and the receiver distinguish events: ids of the envelope, ids of Verify V1, and
/// every time.
pub(super) fn renew(event: &mut Json, now: SystemTime) {
    let Json::Object(members) = event else { return };
    for (name, member) in &mut *members {
        let Some(text) = member.text() else { continue };
        if ["id", "auth_uuid", "attempt_uuid"].contains(&name.as_str()) {
            let id = if text.starts_with("evt_") { event_id(now) } else { Uuid::new_v4().to_string() };
            *member = Json::string(&id);
        }
    }
    renew_times(event, now);
}

fn renew_times(json: &mut Json, now: SystemTime) {
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                match member.text() {
                    Some(text) if name == "time" || name.ends_with("_at") => {
                        let expires = if name == "expires_at" { DAY } else { Duration::ZERO };
                        *member = Json::string(&written_like(&text, now + expires));
                    }
                    _ => renew_times(member, now),
                }
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(|element| renew_times(element, now)),
        Json::Scalar(_) => {}
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Formats a time like the sample's. Verify V1 writes whole seconds and `+0000`, the other sources fractions and `Z`.
fn written_like(sample: &str, time: SystemTime) -> String {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let format = |time: DateTime| time.fmt(DateTimeFormat::DateTime).unwrap_or_default();
    match sample.strip_suffix("+0000") {
        Some(_) => {
            let whole = UNIX_EPOCH + Duration::from_secs(seconds(time));
            format(whole.into()).trim_end_matches('Z').to_owned() + "+0000"
        }
        None => format(time.into()),
    }
}

/// Makes an event id like Prelude's: a UUIDv7 in 26 characters of Crockford's base32 in lower case.
pub fn event_id(now: SystemTime) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let ms = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let random = u128::from(random()) << 64 | u128::from(random());
    let bits = (ms & 0xffff_ffff_ffff) << 80 | 0x7 << 76 | random & 0x0fff_3fff_ffff_ffff_ffff | 0x2 << 62;
    let digit = |place: u32| {
        let value = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
        char::from(DIGITS.get(value).copied().unwrap_or(b'0'))
    };
    "evt_".chars().chain((0..26).rev().map(digit)).collect()
}

/// Returns 0 on a system without randomness, because signing fails there with an error.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use prelude_events::{EventType, Received, samples};

    use super::*;

    #[test]
    fn every_sample_gets_new_ids_and_times_and_still_parses() {
        // Whole microseconds, which is the precision of the written times.
        let now = UNIX_EPOCH + Duration::from_micros(1_741_111_161_163_001);
        for event_type in EventType::ALL {
            let sample = samples::sample(event_type).unwrap();
            let (mut one, mut two) = (Json::parse(sample).unwrap(), Json::parse(sample).unwrap());
            renew(&mut one, now);
            renew(&mut two, now);
            let (one, two) =
                (Received::parse(one.to_string()).unwrap(), Received::parse(two.to_string()).unwrap());
            let old = Received::parse(sample).unwrap();
            assert_eq!(one.envelope.event_type, *event_type);
            assert!(one.envelope.id != two.envelope.id && one.envelope.id != old.envelope.id);
            let id = one.envelope.id.unwrap();
            assert_eq!(id.len(), old.envelope.id.unwrap().len(), "{event_type}: {id}");
            if let Some(created_at) = one.envelope.created_at {
                assert_eq!(created_at.system_time(), Some(now), "{created_at}");
            }
        }
    }

    #[test]
    fn times_keep_the_form_of_their_sample() {
        let time = UNIX_EPOCH + Duration::new(1_683_634_171, 500_000_000);
        assert_eq!(written_like("2023-05-09T12:00:00+0000", time), "2023-05-09T12:09:31+0000");
        assert_eq!(written_like("2025-03-15T10:30:00Z", time), "2023-05-09T12:09:31.5Z");
        let mut json =
            Json::parse(r#"{"payload":{"expires_at":"2025-03-15T10:30:00Z","sent":[{"created_at":""}]}}"#)
                .unwrap();
        renew(&mut json, time);
        let text = json.to_string();
        assert!(
            text.contains("2023-05-10T12:09:31.5Z")
                && text.contains(r#""created_at":"2023-05-09T12:09:31.5Z""#),
            "{text}"
        );
    }

    #[test]
    fn ids_hold_the_time_of_their_making() {
        let id = event_id(UNIX_EPOCH + Duration::from_millis(1_741_111_161_163));
        // The documented event of that millisecond is evt_01jnh4zwabf1grfsaq955ej3mt.
        assert!(id.starts_with("evt_01jnh4zwab") && id.len() == 30, "{id}");
    }
}
