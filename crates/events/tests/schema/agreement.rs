//! Puts values of every kind in every place. The schema accepts exactly what the crate reads.

use crate::{places::places, validator::fault};
use prelude_events::{EventType, Received, Source, schema};

const VALUES: [&str; 51] = [
    "null",
    "true",
    "false",
    r#""""#,
    r#""word""#,
    // Numbers.
    "0",
    "7",
    "-7",
    "-0",
    "1.0",
    "1.5",
    "1.50",
    "1e3",
    "1.5e1",
    "36184",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
    // Texts of numbers.
    r#""0""#,
    r#""7""#,
    r#""007""#,
    r#""-7""#,
    r#""-0""#,
    r#""1.0""#,
    r#""1.50""#,
    r#""007.5""#,
    r#""-007.50""#,
    r#""1e3""#,
    r#""1.5E-10""#,
    r#""36184""#,
    r#""9999999999999999999""#,
    r#""18446744073709551615""#,
    r#""123456789012345678901234567890""#,
    r#""1,5""#,
    r#""+1""#,
    r#"".5""#,
    r#""5.""#,
    r#""1e""#,
    r#"" 1""#,
    r#""1 ""#,
    r#""٣""#,
    // Objects and lists.
    "{}",
    r#"{"newer":1}"#,
    "[]",
    "[{}]",
    "[1]",
    r#"["word"]"#,
    "[true]",
    "[null]",
    r#"[""]"#,
];

#[test]
fn schema_and_typed_view_accept_the_same() {
    let (mut both, mut neither) = (0, 0);
    for event_type in EventType::ALL {
        let schema = schema::json_schema(event_type).unwrap();
        let mut check = |event: &str| {
            let read = Received::parse(event).is_ok();
            let valid = fault(&schema, &serde_json::from_str(event).unwrap(), false);
            assert_eq!(read, valid.is_none(), "{event_type}: {event}: {valid:?}");
            *(if read { &mut both } else { &mut neither }) += 1;
        };
        for value in VALUES {
            for place in places(event_type) {
                check(&place.event(event_type, value));
            }
            // Beside the payload. Verify V1 has no envelope.
            if event_type.source() != Some(Source::VerifyV1) {
                for name in ["id", "created_at", "correlation_id", "newer"] {
                    check(&format!(r#"{{"type":"{event_type}","payload":{{}},"{name}":{value}}}"#));
                }
            }
        }
    }
    assert!(both > 8_000 && neither > 3_000, "{both} {neither}");
}
