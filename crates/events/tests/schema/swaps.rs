//! Puts numbers in place of texts, and texts in place of numbers, everywhere in every payload.

use crate::places::{Place, places};
use prelude_events::{EventType, ParseError, Received, schema::Form};
use serde_json::Value;

/// Numbers, to be sent as JSON numbers and as texts.
const NUMBERS: [&str; 9] = [
    "36184",
    "0",
    "-7",
    "1.50",
    "1e3",
    "1E-400",
    "33639980001",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
];

fn each_place(mut check: impl FnMut(&EventType, &Place)) {
    for event_type in EventType::ALL {
        for place in places(event_type) {
            check(event_type, &place);
        }
    }
}

/// Reads an event by every public function, and requires equal results.
#[track_caller]
fn read(event: &str) -> Received {
    let received = Received::parse(event).unwrap_or_else(|error| panic!("{error}: {event}"));
    assert_eq!(serde_json::from_str::<Received>(event).unwrap(), received, "{event}");
    assert_eq!(serde_json::from_slice::<Received>(event.as_bytes()).unwrap(), received, "{event}");
    // A `Value` holds numbers of 64 bits only.
    let is_kept = |value: &Value| serde_json::to_string(value).is_ok_and(|json| json == event);
    if let Some(value) = serde_json::from_str::<Value>(event).ok().filter(is_kept) {
        assert_eq!(serde_json::from_value::<Received>(value).unwrap(), received, "{event}");
    }
    received
}

#[test]
fn a_number_in_place_of_a_text_is_read_as_its_digits() {
    let mut count = 0;
    each_place(|event_type, place| {
        if !matches!(place.form, Form::Text | Form::Word(_)) {
            return;
        }
        for number in NUMBERS {
            let as_number = read(&place.event(event_type, number)).event;
            assert_eq!(as_number, read(&place.event(event_type, &format!("\"{number}\""))).event);
            let json = serde_json::to_value(&as_number).unwrap();
            let text = json.pointer(&place.pointer()).and_then(Value::as_str);
            assert_eq!(text, Some(number), "{event_type}: {}", place.path());
            count += 1;
        }
    });
    assert!(count > 1_000, "{count}");
}

#[test]
fn a_text_in_place_of_a_number_is_read_as_that_number() {
    let (mut counts, mut decimals) = (0, 0);
    each_place(|event_type, place| match place.form {
        Form::Count => {
            for count in ["0", "3", "36184", "9999999999999999999"] {
                let as_text = read(&place.event(event_type, &format!("\"{count}\""))).event;
                assert_eq!(as_text, read(&place.event(event_type, count)).event);
                let json = serde_json::to_value(&as_text).unwrap();
                assert_eq!(json.pointer(&place.pointer()).unwrap().to_string(), count, "{event_type}");
                counts += 1;
            }
        }
        Form::Decimal => {
            for number in NUMBERS {
                let as_text = read(&place.event(event_type, &format!("\"{number}\""))).event;
                assert_eq!(as_text, read(&place.event(event_type, number)).event);
                decimals += 1;
            }
        }
        _ => {}
    });
    assert!(counts > 10 && decimals > 50, "{counts} {decimals}");
}

/// Times and raw JSON are kept as sent, whatever their form.
#[test]
fn a_number_in_place_of_a_time_or_of_any_json_is_kept() {
    each_place(|event_type, place| {
        if matches!(place.form, Form::Time | Form::Json) {
            for number in NUMBERS {
                let written = serde_json::to_string(&read(&place.event(event_type, number)).event).unwrap();
                assert!(written.contains(number), "{event_type}: {written}");
            }
        }
    });
}

#[test]
fn any_other_form_is_an_error_with_its_path_and_without_its_value() {
    let mut count = 0;
    each_place(|event_type, place| {
        let (object, array) = (r#"{"secret":"secret"}"#, r#"["secret"]"#);
        let misfits: &[&str] = match place.form {
            Form::Text | Form::Word(_) => &[object, array, "{}", "[]", "true", "false"],
            Form::Count => &[object, array, "{}", "[]", "true", r#""secret""#, "-7", "1.5", r#""1.50""#],
            Form::Decimal => &[object, array, "{}", "[]", "true", r#""secret""#, r#""1,50""#],
            Form::Object(_) => &[array, "[]", "true", r#""secret""#, "7"],
            Form::List(_) => &[object, "{}", "true", r#""secret""#, "7"],
            _ => &[],
        };
        for misfit in misfits {
            let event = place.event(event_type, misfit);
            let error = Received::parse(&event).expect_err(&event);
            let ParseError::Payload { event_type: named, member, .. } = &error else { panic!("{error:?}") };
            assert_eq!((named, member), (event_type, &place.path()), "{event}");
            let deserialized = serde_json::from_str::<Received>(&event).unwrap_err();
            assert!(!format!("{error} {error:?} {deserialized}").contains("secret"), "{event}: {error:?}");
            count += 1;
        }
    });
    assert!(count > 1_000, "{count}");
}

#[test]
fn null_and_the_empty_text_are_absent() {
    each_place(|event_type, place| {
        if !place.is_element() {
            let absent = read(&place.event(event_type, "null")).event;
            assert_eq!(absent, read(&place.event(event_type, r#""""#)).event, "{}", place.path());
            assert_eq!(serde_json::to_value(&absent).unwrap().pointer(&place.pointer()), None);
        }
    });
}

#[test]
fn an_envelope_has_the_digits_of_its_ids() {
    for number in NUMBERS {
        for event_type in ["verify.attempt", "user.deleted", "nobody.knows", "attempt"] {
            let envelope =
                read(&format!(r#"{{"type":"{event_type}","id":{number},"correlation_id":{number}}}"#))
                    .envelope;
            assert_eq!(envelope.id.as_deref(), Some(number));
            assert_eq!(envelope.correlation_id.as_deref(), Some(number));
        }
    }
}
