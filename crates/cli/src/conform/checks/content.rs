//! Genuinely signed bodies with unusual content. A refusal makes Prelude retry them for two weeks.

use crate::conform::{
    check::{Check, Needs, Plan, Probes, Severity},
    probe::Probe,
    sender::{Lane, Sender, fresh_id},
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "json-as-written",
        proves: "JSON is verified as written, with its blanks, number forms and escapes",
        severity: Severity::Critical,
        fault: "refuses-json-as-written",
        says: "A genuine event is refused because its JSON is written in an unusual way. The body is parsed and \
               serialized again before verification, or a member is read too strictly. Verify the raw bytes.",
        needs: Needs::Either,
        plan: Plan::InTurn(as_written),
    },
    Check {
        name: "unknown-type",
        proves: "an event of an unknown type is accepted",
        severity: Severity::Major,
        fault: "refuses-unknown-type",
        says: "A genuine event of an unknown type is refused. Prelude adds types without notice. Answer 200, and \
               keep or drop the event.",
        needs: Needs::Either,
        plan: Plan::InTurn(unknown_type),
    },
    Check {
        name: "sparse-event",
        proves: "an event without optional members is accepted",
        severity: Severity::Major,
        fault: "demands-members",
        says: "A genuine event is refused because a member is missing, empty, null or of another JSON type than \
               usual. Require no member except type.",
        needs: Needs::Either,
        plan: Plan::InTurn(sparse),
    },
    Check {
        name: "not-json",
        proves: "a signed body that is not JSON is accepted",
        severity: Severity::Minor,
        fault: "refuses-signed-garbage",
        says: "A genuinely signed body that is not JSON is refused, so Prelude would retry it for two weeks. Answer \
               200, and keep the bytes for inspection.",
        needs: Needs::Either,
        plan: Plan::InTurn(not_json),
    },
    Check {
        name: "not-utf8",
        proves: "a signed body that is not UTF-8 is verified as bytes and accepted",
        severity: Severity::Minor,
        fault: "reads-body-as-text",
        says: "A genuinely signed body that is not UTF-8 is refused, because it is converted to text before \
               verification. Verify the raw bytes.",
        needs: Needs::Either,
        plan: Plan::InTurn(not_utf8),
    },
    Check {
        name: "empty-body",
        proves: "a signed empty body is accepted",
        severity: Severity::Minor,
        fault: "refuses-signed-empty-body",
        says: "A genuinely signed empty body is refused, so Prelude would retry it for two weeks. Answer 200.",
        needs: Needs::Either,
        plan: Plan::InTurn(empty),
    },
    Check {
        name: "deep-nesting",
        proves: "a signed event nested 20,000 deep is accepted",
        severity: Severity::Minor,
        fault: "fails-on-deep-nesting",
        says: "A genuine event with deeply nested JSON is refused, or crashes the receiver.",
        needs: Needs::Either,
        plan: Plan::InTurn(deep),
    },
    Check {
        name: "large-body",
        proves: "a signed body of 5 MB is accepted",
        severity: Severity::Major,
        fault: "refuses-large-body",
        says: "A genuine body of 5 MB is refused by a limit of the framework, the proxy or the queue. Prelude \
               documents no maximum size, and a Session batch can be large.",
        needs: Needs::Either,
        plan: Plan::InTurn(large),
    },
];

fn each(sender: &Sender, bodies: impl Fn(Lane) -> Vec<(&'static str, Vec<u8>)>) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        for (what, body) in bodies(lane) {
            probes.push(Probe::accepted(format!("{} {what}", lane.noun()), sender.signed(lane, body)?));
        }
    }
    Ok(probes)
}

fn as_written(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let body = |payload: &str| sender.with_payload(lane, payload);
        let text = |payload: &str| String::from_utf8_lossy(&body(payload)).into_owned();
        vec![
            (
                "with blanks and line ends",
                text("{}").replace("\":", "\" :\n\t ").replace(",\"", " ,\r\n\"").into_bytes(),
            ),
            ("with a trailing line end", [body("{}"), b"\r\n".to_vec()].concat()),
            (
                "with numbers as 1.0, 0.030 and 1E2",
                body("{\"amount\":1.0,\"price\":0.030,\"big\":1E2,\"minus\":-0}"),
            ),
            ("with an integer beyond 64 bits", body("{\"n\":123456789012345678901234567890}")),
            (
                "with escaped letters and slashes",
                body("{\"text\":\"\\u0061\\u00e9\\ud83d\\ude00 \\/ \\u2028\"}"),
            ),
            ("with letters beyond ASCII", body("{\"text\":\"é😀\u{2028}\"}")),
            ("with an escaped half of a pair", body("{\"text\":\"\\ud83d\"}")),
            ("with a member twice", body("{\"a\":1,\"a\":2}")),
            ("with members out of order", body("{\"z\":1,\"a\":2,\"10\":3,\"9\":4}")),
        ]
    })
}

// Members are in alphabetical order, in which many libraries serialize them. A receiver that serializes JSON again then
// fails only the check for this fault.

fn unknown_type(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let event = |event_type: &str| {
            let event = format!("{{\"id\":\"{}\",\"payload\":{{}},\"type\":\"{event_type}\"}}", fresh_id());
            sender.enclose(lane, [event])
        };
        vec![
            ("of an unknown type", event("invented.type")),
            ("of a new Verify type", event("verify.invented")),
        ]
    })
}

fn sparse(sender: &Sender) -> Probes {
    let event_type = |lane| if lane == Lane::Account { "verify.attempt" } else { "user.created" };
    each(sender, |lane| {
        let of =
            |members: &str| sender.enclose(lane, [format!("{{{members}\"type\":\"{}\"}}", event_type(lane))]);
        vec![
            ("with only a type", of("")),
            ("with an empty payload", of(&format!("\"id\":\"{}\",\"payload\":{{}},", fresh_id()))),
            (
                "with null as the value of its members",
                of("\"created_at\":null,\"id\":null,\"payload\":null,"),
            ),
            (
                "with an amount as text",
                of("\"payload\":{\"price\":{\"amount\":\"0.03\",\"currency\":\"EUR\"}},"),
            ),
            (
                "with a text that is not a time",
                of("\"created_at\":\"yesterday\",\"payload\":{\"time\":\"soon\"},"),
            ),
        ]
    })
}

fn not_json(sender: &Sender) -> Probes {
    each(sender, |_| {
        vec![("that is not JSON", b"<event/>".to_vec()), ("that is truncated JSON", b"{\"id\":".to_vec())]
    })
}

fn not_utf8(sender: &Sender) -> Probes {
    each(sender, |_| vec![("that is not UTF-8", b"{\"id\":\"\xff\xfe\",\"type\":\"\xc3\x28\"}".to_vec())])
}

fn empty(sender: &Sender) -> Probes {
    each(sender, |_| vec![("with an empty body", Vec::new())])
}

fn deep(sender: &Sender) -> Probes {
    const DEPTH: usize = 20_000;
    each(sender, |lane| {
        let nested = |open: &str, close: &str| {
            sender.with_payload(lane, &format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH)))
        };
        vec![("nested in lists", nested("[", "]")), ("nested in objects", nested("{\"a\":", "}"))]
    })
}

fn large(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let padding = "x".repeat(5_000_000);
        vec![("of 5 MB", sender.with_payload(lane, &format!("{{\"padding\":\"{padding}\"}}")))]
    })
}
