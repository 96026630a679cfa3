//! Bodies of messages.

use prelude_events::{
    EventType, samples,
    schema::{self, Form, Object},
};

use super::{
    expected::Case,
    places::{Within, event, filled, places},
};

/// Types that together have every form of a member: their cases are complete.
const THOROUGH: [EventType; 4] = [
    EventType::VerifyAttempt,
    EventType::V1Attempt,
    EventType::TransactionalMessageDelivered,
    EventType::UserCreated,
];

const NUMBERS: [&str; 8] = [
    "36184",
    "1.50",
    "0",
    "-7",
    "1e3",
    "1E-400",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
];

fn types() -> impl Iterator<Item = (&'static EventType, Object)> {
    EventType::ALL.iter().filter_map(|event_type| Some((event_type, schema::payload(event_type)?)))
}

/// Every sample.
pub(super) fn samples() -> Vec<Case> {
    samples::ALL.iter().map(|sample| Case::of(sample.event_type.as_str(), sample.json.trim())).collect()
}

/// Types, members and words that are newer than the table.
pub(super) fn newer() -> Vec<Case> {
    let mut cases = Vec::new();
    for payload in [r#"{"n":1.50,"deep":[{"a":null},true]}"#, "7", "[1]", "\"text\"", "false", "{}"] {
        let body = format!(
            r#"{{"id":"evt_1","type":"verify.future","payload":{payload},"created_at":"2027-01-01T00:00:00Z"}}"#
        );
        cases.push(Case::of(format!("a newer type with the payload {payload}"), body));
    }
    cases.push(Case::of("a newer flat type", r#"{"type":"balance_update","balance":12.50}"#));
    for (event_type, object) in types() {
        let payload = filled(&object, &|form, _| match form {
            Form::Count => "7".to_owned(),
            Form::Decimal => "0.0090".to_owned(),
            Form::Json => r#"{"later":[1,2.50]}"#.to_owned(),
            Form::Time => "\"2027-01-01T00:00:00.123456789Z\"".to_owned(),
            _ => "\"newer_word\"".to_owned(),
        });
        let payload = payload.replacen('{', r#"{"later":{"deep":[1.50,null,{}]},"#, 1);
        let body = event(event_type, &payload, r#","version":2,"tags":["a"]"#);
        cases.push(Case::of(format!("newer members and words of {event_type}"), body));
    }
    cases
}

/// Numbers in place of texts, and texts in place of numbers, in every member at once.
pub(super) fn swaps() -> Vec<Case> {
    let mut cases = Vec::new();
    for (event_type, object) in types() {
        let count = if THOROUGH.contains(event_type) { NUMBERS.len() } else { 2 };
        for number in NUMBERS.iter().take(count) {
            let payload = filled(&object, &|form, _| match form {
                Form::Count => "\"36184\"".to_owned(),
                Form::Decimal => format!("\"{number}\""),
                _ => (*number).to_owned(),
            });
            let body = event(event_type, &payload, "");
            cases.push(Case::of(format!("{number} in place of every text of {event_type}"), body));
        }
    }
    for number in ["0.0090", "1e-3", "12", "-0.03", "123456789012345678901234567890.10", "\"\\u0030.5\""] {
        let body = event(&EventType::VerifyAttempt, &format!(r#"{{"price":{{"amount":{number}}}}}"#), "");
        cases.push(Case::of(format!("the amount {number}"), body));
    }
    for count in
        ["7", "7.0", "1e3", "1.5e1", "-0", "18446744073709551615", "\"007\"", "\"9999999999999999999\""]
    {
        let payload = format!(r#"{{"segment_count":{count}}}"#);
        let body = event(&EventType::TransactionalMessageDelivered, &payload, "");
        cases.push(Case::of(format!("the count {count}"), body));
    }
    for time in ["\"yesterday\"", "1683634171.50", r#"{"s":1.50}"#, r#"[1,"a"]"#, "true"] {
        let further = format!(r#","created_at":{time}"#);
        let body = event(&EventType::VerifyAttempt, &format!(r#"{{"time":{time}}}"#), &further);
        cases.push(Case::of(format!("the time {time}"), body));
    }
    cases
}

/// Absent members, in three spellings.
pub(super) fn absent() -> Vec<Case> {
    let mut cases = Vec::new();
    for (event_type, object) in types() {
        cases.push(Case::of(format!("no member of {event_type}"), event(event_type, "{}", "")));
        for spelling in ["null", "\"\""] {
            let members: Vec<_> =
                object.members.iter().map(|member| format!(r#""{}":{spelling}"#, member.name)).collect();
            let payload = format!("{{{}}}", members.join(","));
            let further = format!(r#","created_at":{spelling}"#);
            let body = event(event_type, &payload, &further);
            cases.push(Case::of(format!("every member of {event_type} is {spelling}"), body));
            let nested = filled(&object, &|_, within| match within {
                Within::Object => spelling.to_owned(),
                // An element is never absent.
                Within::List => "\"text\"".to_owned(),
            });
            let body = event(event_type, &nested, "");
            cases.push(Case::of(format!("every nested member of {event_type} is {spelling}"), body));
        }
    }
    cases
}

/// Members of an undocumented form, one at a time.
pub(super) fn broken() -> Vec<Case> {
    let mut cases = Vec::new();
    for (event_type, object) in types() {
        for payload in ["[]", "\"secret\"", "7", "true"] {
            cases.push(Case::of(format!("{event_type} with the payload {payload}"), {
                format!(r#"{{"type":"{event_type}","payload":{payload}}}"#)
            }));
        }
        for place in places(&object) {
            let misfits = misfits(&place.form);
            let count = if THOROUGH.contains(event_type) { misfits.len() } else { 1 };
            for misfit in misfits.iter().take(count) {
                let payload = place.payload(misfit);
                let name = format!("{event_type} with the payload {payload}");
                cases.push(Case::of(name, event(event_type, &payload, "")));
            }
        }
    }
    for payload in [
        r#"{"id":"att_1","id":"att_2"}"#,
        r#"{"price":{"amount":1,"amount":2}}"#,
        r#"{"later":1,"later":2}"#,
        r#"{"id":"\ud800"}"#,
        r#"{"\ud800":1}"#,
        r#"{"later":"\ud800"}"#,
        r#"{"price":{"amount":"NaN"}}"#,
        r#"{"price":{"amount":"1_000"}}"#,
        r#"{"price":{"amount":" 1"}}"#,
        r#"{"price":{"amount":"٣"}}"#,
    ] {
        let body = event(&EventType::VerifyAttempt, payload, "");
        cases.push(Case::of(format!("verify.attempt with the payload {payload}"), body));
    }
    cases
}

fn misfits(form: &Form) -> &'static [&'static str] {
    match form {
        Form::Text | Form::Word(_) => &[r#"{"secret":"secret"}"#, r#"["secret"]"#, "true"],
        Form::Count => &[
            r#"{"secret":1}"#,
            "\"secret\"",
            "-7",
            "1.5",
            "\"1.50\"",
            "\"-7\"",
            "18446744073709551616",
            "1e400",
        ],
        Form::Decimal => &[r#"{"secret":1}"#, "\"secret\"", "\"1,50\"", "\"+1\"", "\".5\"", "\"5.\"", "true"],
        Form::Object(_) => &[r#"["secret"]"#, "\"secret\"", "7", "true"],
        Form::List(_) => &[r#"{"secret":1}"#, "\"secret\"", "7", "true"],
        _ => &[],
    }
}

/// Envelopes of every shape, and bodies that are not events.
pub(super) fn envelopes() -> Vec<Case> {
    let texts = [
        r#"{"id":"evt_1","event":"user.deleted","data":{"user_id":"usr_1"}}"#,
        r#"{"type":"user.deleted","payload":{"user_id":"usr_1"},"data":{"user_id":"usr_2"}}"#,
        r#"{"type":"user.deleted","payload":null,"data":{"user_id":"usr_2"}}"#,
        r#"{"type":"user.deleted","payload":"","user_id":"usr_3"}"#,
        r#"{"type":null,"event":"user.deleted"}"#,
        r#"{"type":"","event":"user.deleted"}"#,
        r#"{"type":{"odd":1},"event":"user.deleted"}"#,
        r#"{"type":7,"event":"user.deleted"}"#,
        r#"{"type":"user.deleted","event":"user.created"}"#,
        r#"{"type":"user.created","type":"user.deleted"}"#,
        r#"{"type":"user.created","type":null}"#,
        r#"{"type":"user\u002edeleted"}"#,
        r#"{"type":"user.deleted","id":1.50,"created_at":1683634171}"#,
        r#"{"type":"user.deleted","id":{"secret":1},"created_at":{"s":1}}"#,
        r#"{"type":"user.deleted","id":true}"#,
        r#"{"type":"user.deleted","id":"a","id":"b"}"#,
        " \t\r\n{\"type\":\"user.deleted\"}\n",
        r#"{"type":"\ud800","event":"user.deleted"}"#,
        r#"{"type":"user.deleted","id":"\ud800"}"#,
        r#"{"type":"😀.\ud83d\ude00"}"#,
        "{}",
        r#"{"type":7}"#,
        r#"{"type":""}"#,
        r#"{"event":[]}"#,
        "[1]",
        "\"secret\"",
        "7",
        "true",
        "null",
        "",
        " ",
        "{",
        "{}{}",
        "secret",
        r#"{"type":"a" secret}"#,
        r#"{"type":"a",}"#,
        r#"{'type':'a'}"#,
        r#"{"\ud800":1,"type":"a"}"#,
        r#"{"type":"verify.attempt","payload":{"later":NaN}}"#,
        r#"{"type":"verify.attempt","payload":{"later":-Infinity}}"#,
        r#"{"type":"verify.attempt","payload":{"later":01}}"#,
        r#"{"type":"verify.attempt","payload":{"later":1.}}"#,
        r#"{"type":"verify.attempt","payload":{"later":+1}}"#,
        "{\"type\":\"a\nb\"}",
        "\u{feff}{\"type\":\"a\"}",
        r#"{"type":"a\x"}"#,
        r#"{"type":"a\u12"}"#,
        "{\"type\":\"a\"}\0",
        "{\"type\":\u{a0}\"a\"}",
    ];
    let bytes: [&[u8]; 4] =
        [b"\xff", b"{\"type\":\"\xff\"}", b"{\"type\":\"\xed\xa0\x80\"}", b"\xff\xfe{\x00}\x00"];
    let texts = texts.iter().map(|body| Case::of(format!("the body {body}"), body));
    texts
        .chain(bytes.iter().map(|body| Case::of(format!("the bytes {}", body.escape_ascii()), body)))
        .collect()
}
